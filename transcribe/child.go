package transcribe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/time/rate"
)

// childNice is added to the child's niceness: where processor time is short, voices come before words. More of it starves
// the recogniser on a machine that has other work to do.
const childNice = 2

// child is a running recogniser.
type child struct {
	in     io.WriteCloser
	out    io.ReadCloser
	kill   func()          // ends it now; may be called when it has ended
	exited <-chan struct{} // closed when it has ended and its log is complete
	exit   error           // how, once exited
	closed sync.Once
}

// closeInput tells the child that no more follows.
func (c *child) closeInput() { c.closed.Do(func() { c.in.Close() }) }

// startChild starts cfg.Command as a process of its own group, so that Ctrl-C in a terminal reaches the server only, and
// lets it be killed with this process.
func startChild(cfg Config) (*child, error) {
	if len(cfg.Command) == 0 {
		return nil, errors.New("no command is configured")
	}
	inR, inW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, inR.Close(), inW.Close())
	}
	errR, errW, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, inR.Close(), inW.Close(), outR.Close(), outW.Close())
	}
	cmd := exec.Command(cfg.Command[0], cfg.Command[1:]...)
	cmd.Env = append(os.Environ(), cfg.Env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = inR, outW, errW
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}

	started, exited := make(chan error, 1), make(chan struct{})
	c := &child{in: inW, out: outR, exited: exited}
	go func() {
		defer close(exited)
		// The kernel sends Pdeathsig when the thread ends that started the child, and the child inherits that thread's
		// niceness. So this goroutine keeps its thread until the child has ended; both end together.
		runtime.LockOSThread()
		// Where the niceness cannot be set, words merely compete with voices. (The system call returns 20 − niceness.)
		if own, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0); err == nil {
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 20-own+childNice)
		}
		err := cmd.Start()
		for _, f := range []*os.File{inR, outW, errW} { // the child has its own
			f.Close()
		}
		started <- err
		if err != nil {
			return
		}
		var log sync.WaitGroup
		log.Go(func() { logLines(errR, cfg.Log) })
		c.exit = cmd.Wait()
		if c.exit == nil {
			c.exit = errors.New("exit status 0")
		}
		// Descendants, if there are any, hold the pipes open.
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		log.Wait()
	}()
	if err := <-started; err != nil {
		return nil, errors.Join(err, inW.Close(), outR.Close(), errR.Close())
	}
	c.kill = func() {
		_ = cmd.Process.Kill() // it fails where the child has ended, which is as well
	}
	return c, nil
}

// logLines puts what the child writes to stderr into the log, without letting it flood it.
func logLines(r io.ReadCloser, log *slog.Logger) {
	defer r.Close()
	limit := rate.NewLimiter(rate.Every(time.Second/5), 100)
	skipped := 0
	br := bufio.NewReaderSize(r, 4096)
	for {
		line, _, err := br.ReadLine() // longer lines come in pieces
		if err != nil {
			break
		}
		if !limit.Allow() {
			skipped++
			continue
		}
		log.LogAttrs(context.Background(), slog.LevelInfo, "recogniser", slog.String("stderr", string(line)))
	}
	if skipped > 0 {
		log.Warn("recogniser's log was cut", "lines", fmt.Sprint(skipped))
	}
}
