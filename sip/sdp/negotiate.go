package sdp

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"patchbay/media/codec"
	"patchbay/media/rtp"
)

var (
	// ErrNoAudio reports a description without an audio stream that is on offer (Warning 304).
	ErrNoAudio = errors.New("sdp: no audio stream")
	// ErrNoCodec reports that no codec is shared (Warning 305).
	ErrNoCodec = errors.New("sdp: no codec in common")
	// ErrSecure reports that only SRTP is on offer, which this leg does not carry (Warning 302).
	ErrSecure = errors.New("sdp: only encrypted media (SAVP) is on offer")
	// ErrTransport reports another transport than RTP/AVP (Warning 302).
	ErrTransport = errors.New("sdp: media transport is not RTP/AVP")
	// ErrAddress reports a name, a multicast address, or the other address family (Warning 301).
	ErrAddress = errors.New("sdp: unusable media address")
	// ErrMismatch reports an answer that does not fit the offer, or an offer that drops lines (RFC 3264 §6, §8).
	ErrMismatch = errors.New("sdp: media lines do not fit what was said before")
)

const (
	event      = "telephone-event"
	eventPT    = 101    // ours, where we are the first to number it
	eventCodes = "0-15" // 0-9, *, #, A-D (RFC 4733 §3.2)
	ourPTime   = 20     // ms in each packet that we send
	firstFree  = 96     // of the dynamic payload types (RFC 3551 §6)
	lastFree   = 127
)

// Local is what a side of a session has, and wants.
type Local struct {
	Addr      netip.Addr // where RTP reaches us
	Port      int        // RTP; RTCP is the next
	Codecs    []codec.Codec
	SessionID uint64        // of o=, unique to the call
	Direction rtp.Direction // what we want; the zero value is both ways
}

// State is all that one side has said and agreed. Its zero value with Local filled is a session not begun.
type State struct {
	Local Local
	Said  *Description // our last offer or answer
	Index int          // of the audio stream in Said
	// Agreed is what holds after the last complete offer and answer.
	Agreed Agreed
}

// Agreed is the outcome of an offer and answer.
type Agreed struct {
	Remote rtp.Remote
	Held   bool // the far end does not want to hear us
}

// Answer takes an offer and makes the answer, which is Said in the State returned. After an error the old State holds.
func Answer(s State, offer *Description) (State, error) {
	if s.Said != nil && len(offer.Media) < len(s.Said.Media) {
		return s, fmt.Errorf("%w: %d lines after %d", ErrMismatch, len(offer.Media), len(s.Said.Media)) // RFC 3264 §8
	}
	index, err := s.choose(offer)
	if err != nil {
		return s, err
	}
	answer := s.newDescription()
	answer.Timing = offer.Timing // RFC 3264 §6: t= equals that of the offer
	for i := range offer.Media {
		answer.Media = append(answer.Media, rejected(&offer.Media[i]))
	}
	s.Index = max(index, 0)
	if index < 0 {
		s.Agreed.Remote.Direction, s.Agreed.Held = rtp.Inactive, true
		return s.say(answer), nil
	}
	line := &offer.Media[index]
	formats, events := line.shared(s.Local.Codecs)
	s.Agreed = agree(line, formats, events, s.Local.Direction)
	if e, ok := matching(events, formats[0].Codec.ClockRate()); ok {
		events = []Map{e}
	} else {
		events = nil
	}
	answer.Media[index] = s.line(line.Proto, formats, events, s.Agreed.Remote.Direction)
	return s.say(answer), nil
}

// choose finds the audio stream to take: the one in use, else the first that fits; -1 where a running session's only
// stream was switched off.
func (s State) choose(offer *Description) (int, error) {
	if s.Said != nil && s.usable(&offer.Media[s.Index]) == nil {
		return s.Index, nil
	}
	err, off := ErrNoAudio, false
	for i := range offer.Media {
		switch e := s.usable(&offer.Media[i]); {
		case e == nil:
			return i, nil
		case errors.Is(e, errOff):
			off = true
		case !errors.Is(e, ErrNoAudio):
			err = e
		}
	}
	if off && errors.Is(err, ErrNoAudio) && s.Said != nil {
		return -1, nil // RFC 3264 §8.2: a stream is ended by port 0, the session may go on
	}
	return 0, err
}

var errOff = errors.New("sdp: stream is off")

