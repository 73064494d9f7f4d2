package sip

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	siplib "github.com/emiago/sipgo/sip"
)

const secret = "correct horse"

var ourAccount = Account{User: "12025550100", Domain: "trunk.example", Password: secret}

var authParam = regexp.MustCompile(`(\w+)=(?:"([^"]*)"|([^\s,]+))`)

// proofOf reads an Authorization header.
func proofOf(header string) map[string]string {
	got := make(map[string]string)
	for _, m := range authParam.FindAllStringSubmatch(header, -1) {
		got[strings.ToLower(m[1])] = m[2] + m[3]
	}
	return got
}

// proves checks a proof by the formulas of RFC 7616 §3.4.1, and RFC 2069 §2.1.2 where there is no qop.
func proves(t *testing.T, header, method, uri, user string) bool {
	t.Helper()
	p := proofOf(header)
	hash := func(parts ...string) string {
		text := []byte(strings.Join(parts, ":"))
		switch p["algorithm"] {
		case "SHA-256":
			sum := sha256.Sum256(text)
			return hex.EncodeToString(sum[:])
		case "SHA-512-256":
			sum := sha512.Sum512_256(text)
			return hex.EncodeToString(sum[:])
		}
		sum := md5.Sum(text)
		return hex.EncodeToString(sum[:])
	}
	a1, a2 := hash(user, p["realm"], secret), hash(method, uri)
	want := hash(a1, p["nonce"], a2)
	if p["qop"] != "" {
		want = hash(a1, p["nonce"], p["nc"], p["cnonce"], p["qop"], a2)
	}
	return p["username"] == user && p["uri"] == uri && p["response"] == want
}

func challenge(params string) string { return `Digest realm="trunk.example", nonce="n1", ` + params }

// TestChallengesAnswered: each way in which trunks ask, checked by the formulas, and never more often than needed.
func TestChallengesAnswered(t *testing.T) {
	www, proxy := "WWW-Authenticate: ", "Proxy-Authenticate: "
	for name, tc := range map[string]struct {
		rounds    [][]string // headers of each refusal
		code      string
		algorithm string
		qop       string
	}{
		"md5":                     {[][]string{{www + challenge(`algorithm=MD5, qop="auth"`)}}, "401 Unauthorized", "MD5", "auth"},
		"no algorithm is md5":     {[][]string{{www + challenge(`qop="auth"`)}}, "401 Unauthorized", "", "auth"},
		"no qop, as RFC 2069":     {[][]string{{www + challenge(`algorithm=MD5`)}}, "401 Unauthorized", "MD5", ""},
		"sha-256 by a proxy":      {[][]string{{proxy + challenge(`algorithm=SHA-256, qop="auth", opaque="o"`)}}, "407 Proxy Authentication Required", "SHA-256", "auth"},
		"the topmost we know":     {[][]string{{www + challenge(`algorithm=SHA3-512, qop="auth"`), www + challenge(`algorithm=SHA-256, qop="auth"`), www + challenge(`algorithm=MD5, qop="auth"`)}}, "401 Unauthorized", "SHA-256", "auth"},
		"written small":           {[][]string{{www + challenge(`algorithm=md5, qop="auth-int, auth"`)}}, "401 Unauthorized", "MD5", "auth"},
		"another scheme first":    {[][]string{{www + `Basic realm="x"`, www + challenge(`algorithm=MD5, qop="auth"`)}}, "401 Unauthorized", "MD5", "auth"},
		"a nonce that went stale": {[][]string{{www + challenge(`algorithm=MD5, qop="auth"`)}, {www + challenge(`algorithm=MD5, qop="auth", stale=TRUE`)}}, "401 Unauthorized", "MD5", "auth"},
	} {
		t.Run(name, func(t *testing.T) {
			far := newFarEnd(t)
			near := serve(t, Config{Handler: func(*Call) {}, Account: ourAccount})
			out, err := near.Dial(context.Background(), DialConfig{URI: "sip:+12025550199@" + far.local.String(), From: "+12025550100"})
			if err != nil {
				t.Fatal(err)
			}
			invite := far.await("INVITE ")
			if from := invite.header("from"); !strings.Contains(from, "sip:+12025550100@trunk.example") {
				t.Errorf("From is %s", from)
			}
			header := "authorization"
			if strings.HasPrefix(tc.code, "407") {
				header = "proxy-authorization"
			}
			for i, asked := range tc.rounds {
				far.respond(invite, tc.code, "t", "", asked...)
				far.await("ACK")
				invite = far.await("INVITE ")
				if want := fmt.Sprintf("%d INVITE", i+2); invite.header("cseq") != want {
					t.Errorf("CSeq is %s, want %s", invite.header("cseq"), want)
				}
			}
			uri := strings.Fields(invite.start)[1]
			if got := proofOf(invite.header(header)); got["algorithm"] != tc.algorithm || got["qop"] != tc.qop ||
				len(invite.headers[header]) != 1 || !proves(t, invite.header(header), "INVITE", uri, ourAccount.User) {
				t.Errorf("the proof is %q", invite.headers[header])
			}
			if strings.Contains(fmt.Sprint(invite), secret) {
				t.Error("the password is in the INVITE")
			}
			far.respond(invite, "200 OK", "t", far.body)
			if ack := far.await("ACK"); ack.header(header) != invite.header(header) || ack.header("cseq") != fmt.Sprintf("%d ACK", len(tc.rounds)+1) {
				t.Errorf("the ACK is %+v", ack) // RFC 3261 §22.1: the same credentials
			}
			receive(t, out.Answered(), "the answer")
			out.HangUp()
			bye := far.await("BYE")
			if bye.header("cseq") != fmt.Sprintf("%d BYE", len(tc.rounds)+2) {
				t.Errorf("the BYE has CSeq %s", bye.header("cseq"))
			}
			far.respond(bye, "200 OK", "", "")
			over(t, out)
		})
	}
}

