package acd

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"patchbay/media"
	"patchbay/media/prompt"
	"patchbay/transcribe"
)

// sound is an interaction's bridge and what hangs on it: a seat for each party, a player for greeting and music, and a
// stream to the recogniser for each voice. Its methods are called by Center.run; the bridge's tick, the pumps and the
// streams have goroutines of their own, all ended by stop.
type sound struct {
	bridge    *media.Bridge
	cancel    context.CancelFunc
	running   sync.WaitGroup // bridge and pumps
	player    media.Slot
	music     bool           // the player plays music, or what ends the call, and no longer the greeting
	closing   bool           // the player says goodbye
	announced *prompt.Player // what everybody in the call hears beside each other; nil for nothing
	answered  bool           // the customer is on the line: what is said from now on is written down
	zero      int64          // frames of the bridge before that: the zero of the transcript's times
	taps      []*media.Tap   // of all voices, open or closed
	finished  bool           // stopped, and the recogniser has given its last words
	recording bool           // the recorder has its seats
	recorderCustomer,
	recorderAgents media.Slot
}

// voice carries what one party says to the recogniser: the bridge's frames in [from, until), where until is never for as
// long as it is to be written down. The tap holds frames from before a change, so it is the positions that count.
type voice struct {
	tap         *media.Tap
	from, until atomic.Int64
	stream      transcribe.Stream
	writer      *lineWriter
	language    string // that the stream was told, or found out
}

const never = math.MaxInt64

// openSound starts the bridge of an interaction, with the player's sound in it.
func (c *Center) openSound(in *interaction, first media.Leg) (ended context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.lifetime)) // closeAll ends it, after the last words
	s := &sound{bridge: media.NewBridge(media.BridgeConfig{Log: c.log.With("interaction", in.rec.ID), Totals: c.cfg.Bridges, Pacer: c.cfg.Pacer}), cancel: cancel}
	in.sound = s
	s.player, _ = s.bridge.Attach(first) // a new bridge has room
	return ctx
}

// startSound opens the bridge of an answered call: its first tick is the zero of the transcript's times.
func (c *Center) startSound(in *interaction, customer media.Leg) {
	greeting := c.greeting(in.queue).Player(false)
	ctx := c.openSound(in, greeting)
	s := in.sound
	c.customerAnswered(in, customer)
	s.running.Go(func() { _ = s.bridge.Run(ctx) })
	s.running.Go(func() {
		select {
		case <-greeting.Done():
			c.post(func() {
				if !in.tape.asking() { // else the silence after the question belongs to the answer
					s.playHold(c)
				}
			})
		case <-ctx.Done():
		}
	})
}

// customerAnswered seats the customer and starts the transcript's clock.
func (c *Center) customerAnswered(in *interaction, leg media.Leg) {
	s, p := in.sound, in.customer()
	in.rec.StartedAt = time.Now()
	c.save(in)
	s.answered, s.zero = true, s.bridge.Position()
	p.link, p.early = linkOn, false
	_ = c.seat(p, leg)
	for _, q := range in.parties {
		c.listen(q)
	}
	c.rehear(in)
	c.beginTape(in)
}

// now is the transcript's time, in milliseconds from the customer's 200 OK.
func (s *sound) now() int64 {
	return (s.bridge.Position() - s.zero) * int64(media.FrameDuration/time.Millisecond)
}

// announce lets everybody in the call hear a clip beside each other, and then does what comes next.
func (c *Center) announce(in *interaction, clip *prompt.Clip, then func()) {
	s := in.sound
	player := clip.Player(false)
	s.announced, s.music = player, false
	s.bridge.Replace(s.player, player)
	c.rehear(in)
	s.running.Go(func() {
		select {
		case <-player.Done():
		case <-in.phone.Done():
		}
		c.post(func() {
			if s.announced != player || in.rec.EndedAt != nil {
				return // another one came, or the end
			}
			then()
			if !in.tape.asking() { // else the silence after the question belongs to the answer
				c.hushAnnouncement(in)
				s.playHold(c)
				c.publish(in)
			}
		})
	})
}

// hushAnnouncement lets those who talk hear nothing but each other again.
func (c *Center) hushAnnouncement(in *interaction) {
	if in.sound.announced != nil {
		in.sound.announced = nil
		c.rehear(in)
	}
}

// playHold puts the music where the greeting was, once.
func (s *sound) playHold(c *Center) {
	if !s.music {
		s.music = true
		s.bridge.Replace(s.player, c.cfg.Hold.Player(true))
	}
}

// seat puts a party's leg on the bridge, or another leg in its place. Until rehear nobody hears a new one.
func (c *Center) seat(p *party, leg media.Leg) error {
	s := p.in.sound
	p.leg = leg
	if p.seated {
		s.bridge.Replace(p.seat, leg)
		c.listen(p) // a supervisor may have a voice now
		return nil
	}
	slot, err := s.bridge.Attach(leg)
	if err != nil {
		c.log.Error("party cannot join", "interaction", p.in.rec.ID, "party", p.id, "err", err)
		return err
	}
	p.seat, p.seated = slot, true
	c.listen(p)
	return nil
}

