// Package remote carries the recogniser's protocol (transcribe/proto.go) over the network, so that `patchbay transcriber
// --connect URL` on another machine is a worker of this server's. Both halves are here: Accept takes a worker's connection in,
// Run keeps one up from the worker's side. It is a WebSocket on the server's own web port, so that it passes proxies and needs
// no port of its own; each of its binary messages is a piece of the protocol's stream of bytes.
//
// Floor: F1, beside transcribe/worker. It knows no engine: the command gives it one.
//
// # Who may connect
//
// A worker hears every call that it is given, so it shows a token, and a server it: by its certificate, always checked. Only on
// this machine may the connection be plain. Before the connection becomes a WebSocket the server compares the token and the
// version of the protocol, and refuses in words (RFC 9457); the model is agreed in the protocol's own hello.
//
// # When the network fails
//
// The server pings; a worker that hears nothing for silence gives the connection up, waits (twice as long each time, and by lot,
// so that a house full of workers does not come back at once) and tries again with its models still loaded. The server sees a
// worker's heartbeat fall silent and gives its calls to others: see transcribe/fleet.go.
//
// # Goroutines
//
// Accept's connection owns one that pings, until Close. Run owns what worker.ServeHost does, and nothing else.
//
// The package never logs a token, never follows a redirect and never trusts a certificate that does not verify.
package remote