// TestChallengedBye: a request within the dialog answers its own challenge.
func TestChallengedBye(t *testing.T) {
	far := newFarEnd(t)
	near := serve(t, Config{Handler: func(*Call) {}, Account: ourAccount})
	out, err := near.Dial(context.Background(), DialConfig{URI: "sip:1@" + far.local.String()})
	if err != nil {
		t.Fatal(err)
	}
	invite := far.await("INVITE ")
	if invite.header("privacy") != "id" || invite.header("p-preferred-identity") != "<sip:12025550100@trunk.example>" || strings.Contains(invite.header("from"), "1202") {
		t.Errorf("a call without a number is %+v", invite)
	}
	far.respond(invite, "200 OK", "t", far.body)
	far.await("ACK")
	receive(t, out.Answered(), "the answer")
	out.HangUp()
	far.respond(far.await("BYE"), "407 Proxy Authentication Required", "", "", "Proxy-Authenticate: "+challenge(`algorithm=SHA-256, qop="auth"`))
	bye := far.await("BYE")
	if !proves(t, bye.header("proxy-authorization"), "BYE", strings.Fields(bye.start)[1], ourAccount.User) || bye.header("cseq") != "3 BYE" {
		t.Errorf("the BYE is %+v", bye)
	}
	far.respond(bye, "200 OK", "", "")
	over(t, out)
	eventually(t, "the call is forgotten", func() bool { return near.Stats().ActivePlaced == 0 })
}

