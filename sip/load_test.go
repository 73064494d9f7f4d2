package sip

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// TestManyCalls places calls that end in every way at once; nothing is left of them.
func TestManyCalls(t *testing.T) {
	const count = 40
	s := serve(t, Config{
		Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Handler: func(c *Call) {
			switch c.To() {
			case "0": // the caller hangs up
				answer(c)
			case "1": // we do
				answer(c)
				c.HangUp()
			case "2":
				c.Refuse(486, "Busy Here")
			case "3": // the caller gives up
				c.Ring()
			}
			<-c.Done()
		},
	})
	pool := newPool(t)
	var wg sync.WaitGroup
	for i := range count {
		wg.Go(func() {
			transport := []string{"udp", "tcp"}[i/4%2]
			c, err := Dial(context.Background(), DialConfig{
				URI: fmt.Sprintf("sip:%d@%s", i%4, s.Addr()), Transport: transport, Ports: pool, T1: 50 * time.Millisecond,
			})
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			for e := range c.Events() {
				if e.Kind == EventAnswered && i%4 == 0 || e.Kind == EventRinging && i%4 == 3 {
					c.HangUp()
				}
			}
			want := map[int]Outcome{0: OutcomeCompleted, 1: OutcomeCompleted, 2: OutcomeRefused, 3: OutcomeCancelled}[i%4]
			if got := c.Cause().Outcome; got != want {
				t.Errorf("call %d: %q, want %q", i, got, want)
			}
		})
	}
	wg.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if got := s.Stats(); got.Calls != count || got.Answered != count/2 || got.Malformed != 0 || got.BadSDP != 0 || got.NoMatch != 0 || got.NoACK != 0 {
		t.Errorf("stats are %+v", got)
	}
	if m := s.Stats().Media; m.Open != 0 || m.Malformed != 0 || m.Foreign != 0 {
		t.Errorf("the sum of all media is %+v", m)
	}
	for name, p := range map[string]interface{ InUse() (int, int) }{"server": s.cfg.Ports, "phones": pool} {
		if used, _ := p.InUse(); used != 0 {
			t.Errorf("%s: %d RTP ports are in use", name, used)
		}
	}
	s.ep.mu.Lock()
	defer s.ep.mu.Unlock()
	if len(s.ep.dialogs) != 0 || len(s.merged) != 0 {
		t.Errorf("%d dialogs and %d requests are remembered", len(s.ep.dialogs), len(s.merged))
	}
}
