package rtp

import "time"

// PortPool hands out pairs of UDP ports: an even one for RTP and the next for RTCP (RFC 3550 §11).
type PortPool struct{}

// NewPortPool makes a pool of the ports from to to, both included. A pair that was given back is not handed out again
// before drain has passed; 0 is the default of 5 s.
func NewPortPool(from, to uint16, drain time.Duration) (*PortPool, error) { return &PortPool{}, nil }
