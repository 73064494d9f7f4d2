// Package agentui is the web edge: the HTTP API under /api/v1, sign-in and sessions, the WebSocket hub that keeps
// desks in step with the contact centre, the signalling of agents' phones, and the embedded web app.
//
// Floor: F3. It knows acd's views and commands, store's records and media's Leg; how a browser's PeerConnection is made comes in
// through the Phones interface, so that sip, transcribe and pion stay unknown here.
//
// Goroutines: the HTTP server's own; per WebSocket one reader (the handler's) and one writer, the only one that writes
// to that socket; per signed-in agent with a phone one actor that owns its PeerConnections; one sweeper that ends sockets of
// sessions that are over. Server.Run starts and waits for all of them.
//
// It obeys RFC 6455 (WebSocket), RFC 6265 (cookies), RFC 9457 (problem details), RFC 6750 (bearer tokens), RFC 9106 (argon2).
//
// It never writes a password, a token, or what was said to the log, never trusts a message that it could not parse whole,
// and never lets a slow browser hold up the contact centre.
package agentui
