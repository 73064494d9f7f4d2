package acd

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/store"
	"patchbay/transcribe"
)

// fakeRecorder notes what it is told, and hears as a recorder does.
type fakeRecorder struct {
	mu             sync.Mutex
	told           []string
	left, right    ear
	onState        func(string)
	position       func() int64
	refuseToRecord bool
}

func (r *fakeRecorder) tell(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, fmt.Sprintf(format, args...))
}

func (r *fakeRecorder) has(what string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.told, func(s string) bool { return strings.HasPrefix(s, what) })
}

func (r *fakeRecorder) Record(s RecordingStart) Recording {
	if r.refuseToRecord {
		return nil
	}
	r.onState, r.position = s.OnState, s.Position
	r.tell("record")
	return r
}
func (r *fakeRecorder) Refuse(string)                      { r.tell("refuse") }
func (r *fakeRecorder) Due(_, by string)                   { r.tell("due %s", by) }
func (r *fakeRecorder) Customer() media.Leg                { return &r.left }
func (r *fakeRecorder) Agents() media.Leg                  { return &r.right }
func (r *fakeRecorder) Pause(reason string)                { r.tell("pause %s", reason) }
func (r *fakeRecorder) Resume()                            { r.tell("resume") }
func (r *fakeRecorder) Mark(kind string, _ map[string]any) { r.tell("mark %s", kind) }
func (r *fakeRecorder) Silence(from, to int64)             { r.tell("silence %d %d", from, to) }
func (r *fakeRecorder) Finish()                            { r.tell("finish") }
func (r *fakeRecorder) Discard()                           { r.tell("discard") }

func recorded(mode string, r *fakeRecorder) func(*Config) {
	return func(c *Config) {
		c.Recorder, c.Queues[0].Recording = r, mode
		c.Consent, c.Unrecorded = clip(300, 2*time.Second), clip(400, 2*time.Second)
	}
}

func (f *fixture) recordingIs(user, state, reason string) {
	f.t.Helper()
	call, _ := get[Call](f, user, "call")
	if call.Recording != (RecordingState{State: state, Reason: reason}) {
		f.t.Errorf("the desk of %s shows the recording %+v, want %s %s", user, call.Recording, state, reason)
	}
}

// TestDoNotRecordUnderLegalHold: what there is stays, and is to go with the hold; nothing more is recorded or written down.
func TestDoNotRecordUnderLegalHold(t *testing.T) {
	r := &fakeRecorder{}
	inBubble(t, recorded("on", r), func(f *fixture) {
		id := f.talk(newCustomer("+12025550142"))
		f.must(f.SetLegalHold(f.t.Context(), id, true))
		f.must(f.ControlRecording(f.t.Context(), "akiko", id, "stop"))
		f.recordingIs("akiko", "refused", "legal_hold")
		f.wait(time.Second) // frames in the tap come to their end
		written := f.streams[id+"/customer"].count(customerSays)
		f.wait(2 * time.Second)
		if now := f.streams[id+"/customer"].count(customerSays); written == 0 || now != written {
			t.Errorf("%d frames were written down before, %d after", written, now-written)
		}
		f.hears("the recorder after it", &r.left, customerSays) // the last that it heard: it is off the bridge
		if !r.has("due akiko") || !r.has("finish") || r.has("discard") || r.has("refuse") {
			t.Errorf("told %v", r.told)
		}
		f.must(f.HangUp(f.t.Context(), "akiko", id))
	})
	r = &fakeRecorder{}
	inBubble(t, recorded("on", r), func(f *fixture) { // a hold that has ended holds nothing
		id := f.talk(newCustomer("+12025550142"))
		f.must(f.SetLegalHold(f.t.Context(), id, true))
		f.must(f.SetLegalHold(f.t.Context(), id, false))
		f.must(f.ControlRecording(f.t.Context(), "akiko", id, "stop"))
		if !r.has("discard") {
			t.Errorf("told %v", r.told)
		}
	})
}

