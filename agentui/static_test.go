package agentui

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestStatic(t *testing.T) {
	script := strings.Repeat("let a = 1;\n", 200)
	st, err := loadStatic(fstest.MapFS{
		"index.html":         {Data: []byte("<!doctype html>the desk")},
		"placeholder.html":   {Data: []byte("not built")},
		"assets/app-1a2b.js": {Data: []byte(script)},
		"icon.svg":           {Data: []byte("<svg/>")},
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		method, path, accept string
		status               int
		kind, cache, coding  string
	}{
		{"GET", "/", "", 200, "text/html; charset=utf-8", "no-store", ""},
		{"GET", "/history", "gzip", 200, "text/html; charset=utf-8", "no-store", ""},
		{"GET", "/assets/app-1a2b.js", "", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", ""},
		{"GET", "/assets/app-1a2b.js", "br, gzip;q=0.5", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "gzip"},
		{"GET", "/assets/app-1a2b.js", "gzip;q=0", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", ""},
		{"GET", "/icon.svg", "", 200, "image/svg+xml", "no-cache", ""},
		{"GET", "/assets/gone-3c4d.js", "", 404, "application/problem+json", "no-store", ""},
		{"GET", "/../../etc/passwd", "", 200, "text/html; charset=utf-8", "no-store", ""},
		{"POST", "/", "", 405, "application/problem+json", "no-store", ""},
	}
	for _, tt := range tests {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(tt.method, tt.path, nil)
		r.Header.Set("Accept-Encoding", tt.accept)
		st.ServeHTTP(w, r)
		h := w.Header()
		if w.Code != tt.status || h.Get("Content-Type") != tt.kind || h.Get("Cache-Control") != tt.cache || h.Get("Content-Encoding") != tt.coding {
			t.Errorf("%s %s (%s): %d %v", tt.method, tt.path, tt.accept, w.Code, h)
		}
		if etag := h.Get("ETag"); etag != "" {
			again := httptest.NewRecorder()
			r.Header.Set("If-None-Match", etag)
			st.ServeHTTP(again, r)
			if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
				t.Errorf("%s: asked again: %d", tt.path, again.Code)
			}
		}
	}
	if st, err := loadStatic(fstest.MapFS{"placeholder.html": {Data: []byte("not built")}}); err != nil || string(st.index.plain) != "not built" {
		t.Error("without a build the placeholder is the page:", err)
	}
	if _, err := loadStatic(fstest.MapFS{}); err == nil {
		t.Error("no page at all is an error")
	}
	if _, err := newStatic(); err != nil {
		t.Error("the embedded app:", err)
	}
}
