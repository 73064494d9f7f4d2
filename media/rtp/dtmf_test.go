package rtp

import (
	"errors"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/codec"
)

func TestSendDTMFIsAllOrNothing(t *testing.T) {
	s := testSession(t, testPool(t, 1))
	far := newPeer(t)
	mustRemote(t, s, Remote{RTP: far.addr(), Send: Default(codec.PCMU)})
	if err := s.SendDTMF("1"); !errors.Is(err, ErrNoEvents) {
		t.Errorf("without telephone-event: %v", err)
	}
	mustRemote(t, s, Remote{RTP: far.addr()})
	if err := s.SendDTMF("12x"); !errors.Is(err, ErrDigit) || len(s.sender.digits) != 0 {
		t.Errorf("12x: %v, %d are queued", err, len(s.sender.digits))
	}
	if err := s.SendDTMF("0123456789*#ABCDabcd"); err != nil {
		t.Error(err)
	}
	before := len(s.sender.digits)
	if err := s.SendDTMF("0123456789*#ABCD"); !errors.Is(err, ErrBusy) || len(s.sender.digits) != before {
		t.Errorf("a full queue: %v, %d more are queued", err, len(s.sender.digits)-before)
	}
}

// TestSendDTMFGaps: tones of 100 ms with at least 50 ms between them, or a slow far end takes two for one.
func TestSendDTMFGaps(t *testing.T) {
	var starts []time.Duration
	i := time.Duration(0)
	dial(t, "4242", func(_ int, p []byte) [][]byte {
		if isEvent(p) && p[1]&0x80 != 0 { // the marker of a first packet
			starts = append(starts, i*media.FrameDuration)
		}
		i++
		return nil
	})
	if len(starts) != 4 {
		t.Fatalf("%d presses begin with a marker", len(starts))
	}
	for k := 1; k < len(starts); k++ {
		if gap := starts[k] - starts[k-1] - dtmfPress; gap < 50*time.Millisecond {
			t.Errorf("%v between two tones", gap)
		}
	}
}

func TestSendDTMFDoesNotAllocate(t *testing.T) {
	s := testSession(t, testPool(t, 1))
	far := newPeer(t)
	mustRemote(t, s, Remote{RTP: far.addr()})
	if err := s.SendDTMF("0123456789*#0123456789*#"); err != nil {
		t.Fatal(err)
	}
	var f media.Frame
	if a := testing.AllocsPerRun(200, func() { s.WriteFrame(&f) }); a != 0 {
		t.Errorf("%g allocations for a Frame while keys are pressed", a)
	}
	if left := len(s.sender.digits); left == 24 || left == 0 {
		t.Errorf("%d of 24 presses wait after 4 s", left)
	}
}
