package acd

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf16"

	"patchbay/media"
	"patchbay/store"
	"patchbay/transcribe"
)

// sound is an interaction's bridge and what hangs on it: the customer's leg, the agent's, one player for greeting and
// music, and a stream to the recogniser for each voice. Its methods are called by Center.run; the bridge's tick, the
// pumps and the streams have goroutines of their own, all ended by stop.
type sound struct {
	bridge   *media.Bridge
	cancel   context.CancelFunc
	running  sync.WaitGroup // bridge and pumps
	customer media.Slot
	player   media.Slot
	agent    media.Slot
	hasAgent bool
	music    bool // the player plays music, or what ends the call, and no longer the greeting
	taps     []*media.Tap
	agentTap *media.Tap
	deaf     *atomic.Bool // of the agent's stream: what is said muted or on hold is not written down
	finished bool         // stopped, and the recogniser has given its last words
}

// hearing is what decides who hears whom in a call of two.
type hearing struct {
	agent, muted, held bool
}

// rows is the matrix of a call: the customer hears the agent, or else the player; a held call hears nothing of it.
func rows(h hearing, customer, player, agent media.Slot) media.Matrix {
	var m media.Matrix
	if !h.agent {
		return m.With(customer, player, true)
	}
	return m.With(customer, player, h.held).
		With(customer, agent, !h.held && !h.muted).
		With(agent, customer, !h.held)
}

// startSound opens the bridge of an answered call: its first tick is the zero of the transcript's times.
func (c *Center) startSound(in *interaction, customer media.Leg) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.lifetime)) // closeAll ends it, after the last words
	s := &sound{bridge: media.NewBridge(media.BridgeConfig{Log: c.log.With("interaction", in.rec.ID), Totals: c.cfg.Bridges}), cancel: cancel}
	in.sound = s
	greeting := c.cfg.Greeting.Player(false)
	// A new bridge has room for two: Attach cannot fail.
	s.customer, _ = s.bridge.Attach(customer)
	s.player, _ = s.bridge.Attach(greeting)
	s.bridge.SetMatrix(rows(hearing{}, s.customer, s.player, 0))
	in.rec.StartedAt = time.Now()
	c.save(in)
	s.listen(c, in.rec.ID, s.customer, "customer", "customer", in.queue.Language, nil)
	s.running.Go(func() { _ = s.bridge.Run(ctx) })
	s.running.Go(func() {
		select {
		case <-greeting.Done():
			c.post(func() { s.playHold(c) })
		case <-ctx.Done():
		}
	})
}

// playHold puts the music where the greeting was, once.
func (s *sound) playHold(c *Center) {
	if !s.music {
		s.music = true
		s.bridge.Replace(s.player, c.cfg.Hold.Player(true))
	}
}

// listen taps a slot and carries its frames to the recogniser until the tap is closed.
func (s *sound) listen(c *Center, interaction string, slot media.Slot, speaker, leg, language string, deaf *atomic.Bool) *media.Tap {
	tap := media.NewTap(0)
	s.bridge.SetTap(slot, tap)
	s.taps = append(s.taps, tap)
	w := &lineWriter{c: c, interaction: interaction, speaker: speaker, leg: leg}
	stream := c.cfg.Transcriber.Open(transcribe.StreamConfig{ID: interaction + "/" + leg, Language: language, Listener: w})
	s.running.Go(func() {
		var f media.Frame
		for {
			pos, err := tap.Read(context.Background(), &f) // ends by Close: nothing that was heard is left behind
			if err != nil {
				break
			}
			if deaf == nil || !deaf.Load() {
				stream.Write(pos, &f)
			}
		}
		patience := time.NewTimer(transcriptPatience)
		defer patience.Stop()
		select {
		case <-stream.Finish():
		case <-patience.C:
			c.log.Warn("last words still missing", "interaction", interaction, "leg", leg)
		}
	})
	return tap
}

