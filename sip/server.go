package sip

import (
	"context"
	"net/netip"
)

// Server takes calls.
type Server struct{}

// NewServer makes a Server.
func NewServer(cfg Config) (*Server, error) { return &Server{}, nil }

// Listen opens the sockets, so that a taken port is known before anything else starts.
func (s *Server) Listen() error { return nil }

// Addr is what Listen bound.
func (s *Server) Addr() netip.AddrPort { return netip.AddrPort{} }

// Run serves until ctx is done; then it ends the calls that are left (BYE, or 503 where unanswered) and waits for them.
func (s *Server) Run(ctx context.Context) error { return nil }

// Drain refuses new calls from now on, with 503 and Retry-After; calls in progress go on.
func (s *Server) Drain() {}

// Shutdown drains and waits until the calls in progress are over; those left when ctx is done are hung up.
func (s *Server) Shutdown(ctx context.Context) error { return nil }

// Stats returns the counts.
func (s *Server) Stats() Stats { return Stats{} }
