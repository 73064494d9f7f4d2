package models

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// tree is what lies under a directory: names with kinds, modes and sums.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		st, err := d.Info()
		if err != nil {
			return err
		}
		sum := ""
		if st.Mode().IsRegular() {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			sum = fmt.Sprintf("%x", sha256.Sum256(b))
		}
		all[strings.TrimPrefix(path, dir)] = st.Mode().String() + sum
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// inUse is a cache with an imported model in it, and the directory around it.
func inUse(t *testing.T) (*Cache, string) {
	t.Helper()
	e, _ := invented()
	c := newTestCache(t, e)
	if _, err := c.Import(t.Context(), inDir(t, whole), ImportOptions{Name: "older"}); err != nil {
		t.Fatal(err)
	}
	return c, filepath.Dir(c.Dir())
}

// refuses imports a source, and sees that it is refused for a reason, that all of the cache and what is around it are as
// they were, and that the older model is good.
func refuses(t *testing.T, source, want string, o ImportOptions) {
	t.Helper()
	c, around := inUse(t)
	before := tree(t, around)
	o.Name = "mine"
	_, err := c.Import(t.Context(), source, o)
	if !errors.Is(err, ErrImport) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), source) {
		t.Errorf("got %v, want %q", err, want)
	}
	if after := tree(t, around); !maps.Equal(before, after) {
		t.Errorf("before\n%v\nafter\n%v", before, after)
	}
	if err := c.Verify("older"); err != nil {
		t.Error(err)
	}
	if _, err := c.Path("mine", "model.bin"); !errors.Is(err, ErrUnknown) {
		t.Errorf("it is there: %v", err)
	}
}

func renamed(old, now string) []packed {
	list := append([]packed(nil), whole...)
	for i, m := range list {
		if m.name == old {
			list[i].name = now
		}
	}
	return list
}