// joinAgent lets the agent into the call, at once where the phone is connected; where it is not, the customer hears
// music until it is, for as long as an agent may stay away.
func (c *Center) joinAgent(in *interaction) {
	s, a := in.sound, in.agent
	s.playHold(c)
	if a.phone == nil {
		c.loseAgent(in)
		return
	}
	a.phone.Reset()
	if s.hasAgent {
		s.bridge.Replace(s.agent, a.phone)
	} else {
		slot, err := s.bridge.Attach(a.phone)
		if err != nil {
			c.log.Error("agent cannot join", "interaction", in.rec.ID, "err", err)
			return
		}
		s.agent, s.hasAgent = slot, true
		if s.agentTap == nil {
			s.deaf = new(atomic.Bool)
			s.agentTap = s.listen(c, in.rec.ID, slot, "agent", "agent:"+a.id, in.queue.Language, s.deaf)
		} else {
			s.bridge.SetTap(slot, s.agentTap)
		}
	}
	if in.timer != nil { // the agent was away
		in.disarm()
		c.event(in, "agent_back", a.id, nil)
		c.publishCall(in)
	}
	c.rehear(in)
}

// rehear sets the matrix to what the interaction says.
func (c *Center) rehear(in *interaction) {
	s := in.sound
	s.bridge.SetMatrix(rows(hearing{agent: s.hasAgent, muted: in.muted, held: in.held}, s.customer, s.player, s.agent))
	if s.deaf != nil {
		s.deaf.Store(in.muted || in.held)
	}
}

// removeAgent takes the agent's leg out; the customer hears the player.
func (s *sound) removeAgent() {
	if s.hasAgent {
		s.bridge.Detach(s.agent)
		s.hasAgent = false
	}
	s.bridge.SetMatrix(rows(hearing{}, s.customer, s.player, 0))
}

// endAgentStream lets the agent's transcript come to its end; the next agent has a stream of their own.
func (s *sound) endAgentStream() {
	if s.agentTap != nil {
		s.agentTap.Close()
		s.agentTap, s.deaf = nil, nil
	}
}

// sayClosing tells the customer that the line closes, then hangs up.
func (c *Center) sayClosing(in *interaction) {
	if in.rec.EndedAt != nil || in.sound == nil {
		return
	}
	s := in.sound
	s.music = true
	closing := c.cfg.Closing.Player(false)
	s.bridge.Replace(s.player, closing)
	s.bridge.SetMatrix(media.Matrix{}.With(s.customer, s.player, true))
	s.running.Go(func() {
		select {
		case <-closing.Done():
		case <-in.phone.Done():
		}
		c.post(func() {
			in.phone.HangUp()
			c.customerGone(in, "system")
		})
	})
}

// stop ends the tick; the pumps go on until the recogniser has heard everything.
func (s *sound) stop() {
	s.removeAgent()
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
	s.stop()
	c.ending.Go(func() {
		s.running.Wait()
		c.post(func() {
			s.finished = true
			c.forget(in)
			c.checkDrained()
		})
	})
}

// lineWriter takes what the recogniser hears of one leg to the record and to the desks.
type lineWriter struct {
	c                         *Center
	interaction, speaker, leg string
}

func (w *lineWriter) Partial(p transcribe.Partial) {
	w.c.cfg.Publisher.Interaction(w.interaction, "partial", Partial{
		InteractionID: w.interaction, Speaker: w.speaker, Leg: w.leg, StartMS: p.StartMS, Text: p.Text,
		Settled: utf16Len(p.Text[:min(p.Settled, len(p.Text))]),
	})
}

func (w *lineWriter) Line(l transcribe.Line) {
	words := make([]store.Word, len(l.Words))
	for i, x := range l.Words {
		words[i] = store.Word(x)
	}
	line := store.Line{
		InteractionID: w.interaction, ID: w.leg + "/" + l.ID, Speaker: w.speaker, Leg: w.leg,
		StartMS: l.StartMS, EndMS: l.EndMS, Text: l.Text, Spoken: l.Spoken, Words: words,
	}
	w.c.cfg.Journal.SaveLine(line) // kept before it is shown
	w.c.cfg.Publisher.Interaction(w.interaction, "line", line)
}

// utf16Len is the length of s as JavaScript counts it.
func utf16Len(s string) (n int) {
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}
