package acd

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/mediatest"
)

// hummer is a party that hums a tone of its own and keeps what it hears.
type hummer struct {
	*mediatest.Tone
	*mediatest.Recorder
}

func newHummer(hz float64) hummer {
	return hummer{mediatest.NewTone(hz, -12), &mediatest.Recorder{}}
}

func (h hummer) ReadFrame(f *media.Frame) bool { return h.Tone.ReadFrame(f) }
func (h hummer) WriteFrame(f *media.Frame)     { h.Recorder.WriteFrame(f) }

// TestByEar gives every party a tone of its own and analyses what each of them receives in each mode: who should be heard
// is there, and of everybody else there is less than −60 dBFS. The recorder's two sides are analysed the same way.
func TestByEar(t *testing.T) {
	tones := map[string]float64{"customer": 437, "akiko": 911, "sofia": 1723, "ben": 2503, "number": 3217, "theo": 3719}
	onStage(t, func(s *stage) {
		party := map[string]hummer{}
		for name, hz := range tones {
			party[name] = newHummer(hz)
		}
		ears := map[string]*mediatest.Recorder{"left": {}, "right": {}}
		for name, h := range party {
			ears[name] = h.Recorder
		}
		for _, name := range []string{"akiko", "ben", "sofia", "theo"} {
			s.AttachPhone(name, party[name])
		}
		s.must(s.ask(s.ctx, func() error {
			in := s.interactions[s.id]
			if err := s.Center.seat(in.customer(), party["customer"]); err != nil {
				return err
			}
			return s.Center.record(in, silent{ears["left"]}, silent{ears["right"]})
		}))

		// listen analyses half a second from now on.
		listen := func(mode string, want map[string]string) {
			s.t.Helper()
			s.settle()
			for _, e := range ears {
				e.Reset()
			}
			s.wait(500 * time.Millisecond)
			for name, e := range ears {
				heard := e.Samples()
				if len(heard) == 0 { // not on the bridge
					if want[name] != "" {
						s.t.Errorf("%s: %s is not in the call", mode, name)
					}
					continue
				}
				for voice, hz := range tones {
					level := mediatest.PowerAt(heard, media.SampleRate, hz)
					switch should := contains(want[name], voice); {
					case should && level < -13:
						s.t.Errorf("%s: %s hears %s at %.1f dBFS only", mode, name, voice, level)
					case !should && level > -60:
						s.t.Errorf("%s: %s of %s leaks to %s", mode, dB(level), voice, name)
					}
				}
			}
		}
		type heard = map[string]string
		listen("talk", heard{"customer": "akiko", "akiko": "customer", "left": "customer", "right": "akiko"})

		s.must(s.Supervise(s.ctx, "sofia", s.id, "listen"))
		listen("listen", heard{"customer": "akiko", "akiko": "customer", "sofia": "customer akiko", "left": "customer", "right": "akiko"})
		s.must(s.Supervise(s.ctx, "sofia", s.id, "whisper"))
		listen("whisper", heard{"customer": "akiko", "akiko": "customer sofia", "sofia": "customer akiko", "left": "customer", "right": "akiko"})
		s.must(s.Mute(s.ctx, "akiko", s.id, true))
		listen("whisper, muted", heard{"akiko": "customer sofia", "sofia": "customer", "left": "customer"})
		s.must(s.Mute(s.ctx, "akiko", s.id, false))
		s.must(s.Hold(s.ctx, "akiko", s.id, true))
		listen("whisper, on hold", heard{"akiko": "sofia", "sofia": "akiko", "left": "customer"})
		s.must(s.Hold(s.ctx, "akiko", s.id, false))
		s.must(s.SetSensitive(s.ctx, "akiko", s.id, true))
		listen("whisper, sensitive", heard{"customer": "akiko", "akiko": "customer sofia"})
		s.must(s.SetSensitive(s.ctx, "akiko", s.id, false))
		s.must(s.Supervise(s.ctx, "sofia", s.id, "barge"))
		listen("barge", heard{"customer": "akiko sofia", "akiko": "customer sofia", "sofia": "customer akiko", "left": "customer", "right": "akiko sofia"})

		s.must(s.Supervise(s.ctx, "sofia", s.id, "whisper"))
		for _, err := range s.bothAtOnce("barge") {
			s.must(err)
		}
		listen("two barge in at once", heard{"customer": "akiko sofia theo", "akiko": "customer sofia theo", "sofia": "customer akiko theo", "theo": "customer akiko sofia",
			"left": "customer", "right": "akiko sofia theo"})
		s.must(s.Supervise(s.ctx, "theo", s.id, "leave"))

		s.must(s.Supervise(s.ctx, "sofia", s.id, "whisper"))
		s.must(s.Consult(s.ctx, "akiko", s.id, agentTo("ben"), ""))
		s.settle()
		s.must(s.Answer(s.ctx, "ben", s.id))
		listen("consult", heard{"akiko": "ben sofia", "ben": "akiko sofia", "sofia": "akiko ben", "left": "customer"})
		s.must(s.ConsultSwap(s.ctx, "akiko", s.id))
		listen("alternate", heard{"customer": "akiko", "akiko": "customer sofia", "sofia": "customer akiko", "left": "customer", "right": "akiko"})
		s.must(s.ConsultComplete(s.ctx, "akiko", s.id))
		listen("handed over", heard{"customer": "ben", "ben": "customer sofia", "sofia": "customer ben", "left": "customer", "right": "ben"})

		s.must(s.AddParty(s.ctx, "ben", s.id, numberTo("+12025550177")))
		s.settle()
		out := s.dialer.last()
		out.steps <- DialProgress{State: "answered", Leg: party["number"]}
		close(out.steps)
		listen("conference", heard{"customer": "ben number", "ben": "customer number sofia", "number": "customer ben",
			"sofia": "customer ben number", "left": "customer", "right": "ben number"})
		s.must(s.Supervise(s.ctx, "sofia", s.id, "takeover"))
		listen("take over", heard{"customer": "sofia number", "number": "customer sofia", "sofia": "customer number", "left": "customer", "right": "sofia number"})
		s.must(s.DropParty(s.ctx, "sofia", s.id, "number-1"))
		listen("taken over", heard{"customer": "sofia", "sofia": "customer", "left": "customer", "right": "sofia"})
	})
}

