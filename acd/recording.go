package acd

import (
	"cmp"
	"context"
	"slices"
	"time"

	"patchbay/media/prompt"
	"patchbay/store"
)

// What a queue does about recording (store.Queue.Recording).
const (
	RecordingOn  = "on"
	RecordingOff = "off"
	RecordingAsk = "ask" // the customer is asked, and no answer is no
)

// consentTime is how long the customer may think after the question.
const consentTime = 6 * time.Second

// Refusals about recordings.
var (
	errNotRecorded = &Error{"not_recorded", "This call is not being recorded."}
	errForbidden   = &Error{"not_to_be_recorded", "This call is not recorded any more: the queue does not record, or the customer did not agree."}
	errBadAction   = &Error{"bad_action", `A recording takes "pause", "resume" or "stop".`}
)

// tape is what is kept of an interaction's sound. Owned by Center.run.
type tape struct {
	rec   Recording // nil where none goes on
	state RecordingState
	timer *time.Timer // of the customer's answer
	// consented says that the customer was asked and agreed, rather than only told.
	consented bool
	byHand    bool // an agent had paused when the customer was asked: their yes does not resume it
}

// asking says whether the customer is being asked; until then nobody is rung.
func (t *tape) asking() bool { return t.state.State == "asking" }

// view is the state as desks show it.
func (t *tape) view() RecordingState {
	if t.state.State == "" {
		return RecordingState{State: "off"}
	}
	return t.state
}

// recordRule is what the queue says of recording.
func (c *Center) recordRule(in *interaction) string {
	if c.cfg.Recorder == nil || in.queue.Recording == RecordingOff {
		return RecordingOff
	}
	return cmp.Or(in.queue.Recording, RecordingOn)
}

// greeting is what a queue's customers hear first: it says what is kept, or asks.
func (c *Center) greeting(q store.Queue) *prompt.Clip {
	switch {
	case q.Recording == RecordingAsk && c.cfg.Consent != nil:
		return c.cfg.Consent
	case q.Recording == RecordingOff && c.cfg.Unrecorded != nil:
		return c.cfg.Unrecorded
	}
	return c.cfg.Greeting
}

// beginTape starts the recording of a customer who is on the line, or waits for consent.
func (c *Center) beginTape(in *interaction) {
	switch {
	case c.cfg.Recorder == nil || in.queue.Recording == RecordingOff:
	case in.rec.Channel == ChannelVideo: // the page that the guest consented on says it
		in.tape.consented = true
		c.event(in, "recording_consented", "customer", nil)
		c.tape(in)
	case in.queue.Recording != RecordingAsk && in.rec.Direction == "outbound" && c.cfg.Announced != nil:
		c.announce(in, c.cfg.Announced, func() { c.tape(in) }) // whom we call is told first
	case in.queue.Recording != RecordingAsk:
		c.tape(in)
	case in.rec.Direction == "inbound" && c.cfg.Consent != nil:
		c.askFor(in, c.cfg.Consent.Duration()) // by the greeting
	case c.cfg.Question != nil:
		c.question(in)
	default:
		c.refuse(in, "not_asked", "system")
	}
}

// askFor waits for the customer's answer to a question of that length.
func (c *Center) askFor(in *interaction, length time.Duration) {
	in.tape.stopAsking()
	in.tape.state = RecordingState{State: "asking"}
	in.tape.timer = time.AfterFunc(length+consentTime, func() {
		c.post(func() { c.consent(in, false, "no_answer") })
	})
}

// question asks the customer in the midst of a call.
func (c *Center) question(in *interaction) {
	c.askFor(in, c.cfg.Question.Duration())
	c.announce(in, c.cfg.Question, func() {})
}

// tapeMoves takes the rule of the queue that a call was handed to, where it is the stricter one: a customer was told what holds,
// and may be told more, but nothing that was promised is taken back. So what is not recorded stays so; "off" records no further,
// and what there is stays; "ask" asks who was only told before.
func (c *Center) tapeMoves(in *interaction) {
	t := &in.tape
	switch {
	case t.rec == nil || t.forbidden():
	case in.queue.Recording == RecordingOff, in.queue.Recording == RecordingAsk && !t.consented && c.cfg.Question == nil:
		c.tapeForbidden(in, "queue")
	case in.queue.Recording == RecordingAsk && !t.consented:
		t.byHand = t.byHand || t.pausedByAgent()
		c.pauseTape(in, "asking")
		c.question(in)
	}
}

// pauseTape holds the recording; what is masked of what is said meanwhile is not kept either.
func (c *Center) pauseTape(in *interaction, reason string) {
	in.tape.rec.Pause(reason)
	in.pauses.begin(in.sound.now())
}

