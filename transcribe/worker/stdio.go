package worker

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Stdio takes the process's stdin and stdout over for Serve: closing them ends a read or write that blocks, and whatever a
// library prints to stdout goes to stderr instead of into the protocol. It is called once, before the engine is loaded.
func Stdio() (in, out *os.File, err error) {
	in, err = own(0, "stdin")
	if err != nil {
		return nil, nil, err
	}
	out, err = own(1, "stdout")
	if err != nil {
		return nil, nil, errors.Join(err, in.Close())
	}
	if err := syscall.Dup3(2, 1, 0); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("worker: redirect stdout: %w", err), in.Close(), out.Close())
	}
	return in, out, nil
}

// own returns a copy of the descriptor in non-blocking mode, which os needs to let Close interrupt.
func own(fd int, name string) (*os.File, error) {
	copied, err := syscall.Dup(fd)
	if err != nil {
		return nil, fmt.Errorf("worker: take over %s: %w", name, err)
	}
	syscall.CloseOnExec(copied)
	if err := syscall.SetNonblock(copied, true); err != nil {
		return nil, errors.Join(fmt.Errorf("worker: take over %s: %w", name, err), syscall.Close(copied))
	}
	return os.NewFile(uintptr(copied), name), nil
}
