package agentui

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"patchbay/acd"
	"patchbay/agentui/wire"
	"patchbay/media/record"
	"patchbay/media/record/seal"
	"patchbay/store"
)

// Config is what a Server needs. Hub, Center, Phones, Store and Log are required.
type Config struct {
	Hub    *Hub
	Center Center
	Phones Phones
	Store  Store
	Log    *slog.Logger

	Recordings Recordings // nil: nothing is recorded, and content cannot be erased

	Addr      string   // to listen on; "127.0.0.1:8080" where empty
	CertFile  string   // PEM; with KeyFile: serve by TLS. Read again when the files change
	KeyFile   string   // PEM
	PublicURL *url.URL // as browsers see the server; may be nil

	KeepsOriginals bool // what is masked is kept, sealed, from now on: to say so

	Webhooks Webhooks // who is told of alerts; nil: nobody

	Help       Help       // nil: no video help
	Pictures   Pictures   // nil: no snapshots are kept
	LinkSender LinkSender // nil: links are read aloud or copied

	Transcribers Transcribers // nil: recognisers on other machines are not taken

	HomeCountry string // ISO 3166, of numbers written without a country; "US" where empty

	// Ready says why the server cannot take calls yet; nil means that it always can.
	Ready func() error

	Gatherer   prometheus.Gatherer   // what /metrics shows; prometheus' default where nil
	Registerer prometheus.Registerer // where the server's own counters go; nil keeps them to itself

	// System tells administrators how the server fares; nil: nothing is told.
	System func(ctx context.Context) SystemReport

	Version string // of the program, for openapi.json
}

// Store is what the server needs of the records; *store.Store implements it.
type Store interface {
	userStore
	sessionStore
	recordStore
	vocabularyStore
	ruleStore
	maskStore
	staffStore
	auditStore
	keptStore
	Deliveries(ctx context.Context, receiver string) (waiting int, last []store.DeliveryState, err error)
}

type userStore interface {
	User(ctx context.Context, id string) (store.User, error)
	Users(ctx context.Context) ([]store.User, error)
	CreateUser(ctx context.Context, u store.User) error
	SetPassword(ctx context.Context, id, hash string) error
	SetLanguage(ctx context.Context, id, language string) error
	UpdateUser(ctx context.Context, id string, p store.UserPatch) (store.User, error)
	SignedIn(ctx context.Context, id string, at time.Time) error
}

type sessionStore interface {
	CreateSession(ctx context.Context, v store.Session) error
	Session(ctx context.Context, tokenHash []byte) (store.Session, error)
	Sessions(ctx context.Context, userID string) ([]store.Session, error)
	TouchSession(ctx context.Context, tokenHash []byte, seen, expires time.Time) error
	RevokeSession(ctx context.Context, tokenHash []byte) error
	RevokeUserSessions(ctx context.Context, userID string) error
	PurgeSessions(ctx context.Context, now time.Time) (int, error)
	CreateAPIToken(ctx context.Context, t store.APIToken) error
	APIToken(ctx context.Context, tokenHash []byte) (store.APIToken, error)
	APITokens(ctx context.Context) ([]store.APIToken, error)
	TouchAPIToken(ctx context.Context, tokenHash []byte, used time.Time) error
	DeleteAPIToken(ctx context.Context, tokenHash []byte) error
}

type recordStore interface {
	CustomerView(ctx context.Context, id string) (store.CustomerView, error)
	SearchCustomers(ctx context.Context, q string, limit int) ([]store.Customer, error)
	CustomersByPhone(ctx context.Context, number string) ([]store.Customer, error)
	CreateCustomer(ctx context.Context, c store.Customer) (store.Customer, error)
	UpdateCustomer(ctx context.Context, id string, p store.CustomerPatch) (store.Customer, error)
	Interactions(ctx context.Context, q store.InteractionQuery) (store.InteractionPage, error)
	Interaction(ctx context.Context, id string) (store.InteractionDetail, error)
	Lines(ctx context.Context, interactionID string) ([]store.Line, error)
	Search(ctx context.Context, q store.Search) (store.FoundPage, error)
	Events(ctx context.Context, interactionID string) ([]store.Event, error)
	Queues(ctx context.Context) ([]store.Queue, error)
	SaveQueue(ctx context.Context, q store.Queue) error
	WrapUpCodes(ctx context.Context) ([]store.WrapUpCode, error)
	reviewStore
}

