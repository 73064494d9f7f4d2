package agentui

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"patchbay/store"
)

// transcriptMark is what happened in a call between its lines.
type transcriptMark struct {
	Kind    string `json:"kind"` // "hold", "pause", "sensitive", "barge", "takeover", "transfer", "returned", "stopped" or "refused"
	AtMS    int64  `json:"at_ms"`
	UntilMS *int64 `json:"until_ms"` // of what lasts; null for a moment, and for what still goes on
	By      string `json:"by"`       // user id, "customer", "system" or "rule"
	Name    string `json:"name"`     // of the user
	Mode    string `json:"mode"`     // of a transfer: "blind" or "consult"
}

// stretches are the events that begin something and those that end it; moments those that stand alone.
var (
	stretches = map[string]string{"held": "hold", "recording_paused": "pause", "sensitive_started": "sensitive"}
	ends      = map[string]string{"resumed": "hold", "recording_resumed": "pause", "sensitive_ended": "sensitive", "taken_over": "hold"}
	moments   = map[string]string{"transferred": "transfer", "returned_to_queue": "returned", "transfer_returned": "returned", "recording_stopped": "stopped", "recording_refused": "refused"}
)

// marksOfEvents puts a timeline into marks, in order. Who listens or whispers is none: it is in no transcript.
func marksOfEvents(d store.InteractionDetail, events []store.Event, names map[string]string) []transcriptMark {
	out := []transcriptMark{}
	open := map[string]int{} // by kind, and by supervisor
	shut := func(key string, at int64) {
		if i, ok := open[key]; ok {
			out[i].UntilMS = &at
			delete(open, key)
		}
	}
	for _, e := range events {
		at, text := max(0, e.At.Sub(d.StartedAt).Milliseconds()), func(key string) string { s, _ := e.Data[key].(string); return s }
		if ms, ok := e.Data["at_ms"].(float64); ok {
			at = int64(ms)
		}
		add := func(kind, key string) {
			if key != "" {
				if _, ok := open[key]; ok {
					return
				}
				open[key] = len(out)
			}
			out = append(out, transcriptMark{Kind: kind, AtMS: at, By: e.Actor, Name: names[e.Actor]})
		}
		if kind, ok := ends[e.Type]; ok {
			shut(kind, at)
		}
		switch kind := stretches[e.Type]; {
		case kind != "":
			add(kind, kind)
		case moments[e.Type] != "":
			add(moments[e.Type], "")
			out[len(out)-1].Mode = map[bool]string{true: text("mode")}[e.Type == "transferred"]
		case e.Type == "supervision":
			shut("barge "+e.Actor, at)
			shut("takeover "+e.Actor, at)
			if mode := text("mode"); mode == "barge" || mode == "takeover" {
				add(mode, mode+" "+e.Actor)
			}
		case e.Type == "ended":
			for key := range open {
				shut(key, at)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b transcriptMark) int { return cmp.Compare(a.AtMS, b.AtMS) })
	return out
}

// marks gives the marks of an interaction.
func (r *request) marks(d store.InteractionDetail, events []store.Event) ([]transcriptMark, error) {
	users, err := r.srv.cfg.Store.Users(r.Context())
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, u := range users {
		names[u.ID] = u.Name
	}
	return marksOfEvents(d, events, names), nil
}

// events gives an interaction's timeline as the caller may see it: an agent does not learn from it of supervisors whom the desk hid.
func (r *request) events(ctx context.Context, id string) ([]store.Event, error) {
	events, err := r.srv.cfg.Store.Events(ctx, id)
	if r.who.role >= roleSupervisor {
		return events, err
	}
	hidden := map[string]bool{}
	return slices.DeleteFunc(events, func(e store.Event) bool {
		if e.Type != "supervision" {
			return false
		}
		if mode, _ := e.Data["mode"].(string); mode != "leave" { // leaving is hidden where what was left is
			visible, said := e.Data["visible"].(bool)
			hidden[e.Actor] = said && !visible
		}
		return hidden[e.Actor]
	}), err
}

// vttCue is a line or mark of a file of captions.
type vttCue struct {
	id           string
	startMS, end int64
	text         string
}

var vttEscape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\n", " ", "\r", " ")

// vttWords are what a file of captions says beside the lines, by language.
var vttWords = map[string]map[string]string{
	"en": {"hold": "on hold", "pause": "recording paused", "sensitive": "not recorded: sensitive", "barge": "barges in", "takeover": "takes the call over",
		"transfer": "hands the call over", "returned": "the call is back in the queue", "stopped": "recording stopped", "refused": "recording refused",
		"customer": "Customer", "agent": "Agent", "supervisor": "Supervisor"},
	"ja": {"hold": "保留", "pause": "録音の一時停止", "sensitive": "機密情報のため記録なし", "barge": "通話に参加", "takeover": "通話を引き継ぎ",
		"transfer": "通話を転送", "returned": "待ち行列に戻りました", "stopped": "録音停止", "refused": "録音の拒否",
		"customer": "お客様", "agent": "担当者", "supervisor": "スーパーバイザー"},
}

// spokenIn is the language of vttWords that a call is held in: by the script of its lines, or, where there are none, by its queue;
// English where there are no words of another.
func spokenIn(lines []store.Line, queue string) string {
	japanese := 0
	for _, l := range lines {
		if strings.ContainsFunc(l.Text, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) }) {
			japanese++
		}
	}
	if 2*japanese > len(lines) || len(lines) == 0 && strings.HasPrefix(queue, "ja") {
		return "ja"
	}
	return "en"
}

// vttMarks are cues of marks, in a language of vttWords.
func vttMarks(marks []transcriptMark, language string) (cues []vttCue) {
	words := vttWords[language]
	for i, m := range marks {
		end := m.AtMS + 2000
		if m.UntilMS != nil {
			end = max(*m.UntilMS, m.AtMS+1)
		}
		text := words[m.Kind]
		if m.Name != "" {
			text = m.Name + ": " + text
		}
		cues = append(cues, vttCue{fmt.Sprintf("mark-%d", i+1), m.AtMS, end, "<i>[" + vttEscape.Replace(text) + "]</i>"})
	}
	return cues
}

// captions is the language of an interaction's file of captions.
func (r *request) captions(d store.InteractionDetail, lines []store.Line) (string, error) {
	queues, err := r.srv.cfg.Store.Queues(r.Context())
	i := slices.IndexFunc(queues, func(q store.Queue) bool { return q.Name == d.Queue })
	if err != nil || i < 0 {
		return spokenIn(lines, ""), err
	}
	return spokenIn(lines, queues[i].Language), nil
}
