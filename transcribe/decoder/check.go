package decoder

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"patchbay/transcribe"
	"patchbay/transcribe/graph"
	"patchbay/transcribe/models"
)

// Check loads the checkpoint in a directory and lets it hear a second of silence. Its errors name the file that is wrong.
func Check(ctx context.Context, cache *models.Cache, dir string) (err error) {
	c, err := graph.ReadCheckpoint(filepath.Join(dir, "model.bin"))
	if err != nil {
		return err
	}
	if err := c.Finite(); err != nil {
		return err
	}
	v, err := readVocabulary(filepath.Join(dir, "vocabulary.txt"))
	if err != nil {
		return err
	}
	if v.lines != c.Vocabulary { // as with the vocabulary of another model: words would come out as other words
		return fmt.Errorf("decoder: vocabulary.txt has %d tokens and model.bin %d: they are not of the same model", v.lines, c.Vocabulary)
	}
	dir = filepath.Clean(dir) + string(filepath.Separator)
	e, err := New(Config{Models: cache, Final: dir, Partial: dir, Threads: 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	a := e.NewAudio()
	a.Append(make([]int16, sampleRate))
	_, err = e.Decode(ctx, transcribe.Pass{Audio: a, To: a.Len(), Final: true})
	return err
}
