// Package wire holds the messages between the server and the desk: the source of the generated TypeScript types.
//
// Floor: F3. Every frame on /api/v1/ws is one JSON object. Server to browser: {"seq":N,"type":T,"data":…}, where a
// snapshot and the deltas after it carry a rising seq and signalling carries none. Browser to server:
// {"id":N,"type":T,"data":…}, answered by {"type":"reply","data":{"id":N}} with "error" where it was refused.
//
// How a desk folds what it is sent (the hub folds the same way, so a snapshot fits the deltas after it):
//   - Who comes says so in the address: ?tab_id=&since=&epoch= (Hello). A snapshot comes first, or only the deltas after
//     `since` where they are still held; "phone" follows either. Without tab_id it is a watcher, who never is the phone and
//     comes back by its epoch alone. A snapshot may come at any later time too: it replaces everything.
//   - seq rises, with gaps: a partial, board, agent, history or system that a newer one replaced is not sent.
//   - The shown interaction is that of the call, else that of the offer, else the watched one, else the supervised one (of
//     both of which only lines and partials are sent). When it changes, or from one's own to a watched one, customer, candidates, lines and
//     partials are dropped, and those of the new one follow as deltas. It changes by "offer", "offer_end", "call", "call_end", "supervision" and
//     the client's "watch".
//   - "customer" drops the candidates and "candidates" the customer; a customer with an empty id is none.
//   - "line" replaces the line with the same id, else it is added, and drops the partial of its leg that began before
//     the line's end. Order lines by start_ms: what was transcribed late comes late. An empty partial drops its leg's.
//   - "watch" is remembered for the tab as long as its epoch lasts; sending it again changes nothing.
//
// The phone: the tab whose Phone.Owner is true sends "phone_start" where it has no live RTCPeerConnection of its own or
// State is "none" or "failed" (the server has tried an ICE restart by then). Every rtc_offer names a Gen: the same Gen as before is an ICE restart of the same RTCPeerConnection,
// a higher one is a new RTCPeerConnection, and the old is closed. A tab that stops being the owner closes its own.
package wire

import (
	"net/url"
	"strconv"

	"patchbay/acd"
	"patchbay/acd/video"
	"patchbay/store"
)

// ServerTypes names the data of every message that the server sends.
var ServerTypes = map[string]any{
	"snapshot":      Snapshot{},           // the first message, unless the deltas since `since` are still held
	"agent":         acd.AgentState{},     // my own state changed
	"offer":         acd.Offer{},          // a call rings for me
	"offer_end":     acd.OfferEnd{},       // it no longer does
	"call":          acd.Call{},           // my current call changed (whole value)
	"call_end":      acd.CallEnd{},        // my call is over and wrapped up: the desk is idle again
	"customer":      store.CustomerView{}, // the customer of my offer or call (whole value)
	"candidates":    acd.Candidates{},     // several customers share the caller's number, or none
	"partial":       acd.Partial{},
	"line":          store.Line{},      // append, or replace where the id is known
	"history":       acd.History{},     // my last interactions (whole value)
	"system":        acd.System{},      // banners (whole value)
	"board":         acd.Board{},       // supervisors: the live board (whole value, at most once a second)
	"targets":       acd.Targets{},     // whom I may hand a call to (whole value)
	"supervision":   acd.Supervision{}, // supervisors: what I do beside which call (whole value)
	"alert":         acd.Alert{},       // supervisors: a call that may need me, when it comes up; the board keeps it
	"video":         video.Session{},   // the video help of my call (whole value); an empty id is none
	"phone":         Phone{},           // which tab owns the phone, and whether its audio is connected
	"codes":         Codes{},           // the wrap-up codes changed (whole value)
	"rtc_offer":     Description{},
	"rtc_candidate": Candidate{},
	"reply":         Reply{},
}

