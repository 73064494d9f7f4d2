// Package acd is the contact centre: who is waiting, who is free, who talks to whom, and what becomes of it.
//
// Floor: F2. It knows media, store and transcribe; it knows neither SIP nor browsers, which reach it through the small
// interfaces of contract.go, so that the whole centre runs in a test with loopback legs and a stepped clock.
//
// One goroutine, Center.Run, owns every agent, queue and interaction: each command, timer and hang-up is a function that
// it runs to its end, so two of them never meet half-way (docs/adr/003). It waits for nothing but the next tick of a
// bridge: database reads run beside it and come back as functions, the journal takes writes at once, desks are told
// through a Publisher that never blocks. The sound goes by it altogether: each interaction's media.Bridge has its own
// goroutine, and each transcribed leg one more that carries frames from the bridge's tap to the recogniser.
//
// An interaction has parties (party.go): the customer, agents, numbers, guests, supervisors. scene.matrix (hearing.go) is
// the one function from their state to who hears whom and what is kept; settle (leave.go) the one place that decides who
// answers for the customer when somebody has left.
package acd
