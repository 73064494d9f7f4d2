package sip

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/codec"
	"patchbay/media/mediatest"
)

// sipp runs a scenario of testdata to its end and fails the test where it fails.
func sipp(t *testing.T, scenario string, args ...string) func() {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("testdata", scenario+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeTone(t, filepath.Join(dir, "TONE.al"))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	cmd := exec.CommandContext(ctx, "sipp", append([]string{
		"-sf", file, "-m", "1", "-s", "2000", "-nostdin", "-timeout", "15s", "-timeout_error", "-trace_err", "-recv_timeout", "8000",
	}, args...)...)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatalf("sipp: %v (apt-get install sip-tester)", err)
	}
	return func() {
		t.Helper()
		defer cancel()
		if err := cmd.Wait(); err != nil {
			logs, _ := filepath.Glob(filepath.Join(dir, "*errors.log"))
			for _, log := range logs {
				text, _ := os.ReadFile(log)
				t.Logf("%s", text)
			}
			t.Errorf("sipp %s: %v\n%s", scenario, err, out.Bytes())
		}
	}
}

// writeTone writes a second of a tone in A-law.
func writeTone(t *testing.T, path string) {
	t.Helper()
	encoder, err := codec.PCMA.NewEncoder(codec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tone := mediatest.NewTone(outHz, level)
	var all []byte
	for range 50 {
		var f media.Frame
		tone.ReadFrame(&f)
		payload := make([]byte, codec.MaxPayload)
		n, err := encoder.Encode(&f, payload)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, payload[:n]...)
	}
	if err := os.WriteFile(path, all, 0o600); err != nil {
		t.Fatal(err)
	}
}

// freePort is a UDP and TCP port that nobody has at the moment.
func freePort(t *testing.T, ip string) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", net.JoinHostPort(ip, "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return strconv.Itoa(int(addrPort(conn.LocalAddr()).Port()))
}

func TestSippCalls(t *testing.T) {
	ringAndAnswer := func(c *Call) { c.Ring(); answer(c) }
	for _, tc := range []struct {
		name, scenario, addr, transport string
		act                             func(*Call)
		t1                              time.Duration
		outcome                         Outcome
	}{
		{"udp", "uac_basic", "127.0.0.1:0", "u1", ringAndAnswer, 0, OutcomeCompleted},
		{"tcp", "uac_basic", "127.0.0.1:0", "t1", ringAndAnswer, 0, OutcomeCompleted},
		{"ipv6", "uac_basic", "[::1]:0", "u1", ringAndAnswer, 0, OutcomeCompleted},
		{"cancel", "uac_cancel", "127.0.0.1:0", "u1", ring, 0, OutcomeCancelled},
		{"lost ack", "uac_lost_ack", "127.0.0.1:0", "u1", answer, 10 * time.Millisecond, OutcomeNoACK},
		{"offerless", "uac_offerless", "127.0.0.1:0", "u1", answer, 0, OutcomeCompleted},
		{"reinvite", "uac_reinvite", "127.0.0.1:0", "u1", answer, 0, OutcomeCompleted},
		{"session timer", "uac_timer", "127.0.0.1:0", "u1", answer, 0, OutcomeCompleted},
		{"dropped 200, then cancel", "uac_drop_200_then_cancel", "127.0.0.1:0", "u1", answer, 0, OutcomeCompleted},
		{"retransmissions", "uac_retransmit", "127.0.0.1:0", "u1", ringAndAnswer, 0, OutcomeCompleted},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			calls, heard := make(chan *Call, 2), make(chan []int16, 2)
			s := serve(t, Config{Addr: tc.addr, T1: max(tc.t1, 10*time.Millisecond), second: 10 * time.Millisecond, Handler: handing(calls, func(c *Call) {
				tc.act(c)
				if c.rtp == nil || tc.scenario != "uac_basic" {
					return
				}
				heard <- talk(c.rtp, inHz, 1600*time.Millisecond)
			})})
			ip := s.Addr().Addr().String()
			wait := sipp(t, tc.scenario, s.Addr().String(), "-t", tc.transport, "-i", ip, "-mi", ip, "-p", freePort(t, ip))
			c := receive(t, calls, "the call")
			wait()
			if got := over(t, c); got.Outcome != tc.outcome {
				t.Errorf("cause is %+v", got)
			}
			if got := s.Stats().Calls; got != 1 {
				t.Errorf("%d calls began", got)
			}
			if tc.scenario == "uac_basic" {
				hears(t, "the server", receive(t, heard, "sound"), outHz, inHz)
			}
		})
	}
}

