package decoder

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchbay/transcribe/graph/graphtest"
	"patchbay/transcribe/models"
)

// inventedVocabulary has as many tokens as the invented model, less some at its end.
func inventedVocabulary(less int) string {
	small := strings.Count(smallVocabulary(), "\n")
	merges := make([]string, graphtest.Vocabulary-small-less)
	for i := range merges {
		merges[i] = fmt.Sprintf("t%d", i)
	}
	return smallVocabulary(merges...)
}

// What `patchbay models import` does: a usable checkpoint becomes a model, and of another one nothing is left but the error,
// which names the file and what is wrong with it.
func TestImportedCheckpointsAreTried(t *testing.T) {
	installed, err := models.Open("")
	if err != nil {
		t.Fatal(err)
	}
	f := graphtest.Write(nil)
	damaged := func(tensor string, element int, bits uint32) []byte {
		b := slices.Clone(f.Bytes)
		binary.LittleEndian.PutUint32(b[f.Data[tensor]+4*element:], bits)
		return b
	}
	with := func(tensor string, shape ...int) []byte {
		return graphtest.Write(func(l map[string][]int) { l[tensor] = shape }).Bytes
	}
	version := slices.Clone(f.Bytes)
	version[0] = 7
	const config = `{"suppress_ids": [1, 2], "alignment_heads": [[1, 0]]}`
	good := inventedVocabulary(0)
	for name, c := range map[string]struct {
		weights            []byte
		config, vocabulary string
		want               []string // nil = it is imported
	}{
		"good":                  {f.Bytes, config, good, nil},
		"other but finite":      {damaged("decoder/embeddings/weight", 77, math.Float32bits(0.25)), config, good, nil},
		"NaN":                   {damaged("decoder/layer_1/ffn/linear_1/weight", 5, 0x7fc00000), config, good, []string{"model.bin", "tensor decoder/layer_1/ffn/linear_1/weight: element 5 is not a number"}},
		"infinite":              {damaged("encoder/conv1/bias", 63, 0xff800000), config, good, []string{"model.bin", "tensor encoder/conv1/bias: element 63 "}},
		"cut":                   {f.Bytes[:len(f.Bytes)/2], config, good, []string{"model.bin", "cut short"}},
		"version":               {version, config, good, []string{"model.bin", "format version 7, want 6"}},
		"shape":                 {with("encoder/layer_1/self_attention/linear_0/weight", 64, 64), config, good, []string{"model.bin", "tensor encoder/layer_1/self_attention/linear_0/weight has the shape [64 64], want [192 64]"}},
		"PyTorch":               {[]byte("PK\x03\x04 and pickles"), config, good, []string{"model.bin", "PyTorch"}},
		"a vocabulary as it":    {[]byte(good), config, good, []string{"model.bin"}},
		"another's vocabulary":  {f.Bytes, config, inventedVocabulary(1), []string{"vocabulary.txt has 999 tokens and model.bin 1000"}},
		"weights as vocabulary": {f.Bytes, config, string(f.Bytes[:9000]), []string{"vocabulary.txt", "<|"}},
		"weights as config":     {f.Bytes, string(f.Bytes[:9000]), good, []string{"config.json", "invalid character"}},
		"heads out of range":    {f.Bytes, `{"alignment_heads": [[9, 0]]}`, good, []string{"model.bin", "no head 0 in layer 9"}},
	} {
		t.Run(name, func(t *testing.T) {
			source := filepath.Join(t.TempDir(), "own")
			err := errors.Join(os.Mkdir(source, 0o755), os.WriteFile(filepath.Join(source, "model.bin"), c.weights, 0o644),
				os.WriteFile(filepath.Join(source, "config.json"), []byte(c.config), 0o644),
				os.WriteFile(filepath.Join(source, "vocabulary.txt"), []byte(c.vocabulary), 0o644))
			if err != nil {
				t.Fatal(err)
			}
			cache, err := models.Open(filepath.Join(t.TempDir(), "models"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = cache.Import(t.Context(), source, models.ImportOptions{Check: func(ctx context.Context, dir string) error { return Check(ctx, installed, dir) }})
			if c.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				if err := cache.Verify("own"); err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, models.ErrImport) {
				t.Fatalf("got %v", err)
			}
			for _, want := range append(c.want, source) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v: %q is not in it", err, want)
				}
			}
			if strings.Contains(err.Error(), ".fetch-") {
				t.Errorf("%v: it names a file that is gone", err)
			}
			left, err := os.ReadDir(cache.Dir())
			if err != nil {
				t.Fatal(err)
			}
			if len(left) != 1 || left[0].Name() != ".lock" {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}