// bothAtOnce has both supervisors press the same button in one moment, and gives what each is told.
func (s *stage) bothAtOnce(mode string) map[string]error {
	told := map[string]chan error{"sofia": make(chan error, 1), "theo": make(chan error, 1)}
	press := make(chan struct{})
	for who, c := range told {
		go func() { <-press; c <- s.Supervise(s.ctx, who, s.id, mode) }()
	}
	close(press)
	return map[string]error{"sofia": <-told["sofia"], "theo": <-told["theo"]}
}

// TestTwoTakeOverAtOnce: one has the call, the other is told so in words, and the customer hears one of them alone.
func TestTwoTakeOverAtOnce(t *testing.T) {
	for range 10 {
		onStage(t, func(s *stage) {
			s.AttachPhone("theo", &ear{says: benSays})
			errs := s.bothAtOnce("takeover")
			has, not := "sofia", "theo"
			if errs["sofia"] != nil {
				has, not = not, has
			}
			s.must(errs[has])
			s.refused("the second", errs[not], "taken_over")
			s.settle()
			s.hears("customer", s.haruto, map[string]int16{"sofia": sofiaSays, "theo": benSays}[has])
			s.callState(has, StateActive)
			s.callState("akiko", StateWrapUp)
			if v := s.supervision(not); v.InteractionID != "" {
				s.t.Errorf("the other is at %+v", v)
			}
		})
	}
}

func contains(list, word string) bool { return slices.Contains(strings.Fields(list), word) }

func dB(level float64) string { return fmt.Sprintf("%.1f dBFS", level) }
