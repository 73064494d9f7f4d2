package agentui

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"patchbay/store"
)

const (
	headerTimeout   = 10 * time.Second
	bodyTimeout     = 30 * time.Second
	answerTimeout   = 60 * time.Second
	idleTimeout     = 2 * time.Minute
	maxHeader       = 32 << 10 // bytes
	sweepEvery      = 15 * time.Second
	shutdownTimeout = 5 * time.Second
	hashSlots       = 2 // passwords hashed at once: each takes argonMemory
	hashWait        = 10 * time.Second
)

// Server is the web edge.
type Server struct {
	cfg      Config
	log      *slog.Logger
	now      func() time.Time
	metrics  *metrics
	sessions *sessions
	logins   *loginLimit
	hashing  chan struct{} // holds a token per hash that is being made
	guesses  *guessLimit
	workers  *tokenLimit

	sockets     socketSet[*socket]
	helpSockets socketSet[*helpSocket]
	cert        *certificate // nil without TLS
	handler     http.Handler
	codes       atomic.Pointer[[]store.WrapUpCode]
	listened    listened

	configuring sync.Mutex // held from the reading of users and queues to its telling

	listener net.Listener
	phones   *phones // from Run on
}

// NewServer makes a Server; Listen and Run start it.
func NewServer(cfg Config) (*Server, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	s := &Server{
		cfg:     cfg,
		log:     cfg.Log,
		now:     time.Now,
		metrics: newMetrics(cfg.Registerer, cfg.Hub),
		hashing: make(chan struct{}, hashSlots),
	}
	s.sessions = newSessions(cfg.Store, cfg.Log, s.now)
	s.logins = newLoginLimit(s.now)
	s.guesses = newGuessLimit(s.now)
	s.workers = newTokenLimit(s.now)
	if cfg.CertFile != "" {
		cert, err := loadCertificate(cfg.CertFile, cfg.KeyFile, cfg.Log, s.now)
		if err != nil {
			return nil, err
		}
		s.cert = cert
	}
	static, err := newStatic()
	if err != nil {
		return nil, err
	}
	s.handler = s.guard(s.newMux(static))
	return s, nil
}

// Listen takes the port, so that the address is known before Run.
func (s *Server) Listen() error {
	l, err := net.Listen("tcp", s.cfg.Addr)
	if err != nil {
		return fmt.Errorf("agentui: listen: %w", err)
	}
	s.listener = l
	return nil
}

// Addr is the address that Listen took.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Run serves until ctx ends, then tells every browser and waits for what it started. It listens where Listen did not.
func (s *Server) Run(ctx context.Context) error {
	if s.listener == nil {
		if err := s.Listen(); err != nil {
			return err
		}
	}
	// Phones outlive the sockets, so that leaving is told in order.
	phonesCtx, stopPhones := context.WithCancel(context.Background())
	s.phones = newPhones(phonesCtx, s.cfg)
	defer s.phones.wg.Wait()
	defer stopPhones()

	s.loadWrapUpCodes(ctx)
	var sweeper sync.WaitGroup
	sweeper.Go(func() { s.sweep(ctx) })
	defer sweeper.Wait()

	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, WriteTimeout: answerTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       log.New(io.Discard, "", 0), // a stranger's broken TLS and headers: not our log's business
		BaseContext:    func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	failed := make(chan error, 1)
	var serving sync.WaitGroup
	serving.Go(func() {
		if s.cert == nil {
			failed <- server.Serve(s.listener)
			return
		}
		server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.cert.get}
		failed <- server.ServeTLS(s.listener, "", "")
	})
	defer serving.Wait()

	select {
	case err := <-failed:
		s.sockets.shut()
		s.helpSockets.shut()
		s.sockets.wait()
		s.helpSockets.wait()
		return fmt.Errorf("agentui: serve: %w", err)
	case <-ctx.Done():
	}
	s.sockets.shut()
	s.helpSockets.shut()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err := server.Shutdown(grace)
	if err != nil {
		_ = server.Close()
	}
	s.sockets.wait() // Shutdown does not know hijacked connections
	s.helpSockets.wait()
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("agentui: shut down: %w", err)
	}
	return nil
}

// sweep ends the sockets of sessions that are over, and forgets what nobody comes back for.
func (s *Server) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	lastPurge := s.now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s.endStaleSockets(ctx)
		s.cfg.Hub.pruneAll(s.now())
		s.loadWrapUpCodes(ctx)
		s.sweepConfiguration(ctx)
		if now := s.now(); now.Sub(lastPurge) > time.Hour {
			lastPurge = now
			if _, err := s.cfg.Store.PurgeSessions(ctx, now); err != nil {
				s.log.Warn("old sessions not purged", "error", err)
			}
		}
	}
}

// endStaleSockets closes the sockets of sessions that have ended elsewhere. A lost database may hold it up once, not once
// per socket: where nothing can be known, sockets stay.
func (s *Server) endStaleSockets(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, sessionLookup)
	defer cancel()
	s.signOut(func(who identity) bool {
		_, err := s.sessions.check(ctx, who.hash, who.bearer)
		return errors.Is(err, errNoSession)
	})
}

// loadWrapUpCodes keeps the codes at hand, for desks that open while the database is lost.
func (s *Server) loadWrapUpCodes(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, sessionLookup)
	defer cancel()
	codes, err := s.cfg.Store.WrapUpCodes(ctx)
	if err != nil {
		s.log.Warn("wrap-up codes not read", "error", err)
		return
	}
	s.codes.Store(&codes)
}

func (s *Server) wrapUpCodes() []store.WrapUpCode {
	if codes := s.codes.Load(); codes != nil {
		return *codes
	}
	return nil
}

// port is that of the address that browsers see, for the cookie's name.
func (s *Server) port() string {
	if s.listener != nil {
		if a, ok := s.listener.Addr().(*net.TCPAddr); ok {
			return strconv.Itoa(a.Port)
		}
	}
	return "0"
}

func (s *Server) loopbackOnly() bool {
	if s.listener == nil {
		return false
	}
	ap, err := netip.ParseAddrPort(s.listener.Addr().String())
	return err == nil && ap.Addr().IsLoopback()
}

// signOut closes the sockets of whom which selects.
func (s *Server) signOut(which func(identity) bool) {
	s.sockets.signOut(which)
	s.helpSockets.signOut(which)
}
