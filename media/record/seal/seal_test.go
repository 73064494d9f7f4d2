package seal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const testID = "0199-recording"

func testKeys(t testing.TB) (*Keys, string) {
	t.Helper()
	dir := t.TempDir()
	k, err := OpenKeys(KeysConfig{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return k, dir
}

func keyOf(k *Keys) func(Header) (Key, error) {
	return func(h Header) (Key, error) { return k.Get(h.Recording, h.Key) }
}

// sealed writes a file of n segments and, if asked, an end.
func sealed(t testing.TB, k *Keys, n int, ended bool) []byte {
	t.Helper()
	key, err := k.New(testID)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "file")
	w, err := Create(path, Header{Recording: testID, Started: time.Unix(1, 0)}, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := w.Append(2, fmt.Appendf(nil, "what was said in second %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if ended {
		if err := w.Append(KindEnd, []byte("{}")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func read(t testing.TB, b []byte, k *Keys) *File {
	t.Helper()
	f, err := Read(bytes.NewReader(b), int64(len(b)), keyOf(k))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func verify(t testing.TB, b []byte, k *Keys) Report {
	t.Helper()
	r, err := read(t, b, k).Verify()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWholeFile(t *testing.T) {
	k, _ := testKeys(t)
	b := sealed(t, k, 5, true)
	if r := verify(t, b, k); !r.OK() || r.Segments != 6 {
		t.Errorf("%+v", r)
	}
	if bytes.Contains(b, []byte("said")) {
		t.Error("what was said can be read")
	}
	plain, err := read(t, b, k).Open(3, nil)
	if err != nil || string(plain) != "what was said in second 3" {
		t.Errorf("%q, %v", plain, err)
	}
}

// TestTamperingIsNamed: damage, loss, another order, forgery and a cut are found, and the segment is named.
func TestTamperingIsNamed(t *testing.T) {
	k, _ := testKeys(t)
	b := sealed(t, k, 6, true)
	f := read(t, b, k)
	at := func(i int) int64 { return f.segments[i].at }
	cut := func(from, to int64) []byte { return append(append([]byte{}, b[:from]...), b[to:]...) }
	flip := func(pos int64) []byte {
		c := bytes.Clone(b)
		c[pos] ^= 1
		return c
	}
	swapped := slices.Concat(b[:at(2)], b[at(3):at(4)], b[at(2):at(3)], b[at(4):])
	for _, tc := range []struct {
		name string
		file []byte
		want string // in a problem; "" for an end that is missing
	}{
		{"a flipped byte", flip(at(3) + headBytes + 5), "segment 3 is damaged"},
		{"a flipped mark", flip(at(3)), "segment 3 is damaged"},
		{"a flipped length", flip(at(3) + 5), "segment 3 is"},
		{"a flipped kind", flip(at(3) + 20), "segment 3 is damaged"},
		{"a missing segment", cut(at(2), at(3)), "missing: segment 2"},
		{"missing segments", cut(at(1), at(4)), "missing: segments 1 to 3"},
		{"another order", swapped, "segment 2 is in a wrong place"},
		{"a segment twice", slices.Concat(b[:at(3)], b[at(2):]), "segment 2 is in a wrong place"},
		{"cut in a segment", b[:at(4)+30], "segment 4 is cut off"},
		{"cut between segments", b[:at(4)], ""},
		{"something behind the end", append(bytes.Clone(b), b[at(2):at(3)]...), "segment 2 lies behind the end"},
	} {
		r := verify(t, tc.file, k)
		if r.OK() || tc.want != "" && !strings.Contains(strings.Join(r.Problems, "\n"), tc.want) {
			t.Errorf("%s: %+v, want %q", tc.name, r, tc.want)
		}
	}
	// Every byte of the file counts: whatever one is changed, it is found.
	for i := range b {
		c := bytes.Clone(b)
		c[i] ^= 0x40
		f, err := Read(bytes.NewReader(c), int64(len(c)), keyOf(k))
		if err != nil {
			continue
		}
		if r, err := f.Verify(); err == nil && r.OK() {
			t.Fatalf("byte %d may be changed unnoticed", i)
		}
	}
}

// TestReplacedSegment: a segment of the right number and key that was sealed in another history of the file does not fit in.
func TestReplacedSegment(t *testing.T) {
	k, _ := testKeys(t)
	key, _ := k.New(testID)
	h := Header{Recording: testID, Started: time.Unix(1, 0)}
	write := func(texts ...string) []byte {
		path := filepath.Join(t.TempDir(), "file")
		w, err := Create(path, h, key, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range texts {
			_ = w.Append(2, []byte(s))
		}
		_ = w.Append(KindEnd, nil)
		_ = w.Close()
		b, _ := os.ReadFile(path)
		return b
	}
	a, b := write("yes", "one", "two"), write("nay", "one", "two")
	fa := read(t, a, k)
	mixed := slices.Concat(b[:fa.segments[1].at], a[fa.segments[1].at:])
	if r := verify(t, mixed, k); r.OK() || !strings.Contains(strings.Join(r.Problems, ""), "segment 1 does not follow") {
		t.Errorf("%+v", r)
	}
}

func TestResumeCutsWhatIsTorn(t *testing.T) {
	k, _ := testKeys(t)
	b := sealed(t, k, 4, false)
	for _, torn := range []int{0, 1, 10, 30, 60} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, b[:len(b)-torn], 0o600); err != nil {
			t.Fatal(err)
		}
		w, _, err := Resume(path, keyOf(k))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Append(2, []byte("later")), w.Append(KindEnd, nil), w.Close()); err != nil {
			t.Fatal(err)
		}
		c, _ := os.ReadFile(path)
		want := 6
		if torn > 0 {
			want = 5
		}
		if r := verify(t, c, k); !r.OK() || r.Segments != want {
			t.Errorf("%d bytes torn: %+v", torn, r)
		}
	}
}

// TestNoNonceTwice: a file that is written on after a crash never seals a second segment with the nonce of a first one.
func TestNoNonceTwice(t *testing.T) {
	k, _ := testKeys(t)
	b := sealed(t, k, 3, false)
	path := filepath.Join(t.TempDir(), "file")
	seen := map[[12]byte]bool{}
	note := func(c []byte, from int) {
		for _, s := range read(t, c, k).segments[from:] {
			n := nonceOf(s.epoch, s.Index)
			if seen[n] {
				t.Errorf("epoch %d, segment %d: a nonce twice", s.epoch, s.Index)
			}
			seen[n] = true
		}
	}
	note(b, 0)
	for range 3 {
		if err := os.WriteFile(path, b[:len(b)-1], 0o600); err != nil { // the last one was torn
			t.Fatal(err)
		}
		w, f, err := Resume(path, keyOf(k))
		if err != nil {
			t.Fatal(err)
		}
		kept := len(f.Segments())
		_ = errors.Join(w.Append(2, []byte("another last one")), w.Close())
		b, _ = os.ReadFile(path)
		note(b, kept)
	}
}

func TestDestroyedKeyLeavesNothing(t *testing.T) {
	k, dir := testKeys(t)
	b := sealed(t, k, 2, true)
	raw, err := os.ReadFile(k.path(testID))
	if err != nil {
		t.Fatal(err)
	}
	w, _ := readWrapped(k.path(testID))
	if err := errors.Join(k.Destroy(testID), k.Destroy(testID)); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(bytes.NewReader(b), int64(len(b)), keyOf(k)); !errors.Is(err, ErrNoKey) {
		t.Errorf("read without its key: %v", err)
	}
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, _ error) error {
		if c, _ := os.ReadFile(path); !d.IsDir() && (bytes.Contains(c, raw) || bytes.Contains(c, w.Keys[0].Sealed)) {
			t.Errorf("%s still holds the key", path)
		}
		return nil
	})
}

// TestRotation: what is kept can be read after it, wrapped keys that somebody copied before cannot be unwrapped.
func TestRotation(t *testing.T) {
	k, dir := testKeys(t)
	b := sealed(t, k, 2, true)
	before, _ := readWrapped(k.path(testID))
	n, err := k.Rotate(time.Now())
	if err != nil || n != 1 {
		t.Fatalf("%d, %v", n, err)
	}
	again, err := OpenKeys(KeysConfig{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if r := verify(t, b, again); !r.OK() {
		t.Errorf("after the rotation: %+v", r)
	}
	if _, err := again.master.unwrap(testID, before.Keys[0]); err == nil {
		t.Error("the old master key is still there")
	}
	// A rotation that was cut off between its steps is finished by the next start.
	k.master.keys = append(k.master.keys, newMaster(time.Now()))
	if err := k.master.write(); err != nil {
		t.Fatal(err)
	}
	if again, err = OpenKeys(KeysConfig{Dir: dir}); err != nil || len(again.master.keys) != 1 {
		t.Fatalf("%d master keys, %v", len(again.master.keys), err)
	}
	if r := verify(t, b, again); !r.OK() {
		t.Errorf("after the second: %+v", r)
	}
}

func TestMasterFileErrors(t *testing.T) {
	dir := t.TempDir()
	given := filepath.Join(dir, "given")
	for _, tc := range []struct{ text, want string }{
		{"", "holds no master key"},
		{"one two", "given:1"},
		{"one dG9vIHNob3J0 2026-11-25T00:00:00Z", "32 bytes"},
	} {
		if err := os.WriteFile(given, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenKeys(KeysConfig{Dir: filepath.Join(dir, "keys"), Master: given}); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q: %v, want %q", tc.text, err, tc.want)
		}
	}
	k, own := testKeys(t)
	b := sealed(t, k, 1, true)
	if err := os.Rename(k.master.path, given); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKeys(KeysConfig{Dir: own}); err == nil || !strings.Contains(err.Error(), "backup") {
		t.Errorf("lost master keys: %v", err)
	}
	// Whoever keeps the file adds a line to it.
	raw, _ := os.ReadFile(given)
	raw = append(raw, "new "+strings.Repeat("A", 43)+"= 2026-11-25T00:00:00Z\n"...)
	if err := os.WriteFile(given, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	other, err := OpenKeys(KeysConfig{Dir: own, Master: given})
	if err != nil {
		t.Fatal(err)
	}
	if w, _ := readWrapped(other.path(testID)); w.Keys[0].Master != "new" || !verify(t, b, other).OK() {
		t.Errorf("not wrapped by the new line: %+v", w)
	}
	if _, err := other.Rotate(time.Now()); err == nil || !strings.Contains(err.Error(), "add a line") {
		t.Errorf("another's file is rotated: %v", err)
	}
	k, own = testKeys(t)
	if err := os.Chmod(k.master.path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKeys(KeysConfig{Dir: own}); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("readable master keys: %v", err)
	}
}

// FuzzRead: no file makes a reader fail other than by an error, whatever somebody wrote into it.
func FuzzRead(f *testing.F) {
	k, _ := testKeys(f)
	b := sealed(f, k, 3, true)
	f.Add(b)
	f.Add(b[:len(b)/2])
	f.Add([]byte(fileMagic))
	key, err := k.Get(testID, mustHeader(b, k).Key)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Read(bytes.NewReader(b), int64(len(b)), func(Header) (Key, error) { return key, nil })
		if err != nil {
			return
		}
		total := 0
		for i, s := range file.Segments() {
			if plain, err := file.Open(i, nil); err == nil && len(plain) != s.Len {
				t.Errorf("segment %d holds %d bytes, not %d", i, len(plain), s.Len)
			}
			total += s.sealed + headBytes
		}
		if total > len(b) {
			t.Errorf("segments of %d bytes in a file of %d", total, len(b))
		}
		if _, err := file.Verify(); err != nil {
			t.Error(err)
		}
	})
}

func mustHeader(b []byte, k *Keys) Header {
	f, err := Read(bytes.NewReader(b), int64(len(b)), keyOf(k))
	if err != nil {
		panic(err)
	}
	return f.Header
}