// TestRecordingFollowsTheCall: one recording from the answer to the end, over hold; each side in its place.
func TestRecordingFollowsTheCall(t *testing.T) {
	r := &fakeRecorder{}
	inBubble(t, recorded("on", r), func(f *fixture) {
		p := newCustomer("+12025550142")
		id := f.talk(p)
		f.recordingIs("akiko", "on", "")
		f.hears("the recorder, left", &r.left, customerSays)
		f.hears("the recorder, right", &r.right, agentSays)
		if at := r.position(); at < 95 || at > 105 {
			t.Errorf("after 2 s the recorder is at position %d", at)
		}
		f.must(f.Hold(f.t.Context(), "akiko", id, true))
		f.wait(time.Second)
		f.hears("the recorder on hold, right", &r.right, 0)
		f.must(f.Hold(f.t.Context(), "akiko", id, false))
		f.must(f.ControlRecording(f.t.Context(), "akiko", id, "pause"))
		f.recordingIs("akiko", "paused", "agent")
		f.must(f.ControlRecording(f.t.Context(), "akiko", id, "resume"))
		r.onState("failed")
		f.wait(time.Second)
		f.recordingIs("akiko", "failed", "disk")
		r.onState("on")
		f.wait(time.Second)
		f.recordingIs("akiko", "on", "")
		if err := f.ControlRecording(f.t.Context(), "akiko", id, "rewind"); err == nil {
			t.Error("a recording takes any action")
		}
		f.TakeBack(id, 1200, 2400)
		f.must(f.HangUp(f.t.Context(), "akiko", id))
		f.TakeBack(id, 3000, 3100) // these words came late
		f.wait(time.Second)
		for _, want := range []string{"record", "mark held", "mark resumed", "mark answered", "pause agent", "resume", "finish", "silence 1200 2400", "silence 3000 3100"} {
			if !r.has(want) {
				t.Errorf("no %q among %v", want, r.told)
			}
		}
	})
}

// TestDoNotRecord: "stop" destroys what there is, and the recorder hears nothing more.
func TestDoNotRecord(t *testing.T) {
	r := &fakeRecorder{}
	inBubble(t, recorded("on", r), func(f *fixture) {
		id := f.talk(newCustomer("+12025550142"))
		f.must(f.ControlRecording(f.t.Context(), "akiko", id, "stop"))
		f.recordingIs("akiko", "refused", "agent")
		if err := f.ControlRecording(f.t.Context(), "akiko", id, "resume"); err == nil {
			t.Error("a recording that was stopped begins again")
		}
		f.must(f.HangUp(f.t.Context(), "akiko", id))
		f.wait(time.Second)
		if !r.has("discard") || r.has("finish") {
			t.Errorf("told %v", r.told)
		}
	})
}

// TestConsent: nobody is rung before the customer has answered; 1 records, 2 and no answer do not.
func TestConsent(t *testing.T) {
	for _, tc := range []struct {
		key    rune
		state  string
		reason string
		told   string
	}{{'1', "on", "", "record"}, {'2', "refused", "customer", "refuse"}, {0, "refused", "no_answer", "refuse"}} {
		r := &fakeRecorder{}
		inBubble(t, recorded("ask", r), func(f *fixture) {
			f.signIn("akiko")
			p := newCustomer("+12025550142")
			f.Incoming(p)
			f.wait(time.Second)
			f.hears("the customer", p, 300)
			f.noOffer("akiko")
			if tc.key != 0 {
				f.Pressed(p, '5') // no answer to the question
				f.Pressed(p, tc.key)
				f.wait(time.Second)
			} else {
				f.wait(consentTime + 2*time.Second)
			}
			f.must(f.Answer(f.t.Context(), "akiko", f.offer("akiko")))
			f.wait(time.Second)
			f.recordingIs("akiko", tc.state, tc.reason)
			if !r.has(tc.told) || r.has("record") != (tc.state == "on") {
				t.Errorf("key %q: told %v", tc.key, r.told)
			}
		})
	}
}

