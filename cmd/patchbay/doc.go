// Command patchbay is the whole product in one program: the contact centre (serve), a telephone (dial), an agent
// without a browser (agent), the recogniser on files (transcribe) and in its own process (transcriber), the models and
// a doctor.
//
// Floor: F4. It wires the packages below and adapts them to each other: sip.Call to acd.CustomerPhone, webrtc.Peer to
// agentui.Peer. It holds no logic of calls, media, records or screens.
//
//go:generate env PATCHBAY_WRITE_DOCS=1 go test -run ^TestConfigReference$ -count=1 .
package main
