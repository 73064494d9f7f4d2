package record

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestFileBucket(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bucket")
	b, err := OpenBucket(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := TryBucket(t.Context(), b); err != nil {
		t.Error(err)
	}
	g := newRig(t, b)
	r := g.record(nil)
	g.speak(r, 100)
	r.Finish()
	<-r.Done()
	stop := g.run()
	waitFor(t, "uploaded", func() bool { return g.Waiting() == 0 })
	stop()
	content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(ObjectName(r.id))))
	if err != nil || bytes.Contains(content, []byte("OggS")) || bytes.Contains(content, []byte("Opus")) {
		t.Errorf("%v, or not sealed", err)
	}
}
