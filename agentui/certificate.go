package agentui

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is a TLS certificate that is read again when its files change, so that a renewal needs no restart. A
// pair that cannot be read leaves the old one in use.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	now               func() time.Time

	mu      sync.Mutex
	pair    *tls.Certificate
	stamp   string // of the files that pair, or the last failure, was read from
	checked time.Time
}

const certificateCheck = time.Second // between looks at the files

func loadCertificate(certFile, keyFile string, log *slog.Logger, now func() time.Time) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log, now: now}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("agentui: TLS certificate %s with key %s: %w", certFile, keyFile, err)
	}
	c.pair, c.stamp, c.checked = &pair, c.stampNow(), now()
	return c, nil
}

// get is tls.Config.GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.checked) >= certificateCheck {
		c.checked = now
		if stamp := c.stampNow(); stamp != c.stamp {
			c.stamp = stamp
			if pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile); err != nil {
				c.log.Error("tls certificate not read again: the old one stays in use", "error", err)
			} else {
				c.pair = &pair
				c.log.Info("tls certificate read again")
			}
		}
	}
	return c.pair, nil
}

// stampNow changes whenever one of the files does.
func (c *certificate) stampNow() string {
	stamp := ""
	for _, name := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(name); err == nil {
			stamp += fmt.Sprintf("%d %d ", info.Size(), info.ModTime().UnixNano())
		}
	}
	return stamp
}