// unseat takes a party's leg off the bridge; its voice can come back. Once it returns, the leg is used no longer.
func (c *Center) unseat(p *party) {
	if p.seated {
		p.in.sound.bridge.Detach(p.seat)
		p.seated, p.early, p.leg = false, false, nil
	}
}

// hush lets the transcript of a party who has left come to its end.
func (p *party) hush() {
	if p.voice != nil {
		p.voice.tap.Close()
		p.voice = nil
	}
}

// listen has what a seated party says carried to the recogniser until its voice is hushed. A supervisor has a voice only
// from the first word that the customer may hear.
func (c *Center) listen(p *party) {
	in, s := p.in, p.in.sound
	if !p.seated || !s.answered || p.early || p.kind == KindSupervisor && p.mode != Barge && p.mode != TakeOver {
		return
	}
	if p.voice != nil {
		s.bridge.SetTap(p.seat, p.voice.tap)
		return
	}
	v := &voice{tap: media.NewTap(0)}
	p.voice, in.spoken[p.id] = v, true
	s.taps = append(s.taps, v.tap)
	w := &lineWriter{c: c, in: in, interaction: in.rec.ID, speaker: p.speaker(), leg: p.id, name: p.signature(), mask: in.mask, pauses: in.pauses, heard: in.voices.Leg(p.id), asked: -1,
		english: english{mask: in.english}}
	v.language = in.languageOf(p.id)
	stream := c.cfg.Transcriber.Open(transcribe.StreamConfig{ID: in.rec.ID + "/" + p.id, Language: v.language, Listener: w, Translate: c.cfg.Translate})
	v.stream, v.writer = stream, w
	c.primeVoice(p)
	zero := s.zero
	s.bridge.SetTap(p.seat, v.tap)
	s.running.Go(func() {
		var f media.Frame
		for {
			pos, err := v.tap.Read(context.Background(), &f) // ends by Close: nothing that was heard is left behind
			if err != nil {
				break
			}
			if pos >= v.from.Load() && pos < v.until.Load() {
				w.heard.Write(pos-zero, &f)
				stream.Write(pos-zero, &f)
			}
		}
		patience := time.NewTimer(transcriptPatience)
		defer patience.Stop()
		select {
		case <-stream.Finish():
		case <-patience.C:
			c.log.Warn("last words still missing", "interaction", in.rec.ID, "leg", w.leg)
		}
		w.settle(true)
	})
}

// rehear sets the matrix, and what is written down, to what the interaction says.
func (c *Center) rehear(in *interaction) {
	if in.sound == nil {
		return
	}
	now, pos := in.scene(), in.sound.bridge.Position()
	for _, p := range in.parties {
		if p.voice != nil {
			at := p.place()
			switch kept := p.seated && now.kept(&at); {
			case !kept && p.voice.until.Load() == never:
				p.voice.until.Store(pos)
			case kept && p.voice.until.Load() != never:
				p.voice.from.Store(pos + 1) // the tick of pos may be under way with the matrix before
				p.voice.until.Store(never)
			}
		}
	}
	in.sound.bridge.SetMatrix(now.matrix())
}

// record gives the recorder its two listen-only seats.
func (c *Center) record(in *interaction, customer, agents media.Leg) error {
	s := in.sound
	left, err := s.bridge.Attach(customer)
	if err != nil {
		return err
	}
	right, err := s.bridge.Attach(agents)
	if err != nil {
		s.bridge.Detach(left)
		return err
	}
	s.recording, s.recorderCustomer, s.recorderAgents = true, left, right
	c.rehear(in)
	return nil
}

// unrecord takes the recorder's seats away; once it returns, its legs are used no longer.
func (c *Center) unrecord(in *interaction) {
	s := in.sound
	if s != nil && s.recording {
		s.recording = false
		c.rehear(in)
		s.bridge.Detach(s.recorderCustomer)
		s.bridge.Detach(s.recorderAgents)
	}
}

// sayClosing tells the customer that the line closes, then hangs up.
func (c *Center) sayClosing(in *interaction) {
	if in.rec.EndedAt != nil || in.sound == nil {
		return
	}
	s := in.sound
	s.music, s.closing, s.announced = true, true, nil
	closing := c.cfg.Closing.Player(false)
	s.bridge.Replace(s.player, closing)
	c.rehear(in)
	s.running.Go(func() {
		select {
		case <-closing.Done():
		case <-in.phone.Done():
		}
		c.post(func() {
			in.phone.HangUp()
			c.end(in, "system")
		})
	})
}

// stop ends the tick and takes every leg off; the pumps go on until the recogniser has heard everything.
func (c *Center) stop(in *interaction) {
	s := in.sound
	for _, p := range in.parties {
		c.unseat(p)
	}
	c.unrecord(in)
	in.endTape()
	s.cancel()
	for _, t := range s.taps {
		t.Close()
	}
}

// stopSound stops an ended call's sound, and forgets the call when its last words are written.
func (c *Center) stopSound(in *interaction) {
	s := in.sound
	if s == nil {
		c.forget(in)
		return
	}
	c.stop(in)
	c.ending.Go(func() {
		s.running.Wait()
		c.post(func() {
			s.finished = true
			c.forget(in)
			c.checkDrained()
		})
	})
}
