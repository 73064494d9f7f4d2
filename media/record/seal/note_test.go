package seal

import (
	"bytes"
	"errors"
	"testing"
)

func TestNotes(t *testing.T) {
	k := newKey()
	sealed := k.SealNote([]byte("what was said"), []byte("line 1"))
	if got, err := k.OpenNote(sealed, []byte("line 1")); err != nil || string(got) != "what was said" || bytes.Contains(sealed, got) {
		t.Errorf("%q, %v", got, err)
	}
	for what, open := range map[string]func() ([]byte, error){
		"another line": func() ([]byte, error) { return k.OpenNote(sealed, []byte("line 2")) },
		"another key":  func() ([]byte, error) { return newKey().OpenNote(sealed, []byte("line 1")) },
		"cut off":      func() ([]byte, error) { return k.OpenNote(sealed[:5], []byte("line 1")) },
		"nothing":      func() ([]byte, error) { return k.OpenNote(nil, nil) },
		"changed": func() ([]byte, error) {
			bad := bytes.Clone(sealed)
			bad[len(bad)-1] ^= 1
			return k.OpenNote(bad, []byte("line 1"))
		},
	} {
		if got, err := open(); !errors.Is(err, ErrNote) {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	if bytes.Equal(sealed, k.SealNote([]byte("what was said"), []byte("line 1"))) {
		t.Error("sealed twice alike")
	}
}
