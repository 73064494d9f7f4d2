package video

import "time"

// Session is video help as the agent's desk shows it; one with an empty ID is none.
type Session struct {
	ID            string       `json:"id"`
	InteractionID string       `json:"interaction_id"`
	Link          string       `json:"link"` // PUBLIC_URL/help/TOKEN
	Code          string       `json:"code"` // read aloud and typed at PUBLIC_URL/help; empty once the link is used
	ExpiresAt     time.Time    `json:"expires_at"`
	State         string       `json:"state"` // as RoomState.Guest, and "ended"
	SharedAt      *time.Time   `json:"shared_at"`
	Kept          int          `json:"kept"` // pictures so far
	Sent          []SentLink   `json:"sent"`
	Invited       []Invitation `json:"invited"`
}

// SentLink says where the link was sent.
type SentLink struct {
	To  string    `json:"to"`
	At  time.Time `json:"at"`
	Err string    `json:"err"`
}

// Invitation is the link of a further participant.
type Invitation struct {
	Role string `json:"role"`
	Link string `json:"link"`
	Here bool   `json:"here"`
}

// Outcomes of a session, chosen by the agent.
const (
	Solved      = "solved"
	VisitNeeded = "visit_needed"
)

// Summary is what is kept of a session in its interaction's timeline ("video_summary", the last one counts).
type Summary struct {
	ID           string    `json:"id"`
	StartedAt    time.Time `json:"started_at"`
	EndedAt      time.Time `json:"ended_at"`
	SharedSec    int       `json:"shared_seconds"`
	Minutes      float64   `json:"minutes"` // of sharing
	Outcome      string    `json:"outcome"` // "solved", "visit_needed" or ""
	Quality      string    `json:"quality"` // "good", "fair" or "poor"; "" where nothing was shared
	Satisfaction int       `json:"satisfaction"`
	Snapshots    int       `json:"snapshots"`
	Drawings     int       `json:"drawings"`
	EndReason    string    `json:"end_reason"`
}
