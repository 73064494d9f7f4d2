// Package udp sends datagrams without ever waiting: a tick that stands still for a full socket is heard by everybody on
// its bridge, a packet that is dropped by one party for 20 ms.
//
// Floor F0. It imports nothing of Patchbay, owns no goroutine, and never reads or looks at what it sends.
package udp
