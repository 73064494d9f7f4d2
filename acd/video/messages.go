package video

import "time"

// Messages between a participant's browser and a session: {"type":T,"data":…} each way, on a WebSocket of the session's own.
// Pictures and drawings do not pass here but over the participant's PeerConnection, which these messages negotiate.

// ServerTypes names the data of every message that the server sends.
var ServerTypes = map[string]any{
	"room":        RoomState{},   // the session (whole value); the first message
	"rtc_offer":   Description{}, // the server is the only offerer; a higher gen is a new connection
	"board":       BoardState{},  // what is drawn (whole value)
	"caption":     Caption{},     // the agent's words
	"capture":     Capture{},     // to the guest: take a still in full resolution and send it
	"light":       Light{},       // to the guest: the agent asks for the light
	"refused":     Refused{},     // a message was not followed
	"voice_offer": Description{}, // as rtc_offer, of the connection that carries the guest's voice
}

// ClientTypes names the data of every message that a browser sends.
var ClientTypes = map[string]any{
	"rtc_start":    Empty{},       // make me a connection
	"rtc_answer":   Description{}, //
	"camera":       Camera{},      // guest: what it shows
	"stop":         Empty{},       // guest: stop sharing
	"freeze":       Switch{},      // freeze the picture, or go back to the live one
	"captions":     Switch{},      // guest: the agent's words over my picture
	"light":        Light{},       // agent: ask the guest's phone for its light
	"quality":      Quality{},     // how the connection looks from here
	"rate":         Rating{},      // guest, at the end
	"voice_start":  Empty{},       // guest: let me speak here; the microphone is allowed
	"voice_answer": Description{},
	"voice_stop":   Empty{}, // guest: back to the telephone, or speak no more
	"ping":         Empty{},
}

// Roles of participants. What each may do is in rights.
const (
	RoleGuest      = "guest"      // shows and draws
	RoleAgent      = "agent"      // watches, draws, freezes, ends
	RoleSupervisor = "supervisor" // watches
	RoleWatch      = "watch"      // invited: watches
	RoleDraw       = "draw"       // invited: watches and draws
)

// RoomState is a session as its participants see it.
type RoomState struct {
	You          string      `json:"you"`  // this participant's id
	Role         string      `json:"role"` // of this participant
	AgentName    string      `json:"agent_name"`
	Organisation string      `json:"organisation"`
	OnPhone      bool        `json:"on_phone"` // the guest keeps talking on the telephone
	Voice        string      `json:"voice"`    // of the guest: "phone", "connecting", "browser", "lost" (comes back by voice_start) or "none"; "" where it cannot be here
	Guest        string      `json:"guest"`    // "waiting", "sharing", "away" (connection lost), "stopped" or "gone" (over)
	Recorded     bool        `json:"recorded"` // the picture is kept now
	Camera       Camera      `json:"camera"`
	Codec        string      `json:"codec"`
	DelayMS      int         `json:"delay_ms"` // how long viewers had better hold the picture, so that what was lost comes in time
	Mode         string      `json:"mode"`     // "live" or "stills": the network carries no moving picture
	Frozen       *Frozen     `json:"frozen"`
	Freezing     bool        `json:"freezing"` // a still was asked for
	Captions     bool        `json:"captions"`
	Light        bool        `json:"light"`
	People       []Person    `json:"people"`
	SharedAt     *time.Time  `json:"shared_at"`
	EndedAt      *time.Time  `json:"ended_at"`
	EndReason    string      `json:"end_reason"` // "agent", "call_over", "expired" or "shutdown"
	Rated        int         `json:"rated"`      // stars, 0 for none
	IceServers   []IceServer `json:"ice_servers"`
}

// Person is who takes part.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role"`
	Here bool   `json:"here"`
}

// IceServer is a relay for networks that let nothing else through.
type IceServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username"`
	Credential string   `json:"credential"`
}

// Camera is what the guest shows, and what its phone can do.
type Camera struct {
	State  string  `json:"state"`  // "live", "paused" (covered or interrupted), "ended" or "denied"
	Source string  `json:"source"` // "environment", "user" or "screen"
	Width  int     `json:"width"`
	Height int     `json:"height"`
	Light  bool    `json:"light"` // it has one
	Zoom   float64 `json:"zoom"`  // now; 0 where it cannot
}

// Frozen is a still of the guest's camera that everybody sees in place of the live picture.
type Frozen struct {
	ID     string    `json:"id"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Width  int       `json:"width"`
	Height int       `json:"height"`
}

// BoardState is what is drawn.
type BoardState struct {
	Epoch  uint32  `json:"epoch"`
	Shapes []Shape `json:"shapes"`
}

// Caption is what the agent says; one with Final false is replaced by the next.
type Caption struct {
	Text  string `json:"text"`
	Final bool   `json:"final"`
}

// Capture asks the guest's browser for a still.
type Capture struct {
	ID string `json:"id"`
}

// Light switches the phone's light.
type Light struct {
	On bool `json:"on"`
}

// Refused says why a message was not followed.
type Refused struct {
	Code string `json:"code"`
}

// Description is an SDP.
type Description struct {
	SDP string `json:"sdp"`
	Gen uint32 `json:"gen"`
}

// Switch turns something on or off.
type Switch struct {
	On bool `json:"on"`
}

// Quality is how a participant's browser sees its connection.
type Quality struct {
	Mode string  `json:"mode"` // guest: "live" or "stills"
	Kbps float64 `json:"kbps"` // guest: what the network may carry; others: what arrives
	FPS  float64 `json:"fps"`
	RTT  float64 `json:"rtt"`  // ms
	Loss float64 `json:"loss"` // 0…1
}

// Rating is the guest's answer at the end, 1…5.
type Rating struct {
	Stars int `json:"stars"`
}

// Empty has no fields.
type Empty struct{}
