//go:build linux && (amd64 || arm64)

package udp

import (
	"syscall"
	"unsafe"
)

// setUnix makes an address of the Unix domain, for a test.
func setUnix(a *address, name string) {
	s := (*syscall.RawSockaddrUnix)(unsafe.Pointer(&a.raw))
	s.Family = syscall.AF_UNIX
	for i := range len(name) {
		s.Path[i] = int8(name[i])
	}
	a.len = uint32(unsafe.Offsetof(s.Path)) + uint32(len(name)) + 1
}
