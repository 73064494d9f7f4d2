package rtp

import (
	"sync"
	"time"

	"patchbay/media"
)

// Totals adds up what Sessions count, of those that are closed too, for whoever watches the whole server. The zero value
// is ready; its methods may be called from any goroutine.
type Totals struct {
	mu   sync.Mutex
	open map[*Session]struct{}
	past TotalStats
}

// TotalStats are the sums of a server's Sessions since it began.
type TotalStats struct {
	Open          int           // Sessions now
	Received      uint64        // packets accepted
	Sent          uint64        // packets sent
	SendErrors    uint64        // frames that were not encoded or not written
	Malformed     uint64        // packets that are no RTP, or of no negotiated format
	RTCPMalformed uint64        // packets that are no RTCP
	Foreign       uint64        // packets refused for their source, by address or SSRC
	Late          uint64        // packets that came after their turn
	Dropped       uint64        // packets given up to keep delay and memory bounded
	Lost          int64         // packets that the network lost; duplicates make it fall
	Concealed     time.Duration // sound made up for packets lost or late
	Resyncs       uint64        // starts of a stream
	EventsLost    uint64        // events and digits that nobody took in time
}

func (t *TotalStats) add(s SessionStats) {
	t.Received += s.Receiver.Received
	t.Sent += s.Sender.Packets
	t.SendErrors += s.Sender.Errors
	t.Malformed += s.Receiver.Malformed
	t.RTCPMalformed += s.RTCPBad
	t.Foreign += s.Foreign + s.Receiver.Strangers
	t.Late += s.Receiver.Late
	t.Dropped += s.Receiver.Dropped + s.Receiver.Overflowed
	t.Lost += s.Receiver.Lost
	t.Concealed += time.Duration(s.Receiver.Concealed) * time.Second / media.SampleRate
	t.Resyncs += s.Receiver.Resyncs
	t.EventsLost += s.EventLost + s.Receiver.DigitsLost
}

func (t *Totals) opened(s *Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil {
		t.open = make(map[*Session]struct{})
	}
	t.open[s] = struct{}{}
}

func (t *Totals) closed(s *Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.open, s)
	t.past.add(s.Stats())
}

// Stats is the sum.
func (t *Totals) Stats() TotalStats {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := t.past
	sum.Open = len(t.open)
	for s := range t.open {
		sum.add(s.Stats())
	}
	return sum
}
