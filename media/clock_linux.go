package media

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// NewTimer gives a timer of the kernel's, or one of Go's where it has none to give.
func (KernelClock) NewTimer() Timer {
	if t, err := newKernelTimer(); err == nil {
		return t
	}
	return SystemClock{}.NewTimer()
}

// kernelTimer is a timerfd(2), for which one goroutine waits as for a file.
type kernelTimer struct {
	file  *os.File
	raw   syscall.RawConn
	start func(fd uintptr)
	rings func(fd uintptr) bool

	spec    unix.ItimerSpec // for start
	expired uint64          // by rings
	err     error           // of both

	release func() bool // lets go of the context whose end ends the waiting; nil before the first
}

func newKernelTimer() (*kernelTimer, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("timerfd_create", err)
	}
	t := &kernelTimer{file: os.NewFile(uintptr(fd), "timer")}
	if t.raw, err = t.file.SyscallConn(); err != nil {
		return nil, errors.Join(err, t.file.Close())
	}
	t.start, t.rings = t.set, t.read // once: a new method value each time would be allocated
	return t, nil
}

// set and read do not wait, so Go's scheduler need not know of them: each call that it does know of wakes its own thread.
func (t *kernelTimer) set(fd uintptr) { t.err = unix.TimerfdSettime(int(fd), 0, &t.spec, nil) } // a raw call already

// read reports whether the time has come.
func (t *kernelTimer) read(fd uintptr) bool {
	for {
		_, _, errno := syscall.RawSyscall(unix.SYS_READ, fd, uintptr(unsafe.Pointer(&t.expired)), unsafe.Sizeof(t.expired))
		switch errno {
		case 0:
			t.err = nil
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return false
		default:
			t.err = errno
		}
		return true
	}
}

// WaitUntil implements Timer. It is given the same ctx each time.
func (t *kernelTimer) WaitUntil(ctx context.Context, until time.Time) error {
	d := time.Until(until)
	if d <= 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	err := t.wait(ctx, d)
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	// Calls must not fall silent for it.
	spare := SystemClock{}.NewTimer()
	defer spare.Stop()
	return spare.WaitUntil(ctx, until)
}

func (t *kernelTimer) wait(ctx context.Context, d time.Duration) error {
	if t.release == nil {
		t.release = context.AfterFunc(ctx, func() { _ = t.file.SetReadDeadline(time.Unix(1, 0)) })
	}
	t.spec.Value = unix.NsecToTimespec(int64(d))
	if err := t.raw.Control(t.start); err != nil || t.err != nil {
		return errors.Join(err, t.err)
	}
	if err := t.raw.Read(t.rings); err != nil {
		return err
	}
	return t.err
}

// Stop implements Timer.
func (t *kernelTimer) Stop() {
	if t.release != nil {
		t.release()
	}
	_ = t.file.Close()
}