// logged is a log that a test can read.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// TestTrunkRefusesUs: a wrong password, a scheme that we don't have, no account at all. The cause says which, and the log how
// to mend it.
func TestTrunkRefusesUs(t *testing.T) {
	for name, tc := range map[string]struct {
		account Account
		asked   string
		rounds  int
		reason  string
		failure Failure
	}{
		"wrong password":     {ourAccount, "WWW-Authenticate: " + challenge(`algorithm=MD5, qop="auth"`), 2, "does not take our user or password", FailureTrunk},
		"always stale":       {ourAccount, "WWW-Authenticate: " + challenge(`algorithm=MD5, qop="auth", stale=true`), maxChallenges + 1, "does not take our user or password", FailureTrunk},
		"no account":         {Account{}, "WWW-Authenticate: " + challenge(`algorithm=MD5, qop="auth"`), 1, "asks for a password, and none is set", FailureTrunk},
		"unknown algorithm":  {ourAccount, "WWW-Authenticate: " + challenge(`algorithm=WHIRLPOOL, qop="auth"`), 1, "a proof that we cannot give", FailureTrunk},
		"unknown protection": {ourAccount, "WWW-Authenticate: " + challenge(`algorithm=MD5, qop="auth-conf"`), 1, "a proof that we cannot give", FailureTrunk},
		"no challenge":       {ourAccount, "Subject: no", 1, "the far end refused", FailureRefused},
		"broken challenge":   {ourAccount, `WWW-Authenticate: Digest realm="x`, 1, "a proof that we cannot give", FailureTrunk},
	} {
		t.Run(name, func(t *testing.T) {
			far, log := newFarEnd(t), &logged{}
			near := serve(t, Config{Handler: func(*Call) {}, Account: tc.account, Log: slog.New(slog.NewTextHandler(log, nil))})
			out, err := near.Dial(context.Background(), DialConfig{URI: "sip:1@" + far.local.String(), From: "+12025550100"})
			if err != nil {
				t.Fatal(err)
			}
			for range tc.rounds {
				far.respond(far.await("INVITE "), "401 Unauthorized", "t", "", tc.asked)
				far.await("ACK")
			}
			got := over(t, out)
			if got.Code != 401 || got.Outcome != OutcomeRefused || !strings.Contains(got.Reason, tc.reason) || got.Failure() != tc.failure {
				t.Errorf("cause is %+v", got)
			}
			far.quiet("INVITE", 30*time.Millisecond)
			if text := log.String(); strings.Contains(text, secret) || (tc.failure == FailureTrunk) != strings.Contains(text, "--trunk-password") {
				t.Errorf("the log says %s", text)
			}
		})
	}
}

// registering is a server with an account, and what it writes to its log.
func registering(t *testing.T, far *farEnd, cfg Config) (*Server, *logged, chan Registration) {
	t.Helper()
	log, states := &logged{}, make(chan Registration, 16)
	cfg.Account, cfg.Log = ourAccount, slog.New(slog.NewTextHandler(log, nil))
	cfg.Account.AuthUser = "auth-7"
	cfg.Register = RegisterConfig{URI: "sip:" + far.local.String(), OnChange: func(r Registration) { states <- r }}
	if cfg.Handler == nil {
		cfg.Handler = func(*Call) {}
	}
	s := serve(t, cfg)
	return s, log, states
}

