package agentui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// The web app as Vite built it; only a placeholder where it is not built.
//
//go:embed all:web/dist
var dist embed.FS

// static serves the web app. What Vite names by its content's hash may be kept for ever; the page that names them never.
type static struct {
	files map[string]*staticFile // by path, such as "/assets/index-1a2b.js"
	index *staticFile
}

type staticFile struct {
	plain, gzip  []byte // gzip is nil where it saves nothing
	contentType  string
	cacheControl string
	etag         string
}

func newStatic() (*static, error) {
	root, err := fs.Sub(dist, "web/dist")
	if err != nil {
		return nil, fmt.Errorf("agentui: web app: %w", err)
	}
	return loadStatic(root)
}

func loadStatic(root fs.FS) (*static, error) {
	st := &static{files: map[string]*staticFile{}}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := newStaticFile(name, raw)
		st.files["/"+name] = file
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("agentui: web app: %w", err)
	}
	if st.index = st.files["/index.html"]; st.index == nil {
		st.index = st.files["/placeholder.html"]
	}
	if st.index == nil {
		return nil, fmt.Errorf("agentui: web app: no index.html")
	}
	return st, nil
}

func newStaticFile(name string, raw []byte) (*staticFile, error) {
	sum := sha256.Sum256(raw)
	file := &staticFile{
		plain: raw, contentType: mime.TypeByExtension(path.Ext(name)),
		cacheControl: "no-cache", // asked for again, by its ETag
		etag:         `"` + hex.EncodeToString(sum[:8]) + `"`,
	}
	switch {
	case strings.HasSuffix(name, ".html"):
		file.cacheControl = "no-store"
	case strings.HasPrefix(name, "assets/"): // Vite's hashed names
		file.cacheControl = "public, max-age=31536000, immutable"
	}
	switch path.Ext(name) { // not left to the machine's mime.types
	case ".js":
		file.contentType = "text/javascript; charset=utf-8"
	case ".css":
		file.contentType = "text/css; charset=utf-8"
	case ".html":
		file.contentType = "text/html; charset=utf-8"
	case ".svg":
		file.contentType = "image/svg+xml"
	case ".woff2":
		file.contentType = "font/woff2"
	case ".webmanifest":
		file.contentType = "application/manifest+json"
	}
	if file.contentType == "" {
		file.contentType = "application/octet-stream"
	}
	if !compressible(path.Ext(name)) {
		return file, nil
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(raw); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if packed.Len() < len(raw)*9/10 {
		file.gzip = packed.Bytes()
	}
	return file, nil
}

// compressible says whether a kind of file is not compressed in itself.
func compressible(ext string) bool {
	switch ext {
	case ".js", ".css", ".html", ".svg", ".json", ".txt", ".webmanifest":
		return true
	default:
		return false
	}
}

// ServeHTTP gives a file, or the page for an address within the app: the browser's router knows it.
func (st *static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		writeProblem(w, problem{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Detail: "This address does not take " + r.Method + "."})
		return
	}
	file := st.files[r.URL.Path]
	if file == nil && path.Ext(r.URL.Path) == "" {
		file = st.index
	}
	if file == nil {
		writeProblem(w, *notFound("file"))
		return
	}
	write(w, r, file, http.StatusOK)
}

// serveHelp gives the page of video help's guests, with a status of the caller's.
func (st *static) serveHelp(w http.ResponseWriter, r *http.Request, status int) {
	file := st.files["/help.html"]
	if file == nil {
		file = st.index // the placeholder
	}
	write(w, r, file, status)
}

func write(w http.ResponseWriter, r *http.Request, file *staticFile, status int) {
	h := w.Header()
	h.Set("Content-Type", file.contentType)
	h.Set("Cache-Control", file.cacheControl)
	h.Set("Vary", "Accept-Encoding")
	body, etag := file.plain, file.etag
	if file.gzip != nil && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		body, etag = file.gzip, strings.TrimSuffix(file.etag, `"`)+`-gzip"`
		h.Set("Content-Encoding", "gzip")
	}
	if file.cacheControl != "no-store" {
		h.Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// acceptsGzip reads Accept-Encoding (RFC 9110 §12.5.3) as far as browsers use it.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(coding, "gzip") {
			weight = strings.ReplaceAll(weight, " ", "")
			return weight != "q=0" && weight != "q=0.0" && weight != "q=0.00" && weight != "q=0.000"
		}
	}
	return false
}
