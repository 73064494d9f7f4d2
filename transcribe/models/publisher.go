package models

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// A host that cannot be reached must not keep anybody waiting: the next source is tried after a moment.
const (
	dialTimeout   = 2 * time.Second
	tlsTimeout    = 3 * time.Second
	headerTimeout = 10 * time.Second
	stallTimeout  = 30 * time.Second // without a byte
)

func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout:   tlsTimeout,
		ResponseHeaderTimeout: headerTimeout,
	}}
}

var errNoPublisher = errors.New("it is not published by https")

// fromPublisher fetches files by https and returns those that it could not get.
func (j *job) fromPublisher(ctx context.Context, files []File) ([]File, error) {
	if j.e.publisher == "" {
		return files, errNoPublisher
	}
	client := newClient()
	defer client.CloseIdleConnections()
	var failed []File
	var errs []error
	for i, f := range files {
		err := j.download(ctx, client, f)
		if err == nil {
			continue
		}
		errs = append(errs, err)
		failed = append(failed, f)
		var unreachable *net.OpError
		if errors.As(err, &unreachable) { // nor will the next file be
			failed = append(failed, files[i+1:]...)
			break
		}
	}
	return failed, errors.Join(errs...)
}

// download fetches one file. What an earlier attempt left behind is resumed; a damaged whole is thrown away.
func (j *job) download(ctx context.Context, client *http.Client, f File) error {
	partial := filepath.Join(j.cache.dir, ".partial-"+f.SHA256)
	s, err := j.resume(partial, f)
	if err != nil {
		return err
	}
	err = j.get(ctx, client, s)
	if cerr := s.close(); cerr != nil && (err == nil || errors.Is(cerr, ErrDamaged)) {
		err = cerr
	}
	switch {
	case err == nil:
		return j.install(partial, f)
	case errors.Is(err, ErrDamaged) || s.n == 0:
		os.Remove(partial)
	}
	return err
}

// resume opens the sink with what an earlier attempt got.
func (j *job) resume(partial string, f File) (*sink, error) {
	old := partial + "-old"
	if os.Rename(partial, old) != nil {
		return newSink(partial, f)
	}
	defer os.Remove(old)
	s, err := newSink(partial, f)
	if err != nil {
		return nil, err
	}
	r, err := os.Open(old)
	if err != nil {
		return s, nil
	}
	defer r.Close()
	// A file longer than it should be ends here with what fits; its sha256 will tell.
	io.Copy(s, io.LimitReader(r, f.Size))
	return s, nil
}

// get appends what is missing from the publisher to the sink.
func (j *job) get(ctx context.Context, client *http.Client, s *sink) error {
	if s.n == s.want.Size {
		return nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	url := j.e.publisher + s.want.Name
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	if s.n > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", s.n)) // RFC 9110 §14.2
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body := io.Reader(resp.Body)
	switch {
	case resp.StatusCode == http.StatusOK && s.n > 0: // it sends the whole (RFC 9110 §14.2 allows it): skip what we have
		if _, err := io.CopyN(io.Discard, body, s.n); err != nil {
			return fmt.Errorf("%s: %w", url, err)
		}
	case resp.StatusCode == http.StatusOK:
	case resp.StatusCode == http.StatusPartialContent && resp.Header.Get("Content-Range") == fmt.Sprintf("bytes %d-%d/%d", s.n, s.want.Size-1, s.want.Size):
	default:
		return fmt.Errorf("%s: %s", url, resp.Status)
	}
	stalled := time.AfterFunc(stallTimeout, func() { cancel(fmt.Errorf("nothing came for %v", stallTimeout)) })
	defer stalled.Stop()
	buf := make([]byte, 256<<10)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			stalled.Reset(stallTimeout)
			if _, werr := s.Write(buf[:n]); werr != nil {
				return werr
			}
			j.report(s.n)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", url, errors.Join(context.Cause(ctx), err))
		}
	}
}
