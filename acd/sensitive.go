package acd

import (
	"context"
	"time"
)

// SetSensitive begins or ends a stretch in which nothing is kept and nobody listens in: the recorder, the transcript and
// the supervisors who listen or whisper hear nothing of it.
func (c *Center) SetSensitive(ctx context.Context, agentID, interactionID string, on bool) error {
	return c.withTalk(ctx, agentID, interactionID, func(p *party) error {
		switch in := p.in; {
		case on && in.sensitive == nil:
			in.sensitive = &Sensitive{Since: time.Now(), By: agentID}
			c.event(in, "sensitive_started", agentID, nil)
		case !on && in.sensitive != nil:
			in.sensitive = nil
			c.event(in, "sensitive_ended", agentID, nil)
		}
		return nil
	})
}