// ClientTypes names the data of every message that the browser sends.
var ClientTypes = map[string]any{
	"presence":         Presence{},
	"answer":           Ref{},
	"decline":          Ref{},
	"hang_up":          Ref{},
	"mute":             Switch{},
	"hold":             Switch{},
	"note":             Note{},
	"wrap_up":          WrapUp{},
	"choose_customer":  ChooseCustomer{}, // settle or correct the match
	"use_here":         Empty{},          // make this tab the owner of the phone
	"phone_start":      PhoneStart{},     // ask the server for an rtc_offer
	"rtc_answer":       Description{},
	"rtc_candidate":    Candidate{},
	"watch":            Watch{},  // supervisors: send partials and lines of this interaction too ("" = none)
	"dtmf":             Digits{}, // press keys
	"transfer":         Transfer{},
	"consult":          Transfer{}, // ask before handing over; the customer waits
	"consult_swap":     Ref{},
	"consult_complete": Ref{},
	"consult_return":   Ref{},
	"add_party":        AddParty{},
	"drop_party":       DropParty{},
	"call_out":         CallOut{},
	"video_call":       VideoCall{}, // start video help without a telephone
	"raise_hand":       Switch{},
	"record":           Recording{},
	"sensitive":        Switch{},
	"language":         Language{},
	"open_item":        OpenItem{},  // the order or case of the record that my call is about
	"video_start":      Ref{},       // make a guest's link for my call
	"video_end":        VideoEnd{},  // end its video help, or say later how it went
	"supervise":        Supervise{}, // supervisors
	"follow":           Follow{},    // supervisors
	"ping":             Empty{},     // replied to: shows a browser that its connection is alive
}

// CloseCodes are those of our own (RFC 6455 §7.4.2); beside them come 1001 (the server goes away: come back soon), 1007
// (not JSON) and 1008 (not a message that we know, or too many).
var CloseCodes = map[string]int{
	"replaced":   CloseReplaced,
	"signed_out": CloseSignedOut,
	"too_slow":   CloseTooSlow,
	"too_many":   CloseTooMany,
}

// The values of CloseCodes.
const (
	CloseSignedOut = 4401 // the session expired or was revoked: sign in again
	CloseReplaced  = 4409 // the same tab_id connected again: do not come back with this tab_id
	CloseTooMany   = 4429 // the user has too many tabs open
	CloseTooSlow   = 4408 // the browser did not read: come back
)

// Hello is who opens a WebSocket, and where it goes on: the query of its address.
type Hello struct {
	TabID string // random, kept in sessionStorage, so a reload is the same tab; "" for a watcher
	Since uint64 // last seq seen, 0 for none
	Epoch string // Snapshot.Epoch that Since belongs to
}

// Query writes it as the address has it.
func (h Hello) Query() string {
	return url.Values{"tab_id": {h.TabID}, "since": {strconv.FormatUint(h.Since, 10)}, "epoch": {h.Epoch}}.Encode()
}

// Codes are the wrap-up codes, in the order of screens.
type Codes struct {
	Items []store.WrapUpCode `json:"items"`
}

// Snapshot is everything that the desk shows.
type Snapshot struct {
	Epoch       string              `json:"epoch"` // changes when the server restarts
	Me          Me                  `json:"me"`
	Agent       *acd.AgentState     `json:"agent"`
	Offer       *acd.Offer          `json:"offer"`
	Call        *acd.Call           `json:"call"`
	Customer    *store.CustomerView `json:"customer"`
	Candidates  *acd.Candidates     `json:"candidates"`
	Lines       []store.Line        `json:"lines"`
	Partials    []acd.Partial       `json:"partials"`
	History     []acd.HistoryItem   `json:"history"`
	System      acd.System          `json:"system"`
	Board       *acd.Board          `json:"board"`
	Targets     *acd.Targets        `json:"targets"`
	Supervision *acd.Supervision    `json:"supervision"`
	Phone       Phone               `json:"phone"`
	WrapUpCodes []store.WrapUpCode  `json:"wrap_up_codes"`
	Video       *video.Session      `json:"video,omitempty"`
}

// Me is who is signed in.
type Me struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Role     string `json:"role"`
	Language string `json:"language"`
}

// Phone says which tab carries the agent's voice.
type Phone struct {
	Owner bool   `json:"owner"` // this tab does
	Taken bool   `json:"taken"` // another tab does: offer "use here"
	State string `json:"state"` // "none", "connecting", "connected" or "failed"
}

