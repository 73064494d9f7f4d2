package acd

import "time"

// Party is somebody in a call, as desks see it.
type Party struct {
	ID     string `json:"id"`      // "customer", "agent", "agent-2", "number-1" …: also the leg's name in the transcript
	Kind   string `json:"kind"`    // "customer", "agent", "number", "guest" or "supervisor"
	UserID string `json:"user_id"` // of agents and supervisors
	Name   string `json:"name"`
	Number string `json:"number"`
	State  string `json:"state"` // "dialling", "ringing", "talking", "held", "consulting", "away" or "failed"; of the customer also "moved" (speaks in a browser), "gone", "invited" and "video" (shows, and does not talk)
	Cause  string `json:"cause"` // of failed: "busy", "no_such_number", "no_answer", "refused" …
	Muted  bool   `json:"muted"`
}

// Consult is a private talk with somebody before the call is handed over, or is not.
type Consult struct {
	PartyID    string `json:"party_id"`    // whom I asked; in that one's own call: who asked
	SpeakingTo string `json:"speaking_to"` // "customer" or "consultant": whom the agent who asked speaks to
}

// Transferred says how a call came here.
type Transferred struct {
	FromName string `json:"from_name"`
	Reason   string `json:"reason"`
	Mode     string `json:"mode"` // "blind", "consult", "conference", "taken_over" or "returned"
}

// RecordingState is what becomes of the call's sound.
type RecordingState struct {
	State  string `json:"state"` // "off", "asking", "on", "paused", "refused" or "failed"
	Reason string `json:"reason"`
}

// Sensitive is a stretch in which nothing is kept.
type Sensitive struct {
	Since time.Time  `json:"since"`
	Until *time.Time `json:"until"` // when it ends by itself
	By    string     `json:"by"`    // a user's id, or "rule"
}

// Supervisor is one who follows the call, where the agent may know.
type Supervisor struct {
	Name string `json:"name"`
	Mode string `json:"mode"` // "listen", "whisper", "barge" or "takeover"
}

// Supervision is what a supervisor does now; an empty InteractionID says nothing.
type Supervision struct {
	InteractionID string `json:"interaction_id"`
	Mode          string `json:"mode"`       // "listen", "whisper", "barge", "takeover" or ""
	AgentName     string `json:"agent_name"` // of the one beside whom; after a take-over, of the one who left
	CustomerName  string `json:"customer_name"`
	FollowAgentID string `json:"follow_agent_id"` // whose calls are followed one after the other; "" for nobody's
	Visible       bool   `json:"visible"`         // the agent sees it
}

// Targets are whom an agent may transfer to.
type Targets struct {
	Agents []TargetAgent `json:"agents"` // the others who are signed in, by name
	Queues []TargetQueue `json:"queues"`
	// Numbers says whether telephone numbers can be dialled at all.
	Numbers bool `json:"numbers"`
}

// TargetAgent is a colleague.
type TargetAgent struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Presence string    `json:"presence"`
	Reason   string    `json:"reason"`
	Activity string    `json:"activity"`
	Since    time.Time `json:"since"`
	Free     bool      `json:"free"` // would ring now
}

// TargetQueue is a queue.
type TargetQueue struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Waiting  int    `json:"waiting"`
	SignedIn int    `json:"signed_in"` // other agents of the queue
	Free     int    `json:"free"`      // of them, who would ring now
}

// Need is a reason why a call may need a supervisor. Desks put the code into words.
type Need struct {
	Code   string         `json:"code"` // "raised_hand", "long_call", "long_silence", …
	Params map[string]any `json:"params"`
	Since  time.Time      `json:"since"`
}

// Alert tells supervisors of a Need that has just come up.
type Alert struct {
	InteractionID string         `json:"interaction_id"`
	Code          string         `json:"code"`
	Params        map[string]any `json:"params"`
	Queue         string         `json:"queue"` // its name

	ShareText bool `json:"-"` // Params hold what was said, and the rule that found it lets it leave the centre
}

// Target is whom a call is transferred to, or who is asked or added.
type Target struct {
	Kind string `json:"kind"` // "agent", "queue" or "number"
	ID   string `json:"id"`   // of the agent or queue; the number itself
}
