package video

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"patchbay/acd"
	"patchbay/media"
)

// Rooms makes rooms; cmd/patchbay implements it over media/webrtc.
type Rooms interface {
	NewRoom(log *slog.Logger) Room
}

// Room forwards one member's picture to the others.
type Room interface {
	Join(MemberConfig) (Member, error)
	WantKeyframe() // asks the guest for one; returns at once
	Close() error  // closes its members, and waits for their callbacks
}

// MemberConfig sets up a Member. The functions return at once.
type MemberConfig struct {
	Send      bool               // the guest's camera
	OnState   func(state string) // "connecting", "connected", "disconnected", "failed" or "closed"
	OnMessage func([]byte)       // from the data channel, one after the other; owned by the callee
	OnStale   func()             // the picture comes in another codec: make a new member of it
	Film      Film               // keeps the guest's picture; may be nil
}

// Films keeps guests' pictures; cmd/patchbay implements it over media/record.
type Films interface {
	Film(FilmStart) Film // nil where it cannot begin
}

// FilmStart names what is kept.
type FilmStart struct {
	InteractionID string
	Zero          func() time.Time // of the interaction's axis: the customer's 200 OK; zero while it is not known
	Keyframe      func()           // asks for a key frame
}

// Film is the picture of one video help; what is forwarded goes to it beneath us (MemberConfig.Film). Its calls return at once.
type Film interface {
	Pause(on bool) // nothing that comes meanwhile is kept
	Finish()
}

// Voices makes connections for guests' sound; cmd/patchbay implements it over media/webrtc.
type Voices interface {
	NewVoice(VoiceConfig) (Voice, error)
}

// VoiceConfig sets up a Voice. The functions return at once.
type VoiceConfig struct {
	OnState func(state string) // as MemberConfig.OnState
	OnSound func()             // the browser's sound has begun to come
}

// Voice is a guest's voice: a PeerConnection apart from the picture's, so that neither harms the other.
type Voice interface {
	media.Leg
	Offer(ctx context.Context) (sdp string, err error)
	Answer(sdp string) error
	Reset()
	Received() uint64 // packets so far: one that does not grow is a voice that is lost
	Close() error     // never from a callback
}

// Centre puts guests into interactions; *acd.Center implements it.
type Centre interface {
	GuestOn(interactionID string, phone acd.GuestPhone)
	GuestOff(interactionID string, phone acd.GuestPhone, lost bool)
	GuestCame(interactionID string)
	VideoState(interactionID, state string)
}

// Member is one browser's PeerConnection.
type Member interface {
	Offer(ctx context.Context) (sdp string, err error)
	Answer(sdp string) error
	Send(message []byte) bool // false: it does not take it now
	Stats() Stats
	Close() error // never from a callback
}

// Stats is how a member's picture fares.
type Stats struct {
	Codec  string
	RTT    time.Duration // of a viewer
	Loss   float64       // of a viewer: share that did not reach it, 0…1
	Bytes  uint64        // of the sender, since its start
	Frames uint64
	Lost   uint64 // packets, for good
	Total  uint64 // packets that came
}

// Conn carries messages to a participant's browser. Its methods return at once.
type Conn interface {
	Send(typ string, data any)
	Close(reason string)
}

// Config is what Sessions needs. Every field but Ice and Organisation must be set.
type Config struct {
	Rooms Rooms
	// Voices lets guests speak in the browser; nil: voices stay on the telephone.
	Voices Voices
	// Films keeps what guests show, where the queue and the guest have it so; nil: nothing is kept.
	Films Films
	// Centre is asked for when it is needed: it is made after Sessions, which listens to it.
	Centre func() Centre
	// Timeline writes an event into an interaction's timeline. It must not wait for Sessions.
	Timeline func(interactionID, typ, actor string, data map[string]any)
	// Publisher shows an agent's desk its session.
	Publisher acd.Publisher
	// MayWatch says whether a supervisor may still watch an interaction's video help; it is asked each second, and must not wait for
	// Sessions. nil: who was let in stays.
	MayWatch func(userID, interactionID string) bool
	// Link is the address of a token's page.
	Link func(token string) string
	// Ice gives a participant the relays that it may use; nil: none.
	Ice          func(participant string) []IceServer
	Mask         func(text string) string // takes secret numbers out of what was written; nil: by the built-in rules
	Organisation string                   // who the agents speak for, as the guest reads it
	Log          *slog.Logger
}

func (c Config) validate() error {
	if c.Rooms == nil || c.Timeline == nil || c.Publisher == nil || c.Link == nil || c.Log == nil || c.Centre == nil {
		return errors.New("video: incomplete Config")
	}
	return nil
}

// Errors of links.
var (
	ErrUnknown = errors.New("video: no such link")
	ErrUsed    = errors.New("video: the link was used in another browser")
	ErrExpired = errors.New("video: the link has expired")
	ErrOver    = errors.New("video: the session is over")
	ErrClosed  = errors.New("video: the server is stopping")
)

// Refusals of an agent's commands, in words.
var (
	errNoCall  = &acd.Error{Code: "call_gone", Message: "This is not your call, or it is over."}
	errNoVideo = &acd.Error{Code: "no_video", Message: "There is no video help in this call."}
	errBusy    = &acd.Error{Code: "video_busy", Message: "Too many video sessions run already. End one, or wait."}
)
