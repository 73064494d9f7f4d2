package remote

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"patchbay/transcribe"
)

// Path is where a server takes workers, below its address.
const Path = "/api/v1/transcriber"

// VersionHeader says which version of the protocol a worker speaks, and in a refusal which the server does.
const VersionHeader = "Patchbay-Transcriber-Protocol"

// MinToken is the shortest token that is taken, in bytes: 128 bits in base64.
const MinToken = 22

// HasToken compares a request's token with the right one, in a time that tells nothing about either.
func HasToken(r *http.Request, token string) bool {
	scheme, shown, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	a, b := sha256.Sum256([]byte(shown)), sha256.Sum256([]byte(token))
	right := subtle.ConstantTimeCompare(a[:], b[:]) == 1
	return right && strings.EqualFold(scheme, "Bearer") && len(token) >= MinToken // RFC 6750 §2.1
}

// SameVersion says whether a request's worker speaks our version, and which it speaks.
func SameVersion(r *http.Request) (theirs string, same bool) {
	theirs = r.Header.Get(VersionHeader)
	return theirs, theirs == strconv.Itoa(transcribe.ProtocolVersion)
}

// Accept makes a worker's request a connection for transcribe.Service.Attach, which closes it. Whether the worker may be here is
// settled before. Where it fails it has answered through refuse.
func Accept(w http.ResponseWriter, r *http.Request, refuse func(w http.ResponseWriter, status int, reason string)) (transcribe.Peer, error) {
	upgrader := websocket.Upgrader{
		HandshakeTimeout: 10 * time.Second,
		CheckOrigin:      func(*http.Request) bool { return true }, // it is no browser, and has shown its token
		Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
			refuse(w, status, reason.Error())
		},
	}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return transcribe.Peer{}, err
	}
	c := newConn(ws)
	c.ping()
	return transcribe.Peer{Conn: c, Address: r.RemoteAddr}, nil
}