// lying is a zip whose directory says that a member has a size that it has not.
func lying(t *testing.T, member string, size uint64) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range whole[:3] {
		h := &zip.FileHeader{Name: m.name, Method: zip.Store, UncompressedSize64: uint64(len(m.content)), CompressedSize64: uint64(len(m.content))}
		if m.name == member {
			h.UncompressedSize64 = size
		}
		w, err := z.CreateRaw(h)
		if err == nil {
			_, err = w.Write([]byte(m.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return keep(t, "lying.zip", b.Bytes())
}

// flipped is an archive with one bit of its weights changed, which only a checksum tells.
func flipped(t *testing.T, name string, archive []byte) string {
	at := bytes.Index(archive, []byte("weights"))
	if at < 0 {
		t.Fatal("the weights are packed")
	}
	archive[at] ^= 1
	return keep(t, name, archive)
}

func stored(t *testing.T, list []packed) []byte {
	var b bytes.Buffer
	g, err := gzip.NewWriterLevel(&b, gzip.NoCompression)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(g)
	for _, m := range list {
		if err := w.WriteHeader(&tar.Header{Name: m.name, Size: int64(len(m.content)), Mode: 0o644, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(m.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), g.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipStored(t *testing.T, list []packed) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range list {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: zip.Store})
		if err == nil {
			_, err = w.Write([]byte(m.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// huge is a tar whose members claim sizes that overflow their sum.
func huge(t *testing.T) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "a", Size: 1, Mode: 0o644, Typeflag: tar.TypeReg}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte{0}); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteHeader(&tar.Header{Name: "b", Size: 1<<63 - 1, Mode: 0o644, Typeflag: tar.TypeReg, Format: tar.FormatGNU}); err != nil {
		t.Fatal(err)
	}
	return keep(t, "huge.tar", b.Bytes())
}

func TestImportOfHostileSourcesLeavesTheCacheAsItWas(t *testing.T) {
	pipe := inDir(t, append(whole[1:3:3], packed{"m/README.md", "x"}))
	if err := unix.Mkfifo(filepath.Join(pipe, "model.bin"), 0o600); err != nil {
		t.Fatal(err)
	}
	onlyPipe := filepath.Join(t.TempDir(), "pipe.zip")
	if err := unix.Mkfifo(onlyPipe, 0o600); err != nil {
		t.Fatal(err)
	}
	loop := inDir(t, whole[1:3])
	if err := os.Symlink("model.bin", filepath.Join(loop, "model.bin")); err != nil {
		t.Fatal(err)
	}
	trailer := stored(t, whole[:3])
	var more bytes.Buffer
	g := gzip.NewWriter(&more)
	if _, err := g.Write(make([]byte, maxTrailer+1)); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ source, want string }{
		"weights of another name":   {inDir(t, renamed("m/model.bin", "m/pytorch_model.bin")), "model.bin is missing"},
		"safetensors":               {zipped(t, renamed("m/model.bin", "m/model.safetensors")), "model.bin is missing"},
		"capitals":                  {tarred(t, renamed("m/model.bin", "m/MODEL.BIN")), "model.bin is missing"},
		"config of another name":    {tarred(t, renamed("m/config.json", "m/generation_config.json")), "config.json is missing"},
		"vocabulary elsewhere":      {zipped(t, renamed("m/vocabulary.json", "n/vocabulary.json")), "vocabulary.txt and vocabulary.json are missing"},
		"a zip with a vast file":    {lying(t, "m/model.bin", 1<<62), "model.bin: more than"},
		"a zip just over the limit": {lying(t, "m/config.json", 1<<20+1), "config.json: more than"},
		"a zip that lies":           {lying(t, "m/model.bin", 1<<20), "model.bin"},
		"a tar with a vast file":    {huge(t), "more than any checkpoint has"},
		"a flipped bit in a tar.gz": {flipped(t, "f.tar.gz", stored(t, whole[:3])), "damaged: gzip: invalid checksum"},
		"a flipped bit in a zip":    {flipped(t, "f.zip", zipStored(t, whole[:3])), "model.bin: zip: checksum error"},
		"a tar.gz that goes on":     {keep(t, "t.tar.gz", append(trailer, more.Bytes()...)), "goes on after its end"},
		"a pipe among the files":    {pipe, "model.bin is no file"},
		"a pipe":                    {onlyPipe, "neither a file nor a directory"},
		"a link to itself":          {loop, "model.bin"},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, c.source, c.want, ImportOptions{}) })
	}
	for kind, archive := range map[string][]byte{"zip": zipStored(t, whole[:3]), "tar.gz": stored(t, whole[:3])} {
		// Cut behind every 64th byte, an archive is never half of a model. (The two blocks of zeros that end a tar are padding,
		// but the gzip around it tells.)
		for at := 1; at < len(archive); at += 64 {
			t.Run(fmt.Sprintf("%s cut at %d", kind, at), func(t *testing.T) {
				refuses(t, keep(t, "cut."+kind, archive[:at:at]), "", ImportOptions{})
			})
		}
	}
}

// Members that point out of an archive's directory are taken by their last name or not at all: nothing is written outside.
func TestImportWritesNowhereElse(t *testing.T) {
	for _, where := range []string{"../../../", "/tmp/../", "m/../../", `..\..\`} {
		list := []packed{{where + "evil", "no"}, {where + "older/evil", "no"}, {where + ".lock", "no"}}
		for _, m := range whole[:3] {
			list = append(list, packed{where + filepath.Base(m.name), m.content})
		}
		for kind, source := range map[string]string{"zip": zipped(t, list), "tar.gz": tarred(t, list)} {
			c, around := inUse(t)
			before := tree(t, around)
			_, err := c.Import(t.Context(), source, ImportOptions{Name: "mine"})
			own := strings.TrimPrefix(c.ownDir("mine"), around)
			after := tree(t, around)
			for path := range after {
				if strings.HasPrefix(path, own) {
					delete(after, path)
				}
			}
			if !maps.Equal(before, after) {
				t.Errorf("%s of %q (%v): before\n%v\nafter\n%v", kind, where, err, before, after)
			}
			got, err := os.ReadDir(c.ownDir("mine"))
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			for _, f := range got {
				if n := f.Name(); n != importNote && n != "vocabulary.txt" && n != "model.bin" && n != "config.json" {
					t.Errorf("%s of %q: %s was written", kind, where, n)
				}
			}
		}
	}
	// Links are no files, wherever they point.
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, typ := range []byte{tar.TypeSymlink, tar.TypeLink} {
		if err := w.WriteHeader(&tar.Header{Name: "m/model.bin", Linkname: "/etc/passwd", Typeflag: typ}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	refuses(t, keep(t, "links.tar", b.Bytes()), "model.bin is missing", ImportOptions{})
}

// On a full disk (the kernel's own, /dev/full) the error says which file and what to do.
func TestImportOnAFullDisk(t *testing.T) {
	for _, full := range []string{"model.bin", "config.json", "vocabulary.txt"} {
		refuses(t, inDir(t, whole), full+": the disk is full after 0 bytes: make room, or set PATCHBAY_MODELS", ImportOptions{
			create: func(path string) (*os.File, error) {
				if filepath.Base(path) == full {
					return os.OpenFile("/dev/full", os.O_WRONLY, 0)
				}
				return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o644)
			},
		})
	}
}

// limitEnv makes the test binary an importer whose files may not grow beyond its value in bytes; see TestMain.
const limitEnv = "PATCHBAY_TEST_IMPORT_LIMIT"

// importLimited imports os.Args[1] into the cache os.Args[2] as PATCHBAY_TEST_IMPORT_LIMIT allows, and tells the error.
func importLimited(limit uint64) int {
	signal.Ignore(unix.SIGXFSZ) // so that the write fails, as on a disk
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		fmt.Println(err)
		return 2
	}
	c, err := Open(os.Args[2])
	if err == nil {
		_, err = c.Import(context.Background(), os.Args[1], ImportOptions{Name: "mine"})
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// A write that fails half-way, in a process of its own with real files: what was written goes.
func TestImportWhoseWriteFailsHalfWay(t *testing.T) {
	list := append([]packed{{"m/model.bin", strings.Repeat("weights ", 16<<10)}}, whole[1:3]...)
	for kind, source := range map[string]string{"directory": inDir(t, list), "zip": zipped(t, list), "tar.gz": tarred(t, list)} {
		c, around := inUse(t)
		before := tree(t, around)
		run := func(limit string) (string, error) {
			child := exec.CommandContext(t.Context(), os.Args[0], source, c.Dir())
			child.Env = append(os.Environ(), limitEnv+"="+limit)
			out, err := child.CombinedOutput()
			return string(out), err
		}
		out, err := run("40000")
		if err == nil || !strings.Contains(out, "model.bin: write") || !strings.Contains(out, "file too large") || !strings.Contains(out, source) {
			t.Errorf("%s: %v: %s", kind, err, out)
		}
		if after := tree(t, around); !maps.Equal(before, after) {
			t.Errorf("%s: before\n%v\nafter\n%v", kind, before, after)
		}
		if out, err := run("1000000"); err != nil { // and where there is room it works
			t.Errorf("%s, with room: %v: %s", kind, err, out)
		}
	}
}
