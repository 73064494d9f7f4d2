package store

import "time"

// Customer is the unified record: one person over all channels.
type Customer struct {
	ID           string    `json:"id"` // UUID
	Name         string    `json:"name"`
	Organisation string    `json:"organisation"`
	Town         string    `json:"town"`
	Tier         string    `json:"tier"`     // free text, such as "Gold"; empty for none
	Language     string    `json:"language"` // BCP 47, such as "en" or "ja"; empty where unknown
	Phones       []string  `json:"phones"`   // E.164, or the raw number where libphonenumber refuses it
	Emails       []string  `json:"emails"`
	Preferences  string    `json:"preferences"` // such as "Phone, after 12:00"
	Note         string    `json:"note"`
	Orders       []Order   `json:"orders"`
	Cases        []Case    `json:"cases"`
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`
}

// Order is something that the customer bought.
type Order struct {
	ID       string     `json:"id"`
	Number   string     `json:"number,omitempty"`
	Title    string     `json:"title"`
	Status   string     `json:"status"`
	Amount   string     `json:"amount,omitempty"` // as people write it, such as "248,000 JPY"
	PlacedAt time.Time  `json:"placed_at"`
	DueAt    *time.Time `json:"due_at,omitempty"`
}

// Case is a matter that stays open until somebody settles it.
type Case struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	Status   string    `json:"status"` // "open" or "closed"
	OpenedAt time.Time `json:"opened_at"`
}

// Past is one earlier event on a customer's timeline, over all channels.
type Past struct {
	ID            string        `json:"id"`
	Channel       string        `json:"channel"` // "call", "chat", "email", "order", "video", "note", …
	At            time.Time     `json:"at"`
	Title         string        `json:"title"`
	Detail        string        `json:"detail"`
	InteractionID string        `json:"interaction_id,omitempty"`
	Outcome       string        `json:"outcome,omitempty"` // of our own interactions, which Title says in English
	Agents        []string      `json:"agents,omitempty"`  // names
	Video         *VideoOutcome `json:"video,omitempty"`   // of its video help, if any
}

// VideoOutcome is how video help ended.
type VideoOutcome struct {
	Outcome      string  `json:"outcome"`      // "solved", "visit_needed" or ""
	Minutes      float64 `json:"minutes"`      // of sharing
	Quality      string  `json:"quality"`      // of the network: "good", "fair", "poor" or ""
	Satisfaction int     `json:"satisfaction"` // the guest's stars, 1…5; 0 for none
}

// CustomerView is what the desk shows of one customer.
type CustomerView struct {
	Customer
	Timeline []Past `json:"timeline"` // newest first, at most 50
}

// Interaction is one customer's engagement; here, a call.
type Interaction struct {
	ID         string     `json:"id"` // UUIDv7, so ids sort by time
	Channel    string     `json:"channel"`
	Direction  string     `json:"direction"` // "inbound" or "outbound"
	From       string     `json:"from"`      // E.164, or the raw number; empty where withheld
	To         string     `json:"to"`
	Queue      string     `json:"queue"`
	State      string     `json:"state"` // "waiting", "offered", "active", "wrap_up" or "ended"
	Outcome    string     `json:"outcome"`
	StartedAt  time.Time  `json:"started_at"`
	AnsweredAt *time.Time `json:"answered_at"` // by an agent
	EndedAt    *time.Time `json:"ended_at"`
	CustomerID string     `json:"-"`
	WrapUpCode string     `json:"wrap_up_code"`
	Note       string     `json:"note"`

	CustomerName string `json:"-"` // filled when read, never written
}

// Segment is one agent's stint in an interaction.
type Segment struct {
	ID            string     `json:"id"`
	InteractionID string     `json:"interaction_id"`
	AgentID       string     `json:"agent_id"`
	StartedAt     time.Time  `json:"started_at"`
	EndedAt       *time.Time `json:"ended_at"`
}

// Line is one final utterance of a transcript.
type Line struct {
	InteractionID string `json:"interaction_id"`
	ID            string `json:"id"` // unique within the interaction; the same id replaces
	Speaker       string `json:"speaker"`
	Leg           string `json:"leg"`            // "customer", "agent", "agent-2", "number-1", "supervisor-1" …
	Name          string `json:"name,omitempty"` // of whose leg it is; empty for the customer
	StartMS       int64  `json:"start_ms"`       // from the customer's 200 OK
	EndMS         int64  `json:"end_ms"`
	Text          string `json:"text"`
	Spoken        string `json:"spoken"`
	Words         []Word `json:"words"`
	// Translation is what it means in English, by the recogniser; empty where none was asked for, or could be given.
	Translation string `json:"translation,omitempty"`
}

// Word is one word of a Line.
type Word struct {
	Text        string  `json:"text"`
	StartMS     int64   `json:"start_ms"`
	EndMS       int64   `json:"end_ms"`
	Probability float64 `json:"probability"`     // 0…1
	Known       bool    `json:"known,omitempty"` // it stands in the record that primed the recogniser
}

// Event is one entry of an interaction's ordered, append-only timeline.
type Event struct {
	InteractionID string         `json:"interaction_id"`
	Seq           int64          `json:"seq"` // from 1, gapless within the interaction
	At            time.Time      `json:"at"`
	Type          string         `json:"type"`  // such as "started", "offered", "answered", "agent_lost", "ended"
	Actor         string         `json:"actor"` // user id, "customer" or "system"
	Data          map[string]any `json:"data,omitempty"`
}

// User signs in: an agent, a supervisor or an administrator.
type User struct {
	ID           string   `json:"id"` // the sign-in name
	Name         string   `json:"name"`
	Role         string   `json:"role"` // "agent", "supervisor" or "admin"
	Language     string   `json:"language"`
	Queues       []string `json:"queues"`     // names of the queues that an agent serves, or a supervisor follows
	AllQueues    bool     `json:"all_queues"` // of a supervisor: all, whatever Queues names
	PasswordHash string   `json:"-"`          // argon2id, PHC string

	DisabledAt *time.Time `json:"disabled_at"`  // null: may sign in
	LastSignIn *time.Time `json:"last_sign_in"` // null: never
}

// Queue is where interactions wait for an agent.
type Queue struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Numbers  []string `json:"numbers"` // dialled numbers that lead here; "*" is any
	Language string   `json:"language"`

	Recording     string `json:"recording"`      // "on", "off" or "ask"; saved empty: "on", since the greeting says so
	RetentionDays int    `json:"retention_days"` // after which content is erased; 0: kept until somebody erases it
	// Supervision says whether agents see who listens or whispers: "shown", "hidden" or "", as the server is set.
	Supervision string `json:"supervision"`
}

// WrapUpCode is a disposition.
type WrapUpCode struct {
	Code  string            `json:"code"`
	Label map[string]string `json:"label"` // by language
}
