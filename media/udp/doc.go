// Package udp sends and receives datagrams without ever waiting: a tick that stands still for a full socket is heard by
// everybody on its bridge, a packet that is dropped by one party for 20 ms. Whoever has nothing else to do may wait for
// datagrams too (Inbox.Wait).
//
// Floor F0. It imports nothing of Patchbay, owns no goroutine, and never looks at what it carries.
//
// On Linux a datagram is sent, and all that wait are received, in one system call that does not tell Go's scheduler of
// itself: a call that cannot wait need not, and each one that does wakes the scheduler's own thread (docs/adr/010). Nor does
// Go's poller watch the socket while nobody waits, since it would wake a thread for each datagram that comes or has left.
// Elsewhere the portable calls of package syscall do the same work at a higher price.
package udp