// usable says why we can't take a stream.
func (s State) usable(m *Media) error {
	formats, _ := m.shared(s.Local.Codecs)
	switch {
	case m.Kind != "audio":
		return ErrNoAudio
	case m.Port == 0:
		return errOff
	case m.secure():
		return ErrSecure
	case !m.plain():
		return fmt.Errorf("%w: %q", ErrTransport, m.Proto)
	case !m.Addr.IsValid() || m.Addr.IsMulticast() || m.Addr.Unmap().Is4() != s.Local.Addr.Unmap().Is4():
		return ErrAddress
	case len(formats) == 0:
		return ErrNoCodec
	}
	return nil
}

// Offer makes an offer: of a session not begun, or anew within one, which keeps the order of lines and the meaning of
// payload types (RFC 3264 §8.3.2).
func Offer(s State) State {
	offer := s.newDescription()
	offer.Timing = "0 0" // RFC 3264 §5
	if s.Said == nil {
		offer.Media = make([]Media, 1)
		s.Index = 0
	} else {
		for i := range s.Said.Media {
			offer.Media = append(offer.Media, rejected(&s.Said.Media[i]))
		}
	}
	proto := "RTP/AVP"
	if s.Said != nil && s.Said.Media[s.Index].plain() {
		proto = s.Said.Media[s.Index].Proto
	}
	formats, events := s.numbering()
	offer.Media[s.Index] = s.line(proto, formats, events, s.Local.Direction)
	return s.say(offer)
}

// numbering gives each of our codecs a payload type: the one in use, else its own, else a free one. Telephone-event has one for
// each clock of theirs (RFC 4733 §2.1), 8000 Hz first: some telephones take the first that they see.
func (s State) numbering() (formats []rtp.Format, events []Map) {
	taken := make(map[uint8]bool)
	agreed := &s.Agreed.Remote
	for _, f := range agreed.Receive {
		taken[f.PayloadType] = true
	}
	free := func(want uint8) uint8 {
		for pt := uint8(firstFree); taken[want] && pt <= lastFree; pt++ {
			want = pt
		}
		taken[want] = true
		return want
	}
	for _, clock := range []int{8000, 48000} {
		if !slices.ContainsFunc(s.Local.Codecs, func(c codec.Codec) bool { return c.ClockRate() == clock }) {
			continue
		}
		e := Map{PayloadType: eventPT, Name: event, ClockRate: clock, Channels: 1}
		if agreed.ReceiveEventPT != 0 && agreed.EventClock == clock {
			e.PayloadType = agreed.ReceiveEventPT
		}
		e.PayloadType = free(e.PayloadType)
		events = append(events, e)
	}
	for _, c := range s.Local.Codecs {
		if f, ok := find(agreed.Receive, c); ok {
			formats = append(formats, f)
		} else {
			formats = append(formats, rtp.Format{Codec: c, PayloadType: free(c.PayloadType())})
		}
	}
	return formats, events
}

// Accept takes the answer to the offer that s.Said is. After an error the State before the offer should be kept.
func Accept(s State, answer *Description) (State, error) {
	if s.Said == nil || len(answer.Media) != len(s.Said.Media) {
		return s, fmt.Errorf("%w: %d lines in the answer", ErrMismatch, len(answer.Media)) // RFC 3264 §6
	}
	theirs, ours := &answer.Media[s.Index], &s.Said.Media[s.Index]
	if err := s.usable(theirs); err != nil {
		if errors.Is(err, errOff) {
			return s, ErrNoCodec // RFC 3264 §6: port 0 rejects the stream
		}
		return s, err
	}
	formats, events := theirs.shared(s.Local.Codecs)
	a := agree(theirs, formats, events, ours.Direction)
	// RFC 3264 §6.1: the answerer may number otherwise than we did; we receive by our own numbers.
	a.Remote.Receive = nil
	for _, f := range formats {
		for _, m := range ours.Maps {
			if codec.ByName(m.Name) == f.Codec {
				a.Remote.Receive = append(a.Remote.Receive, rtp.Format{Codec: f.Codec, PayloadType: m.PayloadType})
			}
		}
	}
	a.Remote.ReceiveEventPT = 0
	for _, m := range ours.Maps {
		if m.Name == event && a.Remote.SendEventPT != 0 && m.ClockRate == a.Remote.EventClock {
			a.Remote.ReceiveEventPT = m.PayloadType
		}
	}
	s.Agreed = a
	return s, nil
}