// reviewStore is what is kept about recordings and with them.
type reviewStore interface {
	Segments(ctx context.Context, interactionID string) ([]store.Segment, error)
	Recording(ctx context.Context, interactionID string) (store.Recording, error)
	Films(ctx context.Context, interactionID string) ([]store.Film, error)
	VideoSessions(ctx context.Context, customerID string, before time.Time, limit int, scope *store.Scope) ([]store.VideoSession, error)
	Content(ctx context.Context, interactionID string) (store.Content, error)
	SetHold(ctx context.Context, interactionID, by, reason string, at time.Time) error
	AddNote(ctx context.Context, n store.Note) (store.Note, error)
	Notes(ctx context.Context, interactionID string) ([]store.Note, error)
	DeleteNote(ctx context.Context, interactionID, id, author string) error
}

// RecordingReport is what a check of a recording found.
type RecordingReport = seal.Report

// Recordings holds the sound of interactions; cmd/patchbay implements it over media/record.
type Recordings interface {
	// Sound opens what there is of a recording, also while it goes on; record.ErrNone where there is nothing.
	Sound(ctx context.Context, id string) (*record.Sound, error)
	// OpenFilm opens a picture that was recorded, by when it began; record.ErrNone where there is none.
	OpenFilm(ctx context.Context, id string, atMS int64) (*record.FilmFile, error)
	// OpenMovie opens the sound together with the pictures that are named, or only one of them; record.ErrNone without pictures.
	OpenMovie(ctx context.Context, id string, films []int64, only int64) (*record.Movie, error)
	// Erase destroys what was said in an interaction; store.ErrHeld where a legal hold keeps it.
	Erase(ctx context.Context, id, by, reason string) error
	// Verify opens every segment of a recording and follows its chain; record.ErrNone where there is nothing.
	Verify(ctx context.Context, id string) (RecordingReport, error)
	// Originals gives what lines of an interaction said before they were masked, where that is kept.
	Originals(ctx context.Context, id string) ([]store.Line, error)
	// RotateKey replaces the master key, and gives the number of keys that it wraps now.
	RotateKey() (int, error)
}

