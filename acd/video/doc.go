// Package video runs video help: an agent sends a single-use link, the customer opens it in a phone's browser and shows the
// camera, both draw on the picture, and the telephone call goes on untouched beside it.
//
// Floor: F2. It knows interactions by what the contact centre publishes of them (Watch), and the picture through the small
// interfaces Rooms, Room and Member, which cmd/patchbay implements over media/webrtc; so a whole session runs in a test without
// a network. Neither HTTP nor WebSockets are known here: agentui carries a participant's messages in and out.
//
// Goroutines: Sessions.Run owns every session; work that may take a moment (a PeerConnection, a closing one) runs beside it and
// comes back as a function, as in acd. What a participant sends is parsed and bounded before it reaches Run (Parse, Messages).
//
// A link carries 128 random bits and a spoken code nine digits; both end after LinkLife. Opening a link changes nothing, since
// messengers fetch links ahead: Claim, behind the guest's consent, binds it to one browser.
//
// What it will never do: decode a picture, hold up the contact centre, or let one participant's messages cost another more than
// the bounds in board.go.
package video