// Reply answers the client's message with the same id.
type Reply struct {
	ID    uint64 `json:"id"`
	Error *Error `json:"error,omitempty"`
}

// Error is a refusal in words for the person, with a code for the program.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Presence is what the agent chooses.
type Presence struct {
	Presence string `json:"presence"` // "available" or "away"
	Reason   string `json:"reason"`
}

// Ref names an interaction.
type Ref struct {
	InteractionID string `json:"interaction_id"`
}

// Switch turns something on or off for my call.
type Switch struct {
	InteractionID string `json:"interaction_id"`
	On            bool   `json:"on"`
}

// Note is the agent's note, saved as typed.
type Note struct {
	InteractionID string `json:"interaction_id"`
	Text          string `json:"text"`
}

// WrapUp completes the after-call work.
type WrapUp struct {
	InteractionID string `json:"interaction_id"`
	Code          string `json:"code"`
	Note          string `json:"note"`
}

// ChooseCustomer says who the caller is.
type ChooseCustomer struct {
	InteractionID string `json:"interaction_id"`
	CustomerID    string `json:"customer_id"`
}

// VideoEnd ends the video help of my call; the telephone goes on.
type VideoEnd struct {
	InteractionID string `json:"interaction_id"`
	Outcome       string `json:"outcome"` // "solved", "visit_needed" or ""
}

// PhoneStart asks for a connection.
type PhoneStart struct {
	Restart bool `json:"restart"` // the last one failed
}

// Description is an SDP of WebRTC; the server is the only offerer, so there is no glare.
type Description struct {
	SDP string `json:"sdp"`
	Gen uint32 `json:"gen"` // of the PeerConnection: answers to an older one are dropped
}

// Candidate is one ICE candidate; an empty Candidate ends them.
type Candidate struct {
	Candidate     string  `json:"candidate"`
	SDPMid        *string `json:"sdp_mid"`
	SDPMLineIndex *uint16 `json:"sdp_m_line_index"`
	Gen           uint32  `json:"gen"`
}

// Watch selects a call's transcript.
type Watch struct {
	InteractionID string `json:"interaction_id"`
}

// Digits are keys to press towards the customer and the numbers in the call.
type Digits struct {
	InteractionID string `json:"interaction_id"`
	Digits        string `json:"digits"` // 0-9 * # A-D, at most 32
}

// Transfer hands a call over, or asks before.
type Transfer struct {
	InteractionID string     `json:"interaction_id"`
	Target        acd.Target `json:"target"`
	Reason        string     `json:"reason"`
}

// AddParty asks somebody to join.
type AddParty struct {
	InteractionID string     `json:"interaction_id"`
	Target        acd.Target `json:"target"` // an agent or a number
}

// DropParty lets somebody go.
type DropParty struct {
	InteractionID string `json:"interaction_id"`
	PartyID       string `json:"party_id"`
}

// VideoCall starts video help without a telephone: an interaction of its own, and a link for the customer.
type VideoCall struct {
	CustomerID string `json:"customer_id"`
	Subject    string `json:"subject"` // what it is about, such as a case's title; may be empty
}

// CallOut dials a number; CustomerID may be empty.
type CallOut struct {
	Number     string `json:"number"`
	CustomerID string `json:"customer_id"`
}

// Recording changes the recording of my call.
type Recording struct {
	InteractionID string `json:"interaction_id"`
	Action        string `json:"action"` // "pause", "resume" or "stop": do not record, and delete what there is
}

// Language says what a party speaks.
type Language struct {
	InteractionID string `json:"interaction_id"`
	Leg           string `json:"leg"`
	Language      string `json:"language"`
}

// OpenItem says which of the customer's orders or cases I opened; "" is none.
type OpenItem struct {
	InteractionID string `json:"interaction_id"`
	ItemID        string `json:"item_id"`
}

// Supervise puts me beside a call, or changes how.
type Supervise struct {
	InteractionID string `json:"interaction_id"`
	Mode          string `json:"mode"` // "listen", "whisper", "barge", "takeover" or "leave"
}

// Follow has me listen to every call of an agent; "" to nobody's.
type Follow struct {
	AgentID string `json:"agent_id"`
}

// Empty has no fields.
type Empty struct{}
