package sip

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// torture finds the messages of RFC 4475, which lie in the sipgo module.
func torture(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/emiago/sipgo").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "sip", "testdata", "torture")
}

// dropped is what becomes of messages that are no SIP, or can't be answered.
const dropped = ""

// TestTorture sends each message of RFC 4475 over UDP. What is answered with a status other than the RFC's advice, or
// with success, is tolerated: the reason stands beside it.
func TestTorture(t *testing.T) {
	tests := []struct{ file, answer, reason string }{
		{"valid/dblreq", "405", "the first message counts, what follows its length is ignored"},
		{"valid/esc01", "480", ""},
		{"valid/esc02", "501", "an escaped method is another method"},
		{"valid/escnull", "405", ""},
		{"valid/intmeth", "501", ""},
		{"valid/longreq", "480", ""},
		{"valid/lwsdisp", "200", ""},
		{"valid/mpart01", "405", ""},
		{"valid/noreason", dropped, "a response to nothing of ours"},
		{"valid/semiuri", "200", ""},
		{"valid/transports", "200", ""},
		{"valid/unreason", dropped, "a response to nothing of ours"},
		{"valid/wsinv", "481", "it has a To tag that is none of ours"},

		{"invalid/badaspec", dropped, ""},
		{"invalid/badbranch", "400", ""},
		{"invalid/baddate", "480", "tolerated: nothing here reads Date, and a trunk's clock is no reason to lose a call"},
		{"invalid/baddn", dropped, ""},
		{"invalid/badinv01", dropped, ""},
		{"invalid/badvers", "505", ""},
		{"invalid/bcast", dropped, "a response with two Vias"},
		{"invalid/bext01", "420", ""},
		{"invalid/bigcode", dropped, ""},
		{"invalid/clerr", "400", ""},
		{"invalid/cparam01", "405", "no registrar here: whatever is in a REGISTER"},
		{"invalid/cparam02", "405", "no registrar here"},
		{"invalid/escruri", "400", ""},
		{"invalid/insuf", dropped, "without From, To and Call-ID there is nothing to answer with"},
		{"invalid/inv2543", "400", "no Contact: RFC 2543 let it miss, but then no BYE could be sent"},
		{"invalid/invut", "415", ""},
		{"invalid/ltgtruri", dropped, ""},
		{"invalid/lwsruri", dropped, ""},
		{"invalid/lwsstart", dropped, ""},
		{"invalid/mcl01", "400", ""},
		{"invalid/mismatch01", "400", ""},
		{"invalid/mismatch02", "400", ""},
		{"invalid/multi01", "400", ""},
		{"invalid/ncl", dropped, ""},
		{"invalid/novelsc", dropped, ""},
		{"invalid/quotbal", dropped, ""},
		{"invalid/regaut01", "405", "no registrar here"},
		{"invalid/regbadct", "405", "no registrar here"},
		{"invalid/regescrt", "405", "no registrar here"},
		{"invalid/scalar02", dropped, ""},
		{"invalid/scalarlg", dropped, ""},
		{"invalid/sdp01", "406", ""},
		{"invalid/test", dropped, ""},
		{"invalid/trws", dropped, ""},
		{"invalid/unkscm", "416", ""},
		{"invalid/unksm2", "405", "no registrar here"},
		{"invalid/zeromf", "483", ""},
	}
	dir := torture(t)
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.dat"))
	if err != nil || len(files) != len(tests) {
		t.Fatalf("%d messages lie in sipgo, %d are tested: %v", len(files), len(tests), err)
	}
	for _, tc := range tests {
		t.Run(tc.file, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(dir, tc.file+".dat"))
			if err != nil {
				t.Fatal(err)
			}
			s := serve(t, Config{Handler: func(*Call) {}})
			p := dialPeer(t, "udp", s.Addr())
			p.send(withRport(string(text)))
			got := dropped
			for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
				if m, ok := p.read(20 * time.Millisecond); ok && m.code() >= 200 {
					got = strings.Fields(m.start)[1]
					if m.header("via") == "" || !m.is("SIP/2.0 ") {
						t.Errorf("broken response %+v", m)
					}
					break
				}
				if stats := s.Stats(); tc.answer == dropped && stats.Malformed+stats.Invalid > 0 {
					if _, ok := p.read(20 * time.Millisecond); !ok {
						break // counted, and silent
					}
				}
			}
			if got != tc.answer {
				t.Errorf("answered with %q, want %q", got, tc.answer)
			}
			// Whatever it was, the server still serves.
			q := dialPeer(t, "udp", s.Addr())
			q.send(q.request("OPTIONS", ""))
			q.await("SIP/2.0 200")
		})
	}
}

// withRport makes answers come back to the sender, whatever port the Via names.
func withRport(text string) string {
	lines := strings.SplitAfter(text, "\r\n")
	for i, line := range lines {
		name, _, _ := strings.Cut(strings.ToLower(line), ":")
		if name = strings.TrimSpace(name); name != "via" && name != "v" {
			continue
		}
		for i+1 < len(lines) && strings.HasPrefix(lines[i+1], " ") {
			i++ // to the end of a folded line
		}
		lines[i] = strings.TrimSuffix(lines[i], "\r\n") + ";rport\r\n"
		break
	}
	return strings.Join(lines, "")
}