func (c *Center) resumeTape(in *interaction) {
	in.tape.rec.Resume()
	in.pauses.end(in.sound.now())
}

// tapeForbidden keeps what there is and records no further. Agents cannot resume it.
func (c *Center) tapeForbidden(in *interaction, reason string) {
	c.pauseTape(in, reason)
	in.tape.state = RecordingState{State: "paused", Reason: reason}
	c.event(in, "recording_paused", "system", map[string]any{"reason": reason})
}

// forbidden says whether a recording is paused for another reason than an agent's wish.
func (t *tape) forbidden() bool { return t.state.State == "paused" && !t.pausedByAgent() }

// pausedByAgent says whether an agent paused, who may have heard what is not to be kept, and any agent may resume.
func (t *tape) pausedByAgent() bool {
	return t.state == RecordingState{State: "paused", Reason: "agent"}
}

// tellNumber tells a number that joins a call which is recorded, and with it everybody else.
func (c *Center) tellNumber(in *interaction) {
	if in.tape.rec != nil && in.tape.state.State == "on" && c.cfg.Announced != nil {
		c.announce(in, c.cfg.Announced, func() {})
	}
}

// tape records from now on.
func (c *Center) tape(in *interaction) {
	s := in.sound
	zero := s.zero
	rec := c.cfg.Recorder.Record(RecordingStart{
		InteractionID: in.rec.ID, Queue: in.queue.Name, At: in.rec.StartedAt,
		Position: func() int64 { return s.bridge.Position() - zero },
		OnState: func(state string) {
			c.post(func() { c.tapeChanged(in, state) })
		},
	})
	if rec == nil {
		c.tapeFailed(in, "not_started")
		return
	}
	if err := c.record(in, rec.Customer(), rec.Agents()); err != nil {
		c.log.Error("recording has no seat", "interaction", in.rec.ID, "err", err)
		rec.Discard()
		c.tapeFailed(in, "not_started")
		return
	}
	in.tape.rec, in.tape.state = rec, RecordingState{State: "on"}
	c.tapes.Store(in.rec.ID, rec)
	c.event(in, "recording_started", "system", nil)
}

// tapeChanged shows that the disk does not take a recording, or does again.
func (c *Center) tapeChanged(in *interaction, state string) {
	if t := &in.tape; t.rec != nil && t.state.State != "paused" && t.state.State != state {
		t.state = RecordingState{State: state}
		if state == "failed" {
			c.tapeFailed(in, "disk")
		} else {
			c.needNoMore(in, CodeRecordingFailed)
		}
		c.publish(in)
	}
}

// tapeFailed tells supervisors, and whoever is told of alerts, that a call is not recorded that should be.
func (c *Center) tapeFailed(in *interaction, reason string) {
	in.tape.state = RecordingState{State: "failed", Reason: reason}
	c.need(in, CodeRecordingFailed, map[string]any{"reason": reason})
}

// Pressed takes a key that a customer pressed; it answers the question whether the call may be recorded.
func (c *Center) Pressed(p CustomerPhone, key rune) {
	c.post(func() {
		for _, in := range c.interactions {
			c.answeredByKey(in, in.phone == line(p), key)
		}
	})
}

func (c *Center) answeredByKey(in *interaction, customer bool, key rune) {
	if customer && in.tape.asking() && (key == '1' || key == '2') {
		c.consent(in, key == '1', "customer")
	}
}

// consent settles the question.
func (c *Center) consent(in *interaction, yes bool, by string) {
	if !in.tape.asking() {
		return
	}
	in.tape.stopAsking()
	in.tape.state = RecordingState{}
	defer func() { in.tape.byHand = false }()
	switch {
	case yes:
		in.tape.consented = true
		c.event(in, "recording_consented", "customer", nil)
		switch {
		case in.tape.rec == nil:
			c.tape(in)
		case in.tape.byHand:
			in.tape.state = RecordingState{State: "paused", Reason: "agent"}
		default:
			c.resumeTape(in)
			in.tape.state = RecordingState{State: "on"}
			c.event(in, "recording_resumed", "customer", nil)
		}
	case in.tape.rec == nil:
		c.refuse(in, by, "customer")
	case by == "customer": // of what was recorded before the transfer too
		c.doNotRecord(in, "customer")
	default:
		c.tapeForbidden(in, by) // what there is was recorded with their knowledge
	}
	c.hushAnnouncement(in)
	in.sound.playHold(c)
	c.publish(in)
	c.match()
}

// unanswered settles the question where the call ends in the middle of it: no answer is no. What was said meanwhile is not
// kept, and a key that comes late begins nothing.
func (c *Center) unanswered(in *interaction) {
	if in.tape.asking() {
		in.tape.stopAsking()
		if in.tape.rec != nil {
			c.tapeForbidden(in, "no_answer")
			return
		}
		c.refuse(in, "no_answer", "customer")
	}
}