// Center takes agents' commands; *acd.Center implements it. A refusal is an *acd.Error.
type Center interface {
	SetPresence(ctx context.Context, agentID, presence, reason string) error
	Answer(ctx context.Context, agentID, interactionID string) error
	Decline(ctx context.Context, agentID, interactionID string) error
	HangUp(ctx context.Context, agentID, interactionID string) error
	Mute(ctx context.Context, agentID, interactionID string, on bool) error
	Hold(ctx context.Context, agentID, interactionID string, on bool) error
	Note(ctx context.Context, agentID, interactionID, text string) error
	WrapUp(ctx context.Context, agentID, interactionID, code, note string) error
	OpenItem(ctx context.Context, agentID, interactionID, itemID string) error
	ChooseCustomer(ctx context.Context, agentID, interactionID, customerID string) error

	// Calls with more parties. A supervisor who took a call over commands it as an agent does.
	SendDTMF(ctx context.Context, userID, interactionID, digits string) error
	Transfer(ctx context.Context, userID, interactionID string, to acd.Target, reason string) error
	Consult(ctx context.Context, userID, interactionID string, whom acd.Target, reason string) error
	ConsultSwap(ctx context.Context, userID, interactionID string) error
	ConsultComplete(ctx context.Context, userID, interactionID string) error
	ConsultReturn(ctx context.Context, userID, interactionID string) error
	AddParty(ctx context.Context, userID, interactionID string, whom acd.Target) error
	DropParty(ctx context.Context, userID, interactionID, partyID string) error
	CallOut(ctx context.Context, agentID, number, customerID string) error
	VideoOut(ctx context.Context, agentID, customerID, subject string) (interactionID string, err error)
	RaiseHand(ctx context.Context, userID, interactionID string, on bool) error
	SetSensitive(ctx context.Context, userID, interactionID string, on bool) error
	ControlRecording(ctx context.Context, userID, interactionID, action string) error
	Supervise(ctx context.Context, userID, interactionID, mode string) error
	Follow(ctx context.Context, userID, agentID string) error

	// AttachPhone gives the agent a phone that carries sound now; it replaces the one before. DetachPhone takes
	// it away, unless another has replaced it.
	AttachPhone(agentID string, p acd.AgentPhone)
	DetachPhone(agentID string, p acd.AgentPhone)
	// CustomerChanged gives a customer's new record.
	CustomerChanged(view store.CustomerView)
	// Configure gives all users and queues, whenever they may have changed.
	Configure(users []store.User, queues []store.Queue)
	// SetVocabulary gives the words that the recogniser shall know; SetCallLanguage says what a leg of a call speaks.
	SetVocabulary(list []store.Vocabulary)
	SetPhrases(rules []acd.Phrase)
	SetCues(list []store.Cues)
	// SetLegalHold tells a call that goes on whether what is kept of it must not be destroyed.
	SetLegalHold(ctx context.Context, interactionID string, on bool) error
	// SetMasks changes what is masked beside the built-in rules; MaskText masks what somebody typed.
	SetMasks(rules []acd.MaskPattern)
	MaskText(text string, whole bool) string
	SetCallLanguage(ctx context.Context, userID, interactionID, leg, language string) error
	// Connected tells how many tabs the agent has open; calls for one agent never overlap.
	Connected(agentID string, n int)
}

// Phones makes browsers' phones; cmd/patchbay implements it over media/webrtc.
type Phones interface {
	NewPeer(PeerConfig) (Peer, error)
}

// PeerConfig says where a Peer reports to. The functions return at once and may be called from any goroutine.
type PeerConfig struct {
	OnCandidate func(wire.Candidate) // the server's own candidates; Gen is filled in by the receiver
	OnState     func(PeerState)
}

// PeerState is how a browser's phone is connected.
type PeerState string

// The states of a Peer.
const (
	PeerConnecting   PeerState = "connecting"
	PeerConnected    PeerState = "connected"
	PeerDisconnected PeerState = "disconnected" // may come back by itself
	PeerFailed       PeerState = "failed"       // comes back by RestartICE only
	PeerClosed       PeerState = "closed"
)

// Peer is one PeerConnection with a browser. RestartICE keeps it and finds a new path. Its calls may block for as long as
// local work takes, never for the network.
type Peer interface {
	acd.AgentPhone
	Offer(ctx context.Context) (sdp string, err error)
	Answer(sdp string) error
	AddCandidate(wire.Candidate) error
	RestartICE(ctx context.Context) (sdp string, err error)
	Close() error
}

func (c *Config) validate() error {
	switch {
	case c.Hub == nil, c.Center == nil, c.Phones == nil, c.Store == nil, c.Log == nil:
		return errors.New("agentui: Hub, Center, Phones, Store and Log are required")
	case (c.CertFile == "") != (c.KeyFile == ""):
		return errors.New("agentui: a TLS certificate needs its key and a key its certificate: give both files or none")
	}
	if c.Addr == "" {
		c.Addr = "127.0.0.1:8080"
	}
	if c.HomeCountry == "" {
		c.HomeCountry = "US"
	}
	if c.Gatherer == nil {
		c.Gatherer = prometheus.DefaultGatherer
	}
	return nil
}
