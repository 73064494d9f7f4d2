package transcribe_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"patchbay/transcribe"
)

func TestLinesOfTwoLegs(t *testing.T) {
	h := openHouse(t, "serve", transcribe.Config{})
	customer, agent := newScript(0, 60), newScript(777, 40)
	var ears [2]ear
	a := h.s.Open(transcribe.StreamConfig{ID: "i1/customer", Listener: &ears[0]})
	b := h.s.Open(transcribe.StreamConfig{ID: "i1/agent", Listener: &ears[1]})
	customer.write(a, 0, customer.frames())
	agent.write(b, 0, agent.frames())
	<-a.Finish()
	<-b.Finish()
	for i, want := range []string{customer.text(), agent.text()} {
		if got := ears[i].heard(); got != want {
			t.Errorf("leg %d:\ngot  %s\nwant %s", i, got, want)
		}
	}
	if m := h.s.Metrics(); m.Streams != 0 || m.DroppedSeconds != 0 || m.Restarts != 0 {
		t.Errorf("metrics %+v", m)
	}
}

func TestAKilledRecogniserCostsNoWord(t *testing.T) {
	for _, mode := range []string{"serve", "slow"} {
		t.Run(mode, func(t *testing.T) {
			h := openHouse(t, mode, transcribe.Config{MaxMemory: 2 * time.Second})
			sc := newScript(50, 150)
			e := &ear{}
			st := h.s.Open(transcribe.StreamConfig{ID: "i1/customer", Listener: e})
			// The kills fall on any moment of an utterance: 1/4, 1/2 and 3/4 of the sound, wherever a word is then.
			written := 0
			for quarter := 1; quarter <= 4; quarter++ {
				to := sc.frames() * quarter / 4
				sc.write(st, written, to)
				written = to
				if quarter == 4 {
					break
				}
				if mode == "serve" { // else it is killed with a backlog
					eventually(t, "everything is heard", func() bool { return h.s.Metrics().LagSeconds < 0.1 })
				} else {
					eventually(t, "a line", func() bool { return e.count() > 4*quarter })
				}
				pid, n := h.log.last()
				if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				killed := time.Now()
				eventually(t, "the status says so", func() bool {
					states := h.history()
					loading := 0
					for _, s := range states {
						if s.State == transcribe.Loading {
							loading++
						}
					}
					return loading == quarter
				})
				if took := time.Since(killed); took > 2*time.Second {
					t.Errorf("the status said so after %v", took)
				}
				eventually(t, "another child", func() bool { _, m := h.log.last(); return m > n && h.s.Status().State == transcribe.Ready })
			}
			<-st.Finish()
			if got := e.heard(); got != sc.text() {
				t.Errorf("\ngot  %s\nwant %s", got, sc.text())
			}
			ids := map[string]bool{}
			for _, l := range e.lines {
				if ids[l.ID] {
					t.Errorf("id %s twice", l.ID)
				}
				ids[l.ID] = true
			}
			if m := h.s.Metrics(); m.Restarts != 3 || m.DroppedSeconds != 0 {
				t.Errorf("metrics %+v", m)
			}
		})
	}
}

func TestAStoppedRecogniserIsReplaced(t *testing.T) {
	h := openHouse(t, "serve", transcribe.Config{StallAfter: 1500 * time.Millisecond})
	sc := newScript(0, 20)
	e := &ear{}
	st := h.s.Open(transcribe.StreamConfig{ID: "i1/customer", Listener: e})
	sc.write(st, 0, sc.frames()/2)
	eventually(t, "a line", func() bool { return e.count() > 0 })
	pid, _ := h.log.last()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil { // it hangs: alive, but silent
		t.Fatal(err)
	}
	// The signal is sent, not obeyed yet: the rest must come to a child whose every thread stands still.
	eventually(t, "standing still", func() bool { return stopped(t, pid) })
	sc.write(st, sc.frames()/2, sc.frames())
	<-st.Finish()
	if got := e.heard(); got != sc.text() {
		t.Errorf("\ngot  %s\nwant %s", got, sc.text())
	}
	if n := h.s.Metrics().Restarts; n != 1 {
		t.Errorf("%d restarts", n)
	}
}

// stopped tells whether every thread of a process is stopped (state T of proc(5)).
func stopped(t *testing.T, pid int) bool {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(threads) == 0 {
		t.Fatalf("threads of %d: %v", pid, err)
	}
	for _, path := range threads {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		if _, rest, _ := strings.Cut(string(stat), ") "); !strings.HasPrefix(rest, "T") {
			return false
		}
	}
	return true
}

func TestAMissingModelTurnsTranscriptionOff(t *testing.T) {
	h := openHouse(t, "off", transcribe.Config{OffRetry: time.Hour})
	e := &ear{}
	early := h.s.Open(transcribe.StreamConfig{ID: "i1/customer", Listener: e})
	sc := newScript(0, 10)
	sc.write(early, 0, sc.frames())
	done := early.Finish() // before it is known that transcription is off
	eventually(t, "off", func() bool { return h.s.Status().State == transcribe.Off })
	if reason := h.s.Status().Reason; reason != "the speech model is missing: run patchbay models pull" {
		t.Errorf("reason %q", reason)
	}
	<-done
	late := h.s.Open(transcribe.StreamConfig{ID: "i2/customer", Listener: e})
	sc.write(late, 0, sc.frames())
	<-late.Finish()
	if m := h.s.Metrics(); m.Streams != 0 || m.DroppedSeconds < 5 {
		t.Errorf("metrics %+v", m)
	}
}

func TestARecogniserThatCannotStartTurnsTranscriptionOff(t *testing.T) {
	h := openHouse(t, "crash", transcribe.Config{OffRetry: time.Hour})
	eventually(t, "off", func() bool { return h.s.Status().State == transcribe.Off })
	if reason := h.s.Status().Reason; !strings.Contains(reason, "exit status 3") || !strings.Contains(reason, "patchbay doctor") {
		t.Errorf("reason %q", reason)
	}
	h2 := &house{t: t}
	h2.run(transcribe.NewService(transcribe.Config{Command: []string{"/nonexistent/patchbay"}}))
	eventually(t, "off", func() bool { return h2.s.Status().State == transcribe.Off })
	if reason := h2.s.Status().Reason; !strings.Contains(reason, "/nonexistent/patchbay") {
		t.Errorf("reason %q", reason)
	}
}

func TestTheChildEndsWithItsService(t *testing.T) {
	h := openHouse(t, "serve", transcribe.Config{})
	eventually(t, "ready", func() bool { return h.s.Status().State == transcribe.Ready })
	pid, _ := h.log.last()
	if group, err := syscall.Getpgid(pid); err != nil || group != pid {
		t.Errorf("the child's process group is %d (%v), not its own, %d", group, err, pid)
	}
	if child := niceness(t, pid); child != ownNiceness+2 {
		t.Errorf("niceness %d, its parent's was %d", child, ownNiceness)
	}
	h.stop()
	if err := syscall.Kill(pid, 0); err == nil {
		t.Error("the child is still there")
	}
	st := h.s.Open(transcribe.StreamConfig{ID: "i9/customer", Listener: &ear{}})
	newScript(0, 5).write(st, 0, 10)
	<-st.Finish() // at once: nobody will ever listen
}

// niceness reads field 19 of /proc/PID/stat; field 2, the name, may hold spaces.
func niceness(t *testing.T, pid int) int {
	t.Helper()
	n, err := readNiceness(pid)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func readNiceness(pid int) (int, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.Fields(string(b[bytes.LastIndexByte(b, ')'):]))[17])
}