// TestHungUpWhileAsked: who hangs up before the answer has said no, and a key that is told late begins no recording.
func TestHungUpWhileAsked(t *testing.T) {
	r := &fakeRecorder{}
	inBubble(t, recorded("ask", r), func(f *fixture) {
		f.signIn("akiko")
		p := newCustomer("+12025550142")
		f.Incoming(p)
		f.wait(time.Second)
		p.HangUp()
		f.wait(time.Second)
		f.Pressed(p, '1')
		f.wait(time.Second)
		if !r.has("refuse") || r.has("record") {
			t.Errorf("told %v", r.told)
		}
	})
}

// TestUnrecordedQueue: a queue that does not record says so, and a recorder that cannot begin leaves the call alone.
func TestUnrecordedQueue(t *testing.T) {
	r := &fakeRecorder{}
	inBubble(t, recorded("off", r), func(f *fixture) {
		p := newCustomer("+12025550142")
		f.Incoming(p)
		f.wait(time.Second)
		f.hears("the customer", p, 400)
		if len(r.told) > 0 {
			t.Errorf("told %v", r.told)
		}
	})
	r = &fakeRecorder{refuseToRecord: true}
	inBubble(t, recorded("on", r), func(f *fixture) {
		f.signIn("akiko")
		f.Incoming(newCustomer("+12025550142"))
		f.wait(time.Second)
		f.must(f.Answer(f.t.Context(), "akiko", f.offer("akiko")))
		f.wait(time.Second)
		f.recordingIs("akiko", "failed", "not_started")
		if all := f.alerted(); len(all) != 1 || all[0].Code != CodeRecordingFailed || all[0].Params["reason"] != "not_started" {
			t.Errorf("alerts %+v", all)
		}
	})
}

var _ Recorder = (*fakeRecorder)(nil)

// talk has akiko sign in and answer the customer, and gives the interaction.
func (f *fixture) talk(p *customer) (id string) {
	f.t.Helper()
	f.signIn("akiko")
	f.Incoming(p)
	f.wait(time.Second)
	f.must(f.Answer(f.t.Context(), "akiko", f.offer("akiko")))
	f.wait(time.Second)
	return myCall(f, "akiko")
}

func myCall(f *fixture, user string) string {
	call, _ := get[Call](f, user, "call")
	return call.InteractionID
}

// keptOriginals notes what it is given.
type keptOriginals struct {
	mu   sync.Mutex
	list []string
}

func (k *keptOriginals) KeepOriginal(l store.Line) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list = append(k.list, l.ID+" "+l.Text)
}

// TestOriginalsAreKept: what is masked, of calls that are recorded, and nothing else; not of a pause, nor after "do not record".
func TestOriginalsAreKept(t *testing.T) {
	const card = "It is 4111 1111 1111 1111."
	for mode, want := range map[string]int{"on": 2, "off": 0} {
		r, kept := &fakeRecorder{}, &keptOriginals{}
		inBubble(t, func(c *Config) { recorded(mode, r)(c); c.Originals = kept }, func(f *fixture) {
			id := f.talk(newCustomer("+12025550142"))
			say := func(line, text string, at int64) {
				f.streams[id+"/customer"].cfg.Listener.Line(transcribe.Line{ID: line, Text: text, Spoken: text, StartMS: at, EndMS: at + 60_000})
				f.wait(revealAfter + time.Second)
			}
			say("l1", "Good morning.", 500)
			say("l2", card, 500)
			if mode == "on" {
				control := func(action string) { f.must(f.ControlRecording(f.t.Context(), "akiko", id, action)) }
				control("pause")
				say("l3", card, 1e9) // in a pause that goes on
				control("resume")
				for at, id := range map[int64]string{0: "l4", 2e9: "l5"} { // over the pause, and behind it
					say(id, card, at)
				}
				control("stop")
				say("l6", card, 3e9)
			}
		})
		if len(kept.list) != want || want > 0 && !slices.Equal(kept.list, []string{"customer/l2 " + card, "customer/l5 " + card}) {
			t.Errorf("recording %s: kept %q", mode, kept.list)
		}
	}
}
