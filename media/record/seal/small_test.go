package seal

import (
	"bytes"
	"errors"
	"testing"
	"time"
)

// TestKeysOfOneInteraction: sound, pictures and films have keys of their own in one file; rewriting the sound leaves the others,
// a rotation keeps what each is for, and destroying takes all.
func TestKeysOfOneInteraction(t *testing.T) {
	keys, err := OpenKeys(KeysConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	first, _ := keys.New("i")
	film, _ := keys.NewFor("i", "film")
	picture, err := keys.ForUse("i", "picture")
	if err != nil {
		t.Fatal(err)
	}
	sealed := picture.Small([]byte("a router"), "p1")
	if bytes.Contains(sealed, []byte("router")) || bytes.Equal(sealed, picture.Small([]byte("a router"), "p1")) {
		t.Error("it is not sealed, or twice alike")
	}
	second, _ := keys.New("i")
	if _, err := keys.Rotate(time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := keys.Keep("i", second.ID); err != nil { // the sound was written anew
		t.Fatal(err)
	}
	if _, err := keys.Get("i", first.ID); !errors.Is(err, ErrNoKey) {
		t.Errorf("the sound's old key: %v", err)
	}
	if _, err := keys.Get("i", film.ID); err != nil {
		t.Errorf("the film's key: %v", err)
	}
	again, err := keys.ForUse("i", "picture")
	if err != nil || again.ID != picture.ID {
		t.Fatalf("another key for pictures: %v", err)
	}
	if plain, err := again.OpenSmall(sealed, "p1"); err != nil || string(plain) != "a router" {
		t.Errorf("%q %v", plain, err)
	}
	for name, bad := range map[string][]byte{"p2": sealed, "p1": append([]byte{1}, sealed[1:]...), "": sealed[:20]} {
		if name == "p1" {
			bad[0] ^= sealed[0] ^ 0xff
		}
		if _, err := again.OpenSmall(bad, name); !errors.Is(err, ErrDamaged) {
			t.Errorf("under %q: %v", name, err)
		}
	}
	if err := keys.Drop("i", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Get("i", film.ID); err != nil || !keys.Has("i") {
		t.Errorf("the film's key after the sound's end: %v", err)
	}
	if err := keys.Destroy("i"); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Get("i", picture.ID); !errors.Is(err, ErrNoKey) {
		t.Errorf("the pictures' key after the end: %v", err)
	}
}