func (t *tape) stopAsking() {
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
}

// refuse leaves nothing of what is said: no sound, and no words beyond the call.
func (c *Center) refuse(in *interaction, reason, actor string) {
	in.tape.state = RecordingState{State: "refused", Reason: reason}
	c.cfg.Recorder.Refuse(in.rec.ID)
	c.event(in, "recording_refused", actor, map[string]any{"reason": reason})
}

// endTape lets what is recorded be kept. The recorder's seats must have been taken away.
func (in *interaction) endTape() {
	in.tape.stopAsking()
	if in.tape.rec != nil {
		in.tape.rec.Finish()
		in.tape.rec = nil
	}
}

// TakeBack silences what was said from fromMS to toMS on the transcript's axis, on both sides of what is kept of an
// interaction: a card number, once its words are known. It works until the last words of the call are written.
// It may be called from any goroutine, also while Run ends: the last words come then.
func (c *Center) TakeBack(interactionID string, fromMS, toMS int64) {
	if rec, ok := c.tapes.Load(interactionID); ok {
		rec.(Recording).Silence(fromMS, toMS)
	}
}

// tapeMarks are the events that a recording notes at their moment.
var tapeMarks = []string{"answered", "held", "resumed", "transferred", "consult_started", "consult_ended", "agent_lost", "agent_back",
	"returned_to_queue", "taken_over", "left", "sensitive_started", "sensitive_ended", "dialled", "hand_raised"}

// mark notes an event in the recording.
func (in *interaction) mark(typ, actor string, data map[string]any) {
	if in.tape.rec == nil || !slices.Contains(tapeMarks, typ) {
		return
	}
	noted := map[string]any{"by": actor}
	for k, v := range data {
		noted[k] = v
	}
	in.tape.rec.Mark(typ, noted)
}

// ControlRecording pauses, resumes or stops ("do not record") the recording of the agent's call. What is stopped is
// destroyed, words included, and cannot begin again. Under a legal hold what there is stays until the hold ends, but nothing
// more is recorded or written down; the state says so ("refused" for "legal_hold").
func (c *Center) ControlRecording(ctx context.Context, agentID, interactionID, action string) error {
	return c.withTalk(ctx, agentID, interactionID, func(p *party) error {
		in := p.in
		t := &in.tape
		if t.rec == nil {
			return errNotRecorded
		}
		switch action {
		case "pause":
			if t.state.State != "paused" && !t.asking() {
				c.pauseTape(in, "agent")
				t.state = RecordingState{State: "paused", Reason: "agent"}
				c.event(in, "recording_paused", agentID, nil)
			}
		case "resume":
			if t.forbidden() {
				return errForbidden
			}
			if t.state.State == "paused" {
				c.resumeTape(in)
				t.state = RecordingState{State: "on"}
				c.event(in, "recording_resumed", agentID, nil)
			}
		case "stop":
			t.stopAsking()
			c.doNotRecord(in, agentID)
		default:
			return errBadAction
		}
		return nil
	})
}

// doNotRecord destroys what was recorded and written down, for an agent or for the customer who said no.
func (c *Center) doNotRecord(in *interaction, by string) {
	if in.legalHold {
		c.stopUnderHold(in, by)
		return
	}
	reason := "agent"
	if by == "customer" {
		reason = by
	}
	c.unrecord(in)
	in.tape.rec.Discard()
	c.tapes.Delete(in.rec.ID)
	in.tape.rec, in.tape.state = nil, RecordingState{State: "refused", Reason: reason}
	c.event(in, "recording_stopped", by, nil)
}

// stopUnderHold is "do not record" in a call under legal hold. Words are written down no more either: what is written down
// would be kept.
func (c *Center) stopUnderHold(in *interaction, agentID string) {
	in.unkept = true
	c.unrecord(in)
	in.endTape()
	in.tape.state = RecordingState{State: "refused", Reason: "legal_hold"}
	c.cfg.Recorder.Due(in.rec.ID, agentID)
	c.event(in, "recording_stopped", agentID, map[string]any{"reason": "legal_hold"})
	c.rehear(in)
}

// SetLegalHold tells a call that goes on whether a legal hold keeps what is kept of it. Who puts a hold on tells the call
// first and keeps the hold then: in between it may be held for nothing, but never destroyed under a hold.
func (c *Center) SetLegalHold(ctx context.Context, interactionID string, on bool) error {
	return c.ask(ctx, func() error {
		if in := c.interactions[interactionID]; in != nil {
			in.legalHold = on
		}
		return nil
	})
}