// agree works out what holds for a line of the far end. Our direction is its mirror, within what we want.
func agree(m *Media, formats []rtp.Format, events []Map, want rtp.Direction) Agreed {
	r := rtp.Remote{
		RTP:       netip.AddrPortFrom(m.Addr.Unmap(), uint16(m.Port)),
		Send:      formats[0], // RFC 3264 §6.1, §7: the first is preferred
		Receive:   formats,
		Direction: combine(want.Sends() && !m.hold(), want.Receives() && m.Direction.Sends()),
	}
	if m.RTCP.Port() != 0 {
		addr := m.RTCP.Addr()
		if !addr.IsValid() {
			addr = m.Addr
		}
		r.RTCP = netip.AddrPortFrom(addr.Unmap(), m.RTCP.Port())
	}
	if e, ok := matching(events, formats[0].Codec.ClockRate()); ok {
		r.SendEventPT, r.ReceiveEventPT, r.EventClock = e.PayloadType, e.PayloadType, e.ClockRate
	}
	if m, ok := m.lookup(formats[0].PayloadType); ok && formats[0].Codec == codec.Opus {
		r.Options = opusOptions(m.Parameters)
	}
	return Agreed{Remote: r, Held: m.hold()}
}

// matching picks the telephone-event with the clock of the sound beside it (RFC 4733 §2.1). Many telephones know it at 8000 Hz
// only and pair that with Opus too: better such keys than none.
func matching(events []Map, clock int) (Map, bool) {
	for _, want := range []int{clock, 8000} {
		for _, e := range events {
			if e.ClockRate == want {
				return e, true
			}
		}
	}
	return Map{}, false
}

// combine makes a Direction (RFC 3264 §6.1).
func combine(send, receive bool) rtp.Direction {
	switch {
	case send && receive:
		return rtp.SendRecv
	case send:
		return rtp.SendOnly
	case receive:
		return rtp.RecvOnly
	}
	return rtp.Inactive
}

// shared lists, in the order of the line (RFC 3264 §6.1), what of it we have.
func (m *Media) shared(codecs []codec.Codec) (formats []rtp.Format, events []Map) {
	for _, format := range m.Formats {
		number, err := strconv.ParseUint(format, 10, 7)
		if err != nil {
			continue
		}
		// RFC 5761 §4: 64 to 95 look like RTCP, and rtp refuses them.
		f, ok := m.lookup(uint8(number))
		if !ok || f.PayloadType >= 64 && f.PayloadType <= 95 {
			continue
		}
		if strings.EqualFold(f.Name, event) {
			events = append(events, f)
			continue
		}
		c := codec.ByName(f.Name)
		for _, have := range codecs {
			_, twice := find(formats, c)
			if have == c && f.ClockRate == c.ClockRate() && f.Channels == c.Channels() && !twice {
				formats = append(formats, rtp.Format{Codec: c, PayloadType: f.PayloadType})
			}
		}
	}
	return formats, events
}

func find(formats []rtp.Format, c codec.Codec) (rtp.Format, bool) {
	for _, f := range formats {
		if f.Codec == c {
			return f, true
		}
	}
	return rtp.Format{}, false
}

// line writes our side of the audio stream.
func (s State) line(proto string, formats []rtp.Format, events []Map, direction rtp.Direction) Media {
	m := Media{Kind: "audio", Port: s.Local.Port, Proto: proto, Addr: s.Local.Addr, Direction: direction, PTime: ourPTime}
	m.RTCP = netip.AddrPortFrom(s.Local.Addr, uint16(s.Local.Port+1))
	for _, f := range formats {
		m.Formats = append(m.Formats, strconv.Itoa(int(f.PayloadType)))
		m.Maps = append(m.Maps, Map{
			PayloadType: f.PayloadType, Name: f.Codec.Name(), ClockRate: f.Codec.ClockRate(), Channels: f.Codec.Channels(),
			Parameters: parametersOf(f.Codec),
		})
	}
	for _, e := range events {
		e.Name, e.Parameters = event, eventCodes
		m.Formats = append(m.Formats, strconv.Itoa(int(e.PayloadType)))
		m.Maps = append(m.Maps, e)
	}
	return m
}

// rejected keeps a line's place (RFC 3264 §6): port 0, and a format because the syntax wants one.
func rejected(m *Media) Media {
	return Media{Kind: m.Kind, Proto: m.Proto, Formats: m.Formats[:1]}
}

func (s State) newDescription() *Description {
	return &Description{SessionID: strconv.FormatUint(s.Local.SessionID, 10), Origin: s.Local.Addr, Version: 1}
}

// say makes d our last word. Its version grows only where it differs (RFC 3264 §8).
func (s State) say(d *Description) State {
	if s.Said != nil {
		d.Version = s.Said.Version
		if d.String() != s.Said.String() {
			d.Version++
		}
	}
	s.Said = d
	return s
}
