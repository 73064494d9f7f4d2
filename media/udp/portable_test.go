//go:build !(linux && (amd64 || arm64))

package udp

import "syscall"

// setUnix makes an address of the Unix domain, for a test.
func setUnix(a *address, name string) { a.to = &syscall.SockaddrUnix{Name: name} }
