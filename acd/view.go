package acd

import (
	"time"

	"patchbay/store"
)

// AgentState is what an agent chose (presence) and what the system sees (activity).
type AgentState struct {
	ID           string     `json:"id"`
	Name         string     `json:"name"`
	Presence     string     `json:"presence"` // "available", "away" or "offline"
	Reason       string     `json:"reason"`   // for away, such as "break" or "not_answering"
	Activity     string     `json:"activity"` // "idle", "offered", "talking", "consulting" or "wrap_up"
	Since        time.Time  `json:"since"`    // of the shown state
	PhoneReady   bool       `json:"phone_ready"`
	Queues       []string   `json:"queues"`
	QueueWaiting int        `json:"queue_waiting"` // interactions waiting in my queues
	QueueLongest *time.Time `json:"queue_longest"` // since when the longest waits
}

// Offer is a call that rings for me.
type Offer struct {
	InteractionID string    `json:"interaction_id"`
	From          string    `json:"from"` // E.164 or raw; empty where withheld
	CustomerName  string    `json:"customer_name"`
	Queue         string    `json:"queue"`
	WaitingSince  time.Time `json:"waiting_since"`
	ExpiresAt     time.Time `json:"expires_at"`
	// Transferred says who hands the call over, or asks for advice (mode "consult") or company ("conference").
	Transferred *Transferred `json:"transferred"`
}

// OfferEnd says why the ringing stopped.
type OfferEnd struct {
	InteractionID string `json:"interaction_id"`
	Reason        string `json:"reason"` // "answered", "declined", "timeout" or "caller_gone"
}

// Call is the agent's current call.
type Call struct {
	InteractionID string     `json:"interaction_id"`
	State         string     `json:"state"` // "active" or "wrap_up"
	From          string     `json:"from"`
	Queue         string     `json:"queue"`
	StartedAt     time.Time  `json:"started_at"` // the customer's 200 OK: zero of the transcript's times
	AnsweredAt    time.Time  `json:"answered_at"`
	EndedAt       *time.Time `json:"ended_at"`
	Muted         bool       `json:"muted"`
	Held          bool       `json:"held"`
	AgentAway     bool       `json:"agent_away"` // the agent's audio is lost; the customer hears hold music
	Match         string     `json:"match"`      // "one", "several", "none" or "pending"
	Note          string     `json:"note"`
	EndedBy       string     `json:"ended_by"` // in wrap_up: "customer", "agent", "transfer", "takeover", "dropped", "number", "vanished" or "failed"

	Channel     string            `json:"channel"`   // "call" or "video"
	Direction   string            `json:"direction"` // "inbound" or "outbound"
	Parties     []Party           `json:"parties"`
	Consult     *Consult          `json:"consult"`
	Transferred *Transferred      `json:"transferred"`
	Recording   RecordingState    `json:"recording"`
	RecordRule  string            `json:"record_rule"` // of the queue: "on", "off" or "ask"
	Hides       bool              `json:"-"`           // who watches is kept from agent and guest
	Sensitive   *Sensitive        `json:"sensitive"`
	HandRaised  bool              `json:"hand_raised"`
	Supervisors []Supervisor      `json:"supervisors"`
	Languages   map[string]string `json:"languages"`   // by leg
	LanguageBy  map[string]string `json:"language_by"` // by leg, how its language is known: "chosen", "queue", "record" or "heard"
	OpenedItem  string            `json:"opened_item"` // id of the record's order or case that the call is about
}

// CallEnd names the call that is over.
type CallEnd struct {
	InteractionID string `json:"interaction_id"`
}

// Candidates are the customers whom the caller's number may belong to, best first; none means a new customer.
type Candidates struct {
	InteractionID string           `json:"interaction_id"`
	Number        string           `json:"number"`
	Items         []store.Customer `json:"items"`
}

// Partial is the still-changing line of a leg; it replaces the leg's previous one; an empty Text clears it.
type Partial struct {
	InteractionID string `json:"interaction_id"`
	Speaker       string `json:"speaker"` // "customer", "agent" or "supervisor"
	Leg           string `json:"leg"`
	Name          string `json:"name,omitempty"` // of whose leg it is; empty for the customer
	StartMS       int64  `json:"start_ms"`
	Text          string `json:"text"`
	Settled       int    `json:"settled"` // leading UTF-16 units of Text that will not change
}

// History holds my last interactions, newest first.
type History struct {
	Items []HistoryItem `json:"items"`
}

// HistoryItem is one of them.
type HistoryItem struct {
	InteractionID string    `json:"interaction_id"`
	CustomerName  string    `json:"customer_name"`
	From          string    `json:"from"`
	StartedAt     time.Time `json:"started_at"`
	WrapUpCode    string    `json:"wrap_up_code"`
	Outcome       string    `json:"outcome"`
}

// System is what the banners show.
type System struct {
	Transcription       string `json:"transcription"` // "ready", "loading" or "off"
	TranscriptionReason string `json:"transcription_reason"`
	TranscriptionBehind bool   `json:"transcription_behind"` // words come late, and take their places
	TranscriptionLeaves string `json:"transcription_leaves"` // host of another recogniser that voices are sent to; empty: none
	Database            string `json:"database"`             // "ready" or "lost"
	ShuttingDown        bool   `json:"shutting_down"`

	Storage Storage `json:"storage"` // trouble with what is kept, for whoever can mend it
}

// Storage is how the places fare where sound and words lie. Its zero value is that all is well.
type Storage struct {
	DiskFree  int64 `json:"disk_free"`  // bytes, in steps of 100 MB, while the data directory's disk is nearly full; else 0
	DiskFull  bool  `json:"disk_full"`  // nothing is left of it
	Stopped   int   `json:"stopped"`    // recordings of calls that go on which the disk does not take now
	Waiting   int   `json:"waiting"`    // finished recordings that wait on that disk while the bucket takes none; else 0
	SoundLost bool  `json:"sound_lost"` // the recogniser's spool was full lately: sound was given up unheard
}

// Board is the supervisor's live view.
type Board struct {
	At             time.Time    `json:"at"`
	Waiting        int          `json:"waiting"`
	LongestSince   *time.Time   `json:"longest_since"`
	Talking        int          `json:"talking"`
	Available      int          `json:"available"`
	SignedIn       int          `json:"signed_in"`
	AbandonedToday int          `json:"abandoned_today"`
	CallsToday     int          `json:"calls_today"`
	Calls          []BoardCall  `json:"calls"`
	Agents         []AgentState `json:"agents"`
}

// BoardCall is a row of the table of live calls.
type BoardCall struct {
	InteractionID string    `json:"interaction_id"`
	CustomerName  string    `json:"customer_name"`
	From          string    `json:"from"`
	AgentName     string    `json:"agent_name"`
	Queue         string    `json:"queue"`
	State         string    `json:"state"`
	Since         time.Time `json:"since"` // of the call
	Held          bool      `json:"held"`
	// WaitingSince is since when the customer waits; null while somebody is with them.
	WaitingSince *time.Time `json:"waiting_since"`

	AgentID   string  `json:"agent_id"`
	Direction string  `json:"direction"`
	Parties   []Party `json:"parties"`
	Needs     []Need  `json:"needs"`
	Video     string  `json:"video"` // of its video help: "" (none), "waiting", "sharing", "away" or "stopped"
}