func TestSippAnswersDial(t *testing.T) {
	for _, tc := range []struct {
		scenario, transport string
		do                  func(*testing.T, *OutCall)
		want                Cause
	}{
		{"uas_answer", "u1", hangUpOnceAnswered, Cause{By: Local, Outcome: OutcomeCompleted}},
		{"uas_answer", "t1", hangUpOnceAnswered, Cause{By: Local, Outcome: OutcomeCompleted}},
		{"uas_busy", "u1", func(*testing.T, *OutCall) {}, Cause{By: Remote, Outcome: OutcomeRefused, Code: 486}},
		{"uas_cancel", "u1", func(t *testing.T, c *OutCall) {
			for e := range c.Events() {
				if e.Kind == EventRinging {
					c.HangUp()
				}
			}
		}, Cause{By: Local, Outcome: OutcomeCancelled}},
	} {
		t.Run(tc.scenario+" "+tc.transport, func(t *testing.T) {
			t.Parallel()
			port := freePort(t, "127.0.0.1")
			wait := sipp(t, tc.scenario, "-t", tc.transport, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", port)
			transport := "udp"
			if tc.transport == "t1" {
				transport = "tcp"
			}
			to := netip.MustParseAddrPort("127.0.0.1:" + port)
			awaitListener(t, transport, to)
			out := dial(t, DialConfig{URI: "sip:2000@" + to.String(), Transport: transport, T1: 100 * time.Millisecond})
			tc.do(t, out)
			got := over(t, out)
			got.Reason = ""
			if got != tc.want {
				t.Errorf("cause is %+v, want %+v", got, tc.want)
			}
			wait()
		})
	}
}

func hangUpOnceAnswered(t *testing.T, c *OutCall) {
	receive(t, c.Answered(), "the answer")
	c.HangUp()
}

// awaitListener waits until sipp has its port. A UDP port does not show from outside without a datagram, which sipp would
// take for a call, so the kernel is asked.
func awaitListener(t *testing.T, transport string, to netip.AddrPort) {
	t.Helper()
	want := fmt.Sprintf("0100007F:%04X ", to.Port()) // 127.0.0.1, as /proc/net writes it on little-endian machines
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if sockets, err := os.ReadFile("/proc/net/" + transport); err == nil && bytes.Contains(sockets, []byte(want)) {
			return
		}
	}
	t.Fatalf("sipp does not listen on %s", to)
}

// TestSippChallenges: a trunk that shares no code with us checks our proof, of calls and of the registration.
func TestSippChallenges(t *testing.T) {
	for password, taken := range map[string]bool{secret: true, "wrong": false} {
		account := ourAccount
		account.Password = password
		t.Run("call by "+password, func(t *testing.T) {
			t.Parallel()
			port := freePort(t, "127.0.0.1")
			wait := sipp(t, "uas_challenge", "-t", "u1", "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", port)
			to := netip.MustParseAddrPort("127.0.0.1:" + port)
			awaitListener(t, "udp", to)
			near := serve(t, Config{Handler: func(*Call) {}, Account: account})
			out, err := near.Dial(context.Background(), DialConfig{URI: "sip:2000@" + to.String(), From: "+12025550100"})
			if err != nil {
				t.Fatal(err)
			}
			if taken {
				hangUpOnceAnswered(t, out)
			}
			if got := over(t, out); got.Failure() != map[bool]Failure{true: FailureNone, false: FailureTrunk}[taken] {
				t.Errorf("cause is %+v", got)
			}
			wait()
		})
		t.Run("registration by "+password, func(t *testing.T) {
			t.Parallel()
			port := freePort(t, "127.0.0.1")
			wait := sipp(t, "registrar", "-t", "u1", "-i", "127.0.0.1", "-p", port)
			to := netip.MustParseAddrPort("127.0.0.1:" + port)
			awaitListener(t, "udp", to)
			states := make(chan Registration, 16)
			t.Run("while the server runs", func(t *testing.T) {
				serve(t, Config{Handler: func(*Call) {}, Account: account, Register: RegisterConfig{
					URI: "sip:" + to.String(), OnChange: func(r Registration) { states <- r },
				}})
				if st := receive(t, states, "the registration"); st.Held != taken || !taken && st.Code != 403 {
					t.Errorf("it is %+v", st)
				}
			})
			wait()
		})
	}
}
