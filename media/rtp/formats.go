package rtp

import (
	"fmt"
	"slices"

	"patchbay/media/codec"
)

// kind is what a payload type carries.
type kind uint8

const (
	kindNone kind = iota
	kindAudio
	kindEvent // telephone-event, RFC 4733
	kindNoise // comfort noise, RFC 3389
)

// noisePT is comfort noise's static payload type (RFC 3389 §4). Many send it without negotiating it.
const noisePT = 13

// formats is what may arrive. It is not changed once made, except that the decoders, which have state, belong to
// ReadFrame.
type formats struct {
	list    []Format
	eventPT uint8
	// eventClock is of the durations of telephone-event in Hz: audio's, but for far ends that pair it otherwise.
	eventClock int
	decoders   []codec.Decoder
	index      [128]uint8 // of list, by payload type
	kinds      [128]kind  // by payload type
}

// newFormats keeps the decoders of those formats that old has too, so that a re-INVITE which changes nothing is not
// heard.
func newFormats(list []Format, eventPT uint8, eventClock int, old *formats) (*formats, error) {
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: none given", ErrFormat)
	}
	if eventPT > 127 {
		return nil, fmt.Errorf("%w: telephone-event/%d", ErrFormat, eventPT)
	}
	fs := &formats{list: slices.Clone(list), eventPT: eventPT, eventClock: eventClock}
	fs.kinds[noisePT] = kindNoise
	for i, f := range list {
		if err := f.validate(); err != nil {
			return nil, err
		}
		if fs.kinds[f.PayloadType] == kindAudio {
			return nil, fmt.Errorf("%w: payload type %d twice", ErrFormat, f.PayloadType)
		}
		fs.kinds[f.PayloadType], fs.index[f.PayloadType] = kindAudio, uint8(i)
		if old != nil {
			if j := slices.Index(old.list, f); j >= 0 {
				fs.decoders = append(fs.decoders, old.decoders[j])
				continue
			}
		}
		dec, err := f.Codec.NewDecoder()
		if err != nil {
			return nil, fmt.Errorf("rtp: %w", err)
		}
		fs.decoders = append(fs.decoders, dec)
	}
	if fs.eventClock == 0 {
		fs.eventClock = fs.clockRate()
	}
	if eventPT != 0 {
		if fs.kinds[eventPT] == kindAudio {
			return nil, fmt.Errorf("%w: payload type %d twice", ErrFormat, eventPT)
		}
		fs.kinds[eventPT] = kindEvent
	}
	return fs, nil
}

// clockRate is of the timestamps of everything but audio, which follow the preferred format's.
func (fs *formats) clockRate() int { return fs.list[0].Codec.ClockRate() }

// timestamp is an RTP timestamp; it wraps round.
type timestamp uint32

// since is how far t is after u, in ticks of the RTP clock; negative if before.
func (t timestamp) since(u timestamp) int32 { return int32(t - u) }
