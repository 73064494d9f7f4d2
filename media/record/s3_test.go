package record

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeS3 is as much of S3 as the driver asks for. It can be full, or slow until it is released.
type fakeS3 struct {
	mu      sync.Mutex
	objects map[string][]byte
	full    bool
	slow    chan struct{} // nil: at once
	asked   chan struct{} // a token for each PUT that came
}

func (s *fakeS3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := s3Body(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	full, slow := s.full, s.slow
	s.mu.Unlock()
	if r.Method == http.MethodPut {
		s.asked <- struct{}{}
		if slow != nil {
			<-slow
		}
		if full {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `<Error><Code>QuotaExceeded</Code><Message>The bucket is full</Message></Error>`)
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Query().Get("list-type") == "2" {
		bucket := strings.TrimSuffix(r.URL.Path, "/") + "/"
		_, _ = io.WriteString(w, `<ListBucketResult><IsTruncated>false</IsTruncated>`)
		for path := range s.objects {
			if key, ok := strings.CutPrefix(path, bucket+r.URL.Query().Get("prefix")); ok {
				fmt.Fprintf(w, `<Contents><Key>%s%s</Key><Size>1</Size><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>`, r.URL.Query().Get("prefix"), key)
			}
		}
		_, _ = io.WriteString(w, `</ListBucketResult>`)
		return
	}
	object, ok := s.objects[r.URL.Path]
	switch {
	case r.Method == http.MethodPut:
		s.objects[r.URL.Path] = body
	case r.Method == http.MethodDelete:
		delete(s.objects, r.URL.Path)
		w.WriteHeader(http.StatusNoContent)
	case !ok:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `<Error><Code>NoSuchKey</Code></Error>`)
	default:
		w.Header().Set("Content-Length", strconv.Itoa(len(object)))
		w.Header().Set("ETag", fmt.Sprintf(`"%x"`, md5.Sum(object)))
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		_, _ = w.Write(object)
	}
}

// s3Body undoes aws-chunked: lengths in hex, parameters behind a semicolon, trailers behind the last chunk.
func s3Body(r *http.Request) ([]byte, error) {
	if !strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked") {
		return io.ReadAll(r.Body)
	}
	var out bytes.Buffer
	in := bufio.NewReader(r.Body)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		size, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		n, err := strconv.ParseInt(size, 16, 64)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			_, err := io.Copy(io.Discard, in)
			return out.Bytes(), err
		}
		if _, err := io.CopyN(&out, in, n+2); err != nil {
			return nil, err
		}
		out.Truncate(out.Len() - 2)
	}
}

// TestS3: the S3 driver copies, plays and removes; a full bucket is tried again until it has room; one that does not
// answer holds up neither the next call nor an erasure.
func TestS3(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	s3 := &fakeS3{objects: map[string][]byte{}, full: true, asked: make(chan struct{}, 100)}
	server := httptest.NewServer(s3)
	defer server.Close()
	bucket, err := OpenBucket(t.Context(), "s3://recordings?region=us-east-1&use_path_style=true&endpoint="+server.URL)
	if err != nil {
		t.Fatal(err)
	}
	g := newRig(t, bucket)
	stop := g.run()
	one := g.record(nil)
	g.speak(one, 100)
	one.Finish()
	<-one.Done()
	waitFor(t, "told that the bucket is full", func() bool { err := g.Trouble(); return err != nil && strings.Contains(err.Error(), "full") })
	slow := make(chan struct{})
	s3.mu.Lock()
	s3.full, s3.slow = false, slow
	s3.mu.Unlock()
	for len(s3.asked) > 0 {
		<-s3.asked
	}
	<-s3.asked // an upload hangs in the bucket
	two := g.record(nil)
	g.pos.Store(0)
	g.speak(two, 100)
	two.Finish()
	<-two.Done()
	if err := g.Erase(t.Context(), two.id); err != nil {
		t.Error(err)
	}
	if ogg, _ := g.ogg(one.id); len(ogg) == 0 {
		t.Error("what hangs cannot be heard")
	}
	s3.mu.Lock()
	s3.slow = nil
	s3.mu.Unlock()
	close(slow)
	waitFor(t, "uploaded", func() bool { return g.Waiting() == 0 && g.Trouble() == nil })
	left, _ := decode(t, first(g.ogg(one.id)))
	hears(t, "from S3", left, sec/10, 19*sec/10, 437, 911)
	if err := g.Erase(t.Context(), one.id); err != nil {
		t.Error(err)
	}
	waitFor(t, "removed", func() bool { s3.mu.Lock(); defer s3.mu.Unlock(); return len(s3.objects) == 0 })
	stop()
	http.DefaultClient.CloseIdleConnections()
}
