package prompt

import (
	"bytes"
	"embed"
	"sync"
	"time"

	"patchbay/media"
)

// Clip is a piece of sound, decoded: one channel, media.SampleRate. It does not change and may be shared.
type Clip struct{ samples []int16 }

// NewClip makes a clip of samples at media.SampleRate, which it keeps.
func NewClip(samples []int16) *Clip { return &Clip{samples} }

// Samples is the clip's sound at media.SampleRate; it must not be changed.
func (c *Clip) Samples() []int16 { return c.samples }

// Duration is how long the clip lasts.
func (c *Clip) Duration() time.Duration {
	return time.Duration(len(c.samples)) * time.Second / media.SampleRate
}

// assets/make.sh makes these files.
//
//go:embed assets/greeting.mp3 assets/consent.mp3 assets/question.mp3 assets/announced.mp3 assets/unrecorded.mp3 assets/closing.mp3 assets/hold.mp3
var assets embed.FS

// Greeting thanks for the call and says that it is recorded and transcribed, in less than 5 s.
func Greeting() *Clip { return greeting() }

// Consent asks whether the call may be recorded and transcribed: 1 is yes, 2 is no.
func Consent() *Clip { return consent() }

// Question asks the same in the midst of a call, or of somebody whom we called.
func Question() *Clip { return question() }

// Announced says that the call is recorded and transcribed, to somebody whom we called.
func Announced() *Clip { return announced() }

// Unrecorded thanks for the call and says that its sound is not kept.
func Unrecorded() *Clip { return unrecorded() }

// Closing says that the line closes, to a customer who is still there when the server stops.
func Closing() *Clip { return closing() }

// Hold is music to wait by; it ends where it begins, so a looping Player has no seam.
func Hold() *Clip { return hold() }

// Each file is decoded once, when it is first asked for.
var (
	greeting   = sync.OnceValue(func() *Clip { return asset("assets/greeting.mp3") })
	consent    = sync.OnceValue(func() *Clip { return asset("assets/consent.mp3") })
	question   = sync.OnceValue(func() *Clip { return asset("assets/question.mp3") })
	announced  = sync.OnceValue(func() *Clip { return asset("assets/announced.mp3") })
	unrecorded = sync.OnceValue(func() *Clip { return asset("assets/unrecorded.mp3") })
	closing    = sync.OnceValue(func() *Clip { return asset("assets/closing.mp3") })
	hold       = sync.OnceValue(func() *Clip { return asset("assets/hold.mp3") })
)

// asset panics where an embedded file is damaged: that is a mistake of the build, and a test would have seen it.
func asset(name string) *Clip {
	b, err := assets.ReadFile(name)
	if err != nil {
		panic(err)
	}
	c, err := Decode(bytes.NewReader(b))
	if err != nil {
		panic(err)
	}
	return c
}