// TestRegister: challenged, answered, told a longer time, held; a call of the account has the number that was dialled; the end
// takes it back.
func TestRegister(t *testing.T) {
	far := newFarEnd(t)
	calls := make(chan *Call, 1)
	cfg := Config{
		Addr: "127.0.0.1:0", Ports: newPool(t), T1: 20 * time.Millisecond, Allowed: []netip.Prefix{}, Account: ourAccount,
		Handler: handing(calls, func(c *Call) { c.Refuse(486, "Busy Here") }), Register: RegisterConfig{URI: "sip:" + far.local.String(), Expires: 5 * time.Minute},
	}
	s, err := NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()

	first := far.next("REGISTER sip:trunk.example SIP/2.0")
	if first.header("expires") != "300" || first.header("to") != "<sip:12025550100@trunk.example>" ||
		first.header("contact") != "<sip:12025550100@"+s.Addr().String()+">" {
		t.Errorf("REGISTER is %+v", first)
	}
	far.respond(first, "401 Unauthorized", "t", "", "WWW-Authenticate: "+challenge(`algorithm=SHA-256, qop="auth"`), "WWW-Authenticate: "+challenge(`algorithm=MD5, qop="auth"`))
	second := far.next("REGISTER")
	if !proves(t, second.header("authorization"), "REGISTER", "sip:trunk.example", ourAccount.User) || second.header("call-id") != first.header("call-id") || second.header("cseq") != "2 REGISTER" {
		t.Errorf("REGISTER is %+v", second)
	}
	if s.Registration().Held {
		t.Error("held before the registrar said so")
	}
	far.respond(second, "423 Interval Too Brief", "t", "", "Min-Expires: 1800")
	third := far.next("REGISTER")
	if third.header("expires") != "1800" {
		t.Errorf("after 423 it asks for %s", third.header("expires"))
	}
	far.respond(third, "200 OK", "t", "", "Contact: <sip:other@192.0.2.1>;expires=60, <sip:12025550100@"+s.Addr().String()+">;expires=1800")
	eventually(t, "the account is registered", func() bool { return s.Registration().Held })

	far.send(far.request("INVITE", far.body)) // to sip:2000@…: not by the account
	call := receive(t, calls, "a call")
	if call.To() != "2000" {
		t.Errorf("the number is %q", call.To())
	}
	far.send(strings.Replace(far.request("INVITE", far.body), "INVITE sip:2000@", "INVITE sip:12025550100@", 1))
	if call = receive(t, calls, "a call"); call.To() != "2000" {
		t.Errorf("a call of the account has the number %q, not that of its To", call.To())
	}
	far.send(strings.Replace(far.request("INVITE", far.body, "P-Called-Party-ID: <sip:+12025550142@trunk.example>"), "INVITE sip:2000@", "INVITE sip:12025550100@", 1))
	if call = receive(t, calls, "a call"); call.To() != "+12025550142" {
		t.Errorf("a call of the account has the number %q, not that of P-Called-Party-ID", call.To())
	}

	stop()
	last := far.next("REGISTER")
	if last.header("expires") != "0" {
		t.Errorf("the last REGISTER is %+v", last)
	}
	far.respond(last, "200 OK", "t", "")
	if err := receive(t, ended, "the server's end"); err != nil {
		t.Error(err)
	}
	if s.Registration().Held {
		t.Error("still held")
	}
}

