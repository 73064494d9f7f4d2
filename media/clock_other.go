//go:build !linux

package media

// NewTimer gives a timer of Go's.
func (KernelClock) NewTimer() Timer { return SystemClock{}.NewTimer() }
