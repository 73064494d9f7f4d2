package agentui

import (
	"slices"

	"patchbay/acd"
	"patchbay/acd/video"
	"patchbay/store"
)

// endedSet remembers the interactions that ended last, so that late words do not bring a topic back for ever.
type endedSet struct {
	ids   map[string]struct{}
	order []string
}

const maxEnded = 4096

func (e *endedSet) has(id string) bool { _, ok := e.ids[id]; return ok }

func (e *endedSet) add(id string) {
	if e.has(id) {
		return
	}
	e.ids[id] = struct{}{}
	e.order = append(e.order, id)
	if len(e.order) > maxEnded {
		delete(e.ids, e.order[0])
		e.order = e.order[1:]
	}
}

// userTopic is what one user's desks show, and those desks.
type userTopic struct {
	agent   *acd.AgentState
	offer   *acd.Offer
	call    *acd.Call
	history []acd.HistoryItem
	targets *acd.Targets
	super   *acd.Supervision
	video   *video.Session
	streams map[string]*stream // by tab id
	reach   reach              // whose calls are shown
}

// board is what the user may see of it. What is counted by the day stays the centre's.
func (u *userTopic) board(b *acd.Board) *acd.Board {
	if b == nil || u.reach.all {
		return b
	}
	mine := *b
	mine.Waiting, mine.Talking, mine.Available, mine.SignedIn, mine.LongestSince = 0, 0, 0, 0, nil
	mine.Calls, mine.Agents = []acd.BoardCall{}, []acd.AgentState{}
	for _, c := range b.Calls {
		if !u.reach.has(c.Queue) {
			continue
		}
		mine.Calls = append(mine.Calls, c)
		if c.State == acd.StateActive {
			mine.Talking++
			continue
		}
		mine.Waiting++
		if s := c.WaitingSince; s != nil && (mine.LongestSince == nil || s.Before(*mine.LongestSince)) {
			mine.LongestSince = s
		}
	}
	for _, a := range b.Agents {
		if !slices.ContainsFunc(a.Queues, u.reach.has) {
			continue
		}
		mine.Agents = append(mine.Agents, a)
		if a.Presence != string(acd.Offline) {
			mine.SignedIn++
		}
		if a.Presence == string(acd.Available) && a.Activity == string(acd.Idle) {
			mine.Available++
		}
	}
	return &mine
}

// fold takes what was published to the user; it reports false for what it does not know.
func (u *userTopic) fold(data any) bool {
	switch v := data.(type) {
	case acd.AgentState:
		u.agent = &v
	case acd.Offer:
		u.offer = &v
	case acd.OfferEnd:
		if u.offer != nil && u.offer.InteractionID == v.InteractionID {
			u.offer = nil
		}
	case acd.Call:
		u.call = &v
		if u.offer != nil && u.offer.InteractionID == v.InteractionID {
			u.offer = nil // the offer became the call
		}
	case video.Session:
		u.video = &v
	case acd.CallEnd:
		if u.call != nil && u.call.InteractionID == v.InteractionID {
			u.call = nil
		}
	case acd.History:
		u.history = v.Items
	case acd.Targets:
		u.targets = &v
	case acd.Supervision:
		u.super = &v
	default:
		return false
	}
	return true
}

// shown is the interaction that the user's desks are about.
func (u *userTopic) shown() string {
	if u.call != nil {
		return u.call.InteractionID
	}
	if u.offer != nil {
		return u.offer.InteractionID
	}
	return ""
}

// supervised is the interaction beside which the user sits as a supervisor.
func (u *userTopic) supervised() string {
	if u.super != nil {
		return u.super.InteractionID
	}
	return ""
}

func (u *userTopic) interactions() []string {
	var ids []string
	if id := u.supervised(); id != "" {
		ids = append(ids, id)
	}
	if u.call != nil {
		ids = append(ids, u.call.InteractionID)
	}
	if u.offer != nil {
		ids = append(ids, u.offer.InteractionID)
	}
	return ids
}

// interactionTopic is what is known of one interaction, and the desks that show it.
type interactionTopic struct {
	customer   *store.CustomerView
	candidates *acd.Candidates
	lines      []store.Line   // in the order they came
	dropped    int            // older lines
	index      map[string]int // of lines, by id; counted with the dropped ones
	partials   map[string]acd.Partial
	streams    map[*stream]struct{}
	ended      bool
}

// maxLines bounds what a desk is sent of one interaction: hours of talk; all of it is in the store.
const maxLines = 5000

func newInteractionTopic() *interactionTopic {
	return &interactionTopic{index: map[string]int{}, partials: map[string]acd.Partial{}, streams: map[*stream]struct{}{}}
}

func (t *interactionTopic) empty() bool {
	return t.customer == nil && t.candidates == nil && len(t.lines) == 0 && len(t.partials) == 0
}

// fold takes what was published to the interaction; it reports false for what it does not know. The desk's reducer
// (agentui/web/src/state) follows the same rules; wire's package comment states them.
func (t *interactionTopic) fold(data any) bool {
	switch v := data.(type) {
	case store.CustomerView:
		t.candidates = nil
		if t.customer = &v; v.ID == "" {
			t.customer = nil
		}
	case acd.Candidates:
		t.customer, t.candidates = nil, &v
	case acd.Partial:
		if t.partials[v.Leg] = v; v.Text == "" {
			delete(t.partials, v.Leg)
		}
	case store.Line:
		t.addLine(v)
	default:
		return false
	}
	return true
}

func (t *interactionTopic) addLine(line store.Line) {
	if p, ok := t.partials[line.Leg]; ok && p.StartMS < line.EndMS {
		delete(t.partials, line.Leg)
	}
	if i, ok := t.index[line.ID]; ok {
		t.lines[i-t.dropped] = line
		return
	}
	if len(t.lines) == maxLines {
		delete(t.index, t.lines[0].ID)
		t.lines = t.lines[1:]
		t.dropped++
	}
	t.index[line.ID] = t.dropped + len(t.lines)
	t.lines = append(t.lines, line)
}