// TestRegisterFails: each failure is told in words, with what mends it, and the password is in no log.
func TestRegisterFails(t *testing.T) {
	asked := "WWW-Authenticate: " + challenge(`algorithm=MD5, qop="auth"`)
	for name, tc := range map[string]struct {
		status []string
		extra  string
		reason string
		mend   string
	}{
		"wrong password": {[]string{"401 Unauthorized", "401 Unauthorized"}, asked, "user or password", "--trunk-password"},
		"forbidden":      {[]string{"401 Unauthorized", "403 Forbidden"}, asked, "user or password", "--trunk-password"},
		"unknown user":   {[]string{"404 Not Found"}, "", "does not know our user", "--trunk-user"},
		"no registrar":   {[]string{"405 Method Not Allowed"}, "", "takes no registrations", "--register"},
		"moved":          {[]string{"302 Moved"}, "", "another host", "--register"},
		"in trouble":     {[]string{"503 Service Unavailable"}, "Retry-After: 60 (busy)", "in trouble", "tried again"},
		"another scheme": {[]string{"401 Unauthorized"}, `WWW-Authenticate: Basic realm="x"`, "proof that we cannot give", "ask the trunk"},
	} {
		t.Run(name, func(t *testing.T) {
			far := newFarEnd(t)
			s, log, states := registering(t, far, Config{})
			for _, status := range tc.status {
				far.respond(far.next("REGISTER"), status, "t", "", tc.extra)
			}
			st := receive(t, states, "the failure")
			if st.Held || !strings.Contains(st.Reason, tc.reason) || !strings.Contains(st.Mend, tc.mend) || st.Failed != 1 || s.Registration() != st {
				t.Errorf("it is %+v", st)
			}
			far.quiet("REGISTER", 30*time.Millisecond)
			if text := log.String(); !strings.Contains(text, "level=ERROR") || !strings.Contains(text, tc.mend) || strings.Contains(text, secret) {
				t.Errorf("the log says %s", text)
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		far := newFarEnd(t)
		far.conn.Close()
		_, _, states := registering(t, far, Config{})
		if st := receive(t, states, "the failure"); !strings.Contains(st.Reason, "nobody listens") {
			t.Errorf("it is %+v", st)
		}
	})
	t.Run("silence", func(t *testing.T) {
		far := newFarEnd(t)
		_, _, states := registering(t, far, Config{T1: 2 * time.Millisecond})
		if st := receive(t, states, "the failure"); !strings.Contains(st.Reason, "does not answer") {
			t.Errorf("it is %+v", st)
		}
	})
}

// TestRegistrarByAnotherTransport: what is to go by TLS never goes in clear.
func TestRegistrarByAnotherTransport(t *testing.T) {
	for _, uri := range []string{"sip:trunk.example;transport=tls", "sip:trunk.example;transport=sctp", "sips:trunk.example"} {
		_, err := NewServer(Config{Addr: "127.0.0.1:0", Ports: newPool(t), Handler: func(*Call) {}, Account: ourAccount, Register: RegisterConfig{URI: uri}})
		if !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", uri, err)
		}
	}
}

// TestCheckAccount asks, proves and changes nothing.
func TestCheckAccount(t *testing.T) {
	far := newFarEnd(t)
	type answer struct {
		bindings []string
		err      error
	}
	got := make(chan answer, 1)
	go func() {
		b, err := CheckAccount(context.Background(), "sip:"+far.local.String(), ourAccount)
		got <- answer{b, err}
	}()
	asks := far.next("REGISTER")
	if len(asks.headers["contact"]) != 0 || len(asks.headers["expires"]) != 0 {
		t.Errorf("it does not only ask: %+v", asks)
	}
	far.respond(asks, "401 Unauthorized", "t", "", "WWW-Authenticate: "+challenge(`algorithm=MD5, qop="auth"`))
	asks = far.next("REGISTER")
	if !proves(t, asks.header("authorization"), "REGISTER", "sip:trunk.example", ourAccount.User) {
		t.Errorf("the proof is %+v", asks)
	}
	far.respond(asks, "200 OK", "t", "")
	if a := receive(t, got, "the answer"); a.err != nil || len(a.bindings) != 1 || !strings.Contains(a.bindings[0], "sip:far@") {
		t.Errorf("it gives %+v", a)
	}
}

// TestAccountIsNotPrinted: whatever prints an Account leaves the password out.
func TestAccountIsNotPrinted(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "%v %+v %#v %s", ourAccount, ourAccount, &ourAccount, Config{Account: ourAccount}.Account)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "account", ourAccount)
	if strings.Contains(b.String(), secret) {
		t.Error(b.String())
	}
}

// FuzzChallenge gives any text as a challenge: what is answered has a proof that fits into a header.
func FuzzChallenge(f *testing.F) {
	f.Add(challenge(`algorithm=SHA-256, qop="auth"`))
	f.Add(`Digest realm="a\"b", nonce="x", qop=auth`)
	f.Add(`digest nonce=,,`)
	f.Fuzz(func(t *testing.T, text string) {
		res := siplib.NewResponse(401, "Unauthorized")
		res.AppendHeader(siplib.NewHeader("WWW-Authenticate", text))
		c := credentials{account: ourAccount}
		req := siplib.NewRequest(siplib.REGISTER, siplib.Uri{Scheme: "sip", Host: "trunk.example"})
		if c.answer(req, res) != nil {
			return
		}
		for _, p := range c.proofs {
			if strings.Contains(p.value, secret) {
				t.Error("the password itself is the proof")
			}
		}
	})
}
