package sip

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	siplib "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// Account is who we are at a trunk that asks for a password (RFC 3261 §22). The zero value is nobody.
type Account struct {
	User     string // of our address there, sip:User@Domain
	Domain   string // the trunk's, as From and To name it
	AuthUser string // the name that the password belongs to; empty is User
	Password string
}

func (a Account) enabled() bool { return a.User != "" }

// String leaves the password out, and so do logs and errors that print an Account.
func (a Account) String() string { return "sip:" + a.User + "@" + a.Domain }

// GoString is String.
func (a Account) GoString() string { return a.String() }

// LogValue leaves out the number too.
func (a Account) LogValue() slog.Value { return slog.StringValue("sip:…@" + a.Domain) }

// maxChallenges bounds what one request answers: a proxy and a registrar, each of which may find its nonce stale.
const maxChallenges = 4

var (
	// ErrCredentials reports that a trunk does not take our user or password.
	ErrCredentials = errors.New("sip: the trunk does not take our user or password")
	// ErrChallenge reports a challenge that can't be answered: no account, or an algorithm or protection that we don't have.
	ErrChallenge = errors.New("sip: the trunk asks for a proof that we cannot give")
)

// credentials answer the challenges of one request and of those sent in its place. They belong to whoever sends it.
type credentials struct {
	account  Account
	answered map[string]bool // by header and realm
	count    int
	proofs   []proof
}

// challenged reports a response that asks for proof; where it does not say which, it is a plain refusal.
func challenged(res *siplib.Response) bool {
	switch res.StatusCode {
	case siplib.StatusUnauthorized:
		return count(res, "WWW-Authenticate") > 0
	case siplib.StatusProxyAuthRequired:
		return count(res, "Proxy-Authenticate") > 0
	}
	return false
}

// answer works out what proves to whoever sent res that we know the password (RFC 3261 §22.2, §22.3).
func (c *credentials) answer(req *siplib.Request, res *siplib.Response) error {
	if !c.account.enabled() {
		return ErrChallenge
	}
	if c.count++; c.count > maxChallenges {
		return ErrCredentials
	}
	if c.answered == nil {
		c.answered = make(map[string]bool)
	}
	found := false
	for _, names := range [...][2]string{{"WWW-Authenticate", "Authorization"}, {"Proxy-Authenticate", "Proxy-Authorization"}} {
		for _, chal := range challenges(res, names[0]) {
			key := names[1] + " " + chal.Realm
			if c.answered[key] && !chal.Stale {
				return ErrCredentials // RFC 7616 §3.3: only a stale nonce is worth another try
			}
			cred, err := digest.Digest(chal, digest.Options{
				Method: string(req.Method), URI: req.Recipient.String(), Count: 1,
				Username: c.authUser(), Password: c.account.Password,
				GetBody: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(req.Body())), nil }, // of auth-int
			})
			if err != nil {
				return fmt.Errorf("%w: %s", ErrChallenge, chal.Algorithm)
			}
			c.answered[key], found = true, true
			c.put(proof{names[1], chal.Realm, cred.String()})
		}
	}
	if !found {
		return ErrChallenge
	}
	return nil
}

func (c *credentials) authUser() string { return cmp.Or(c.account.AuthUser, c.account.User) }

// proof is a header that shows that we know the password of a realm.
type proof struct{ name, realm, value string }

// put takes a proof; it replaces an earlier one of the same realm (RFC 3261 §22.3).
func (c *credentials) put(p proof) {
	for i, old := range c.proofs {
		if old.name == p.name && old.realm == p.realm {
			c.proofs[i] = p
			return
		}
	}
	c.proofs = append(c.proofs, p)
}

// apply puts the proofs into a request that has none.
func (c *credentials) apply(req *siplib.Request) {
	for _, p := range c.proofs {
		req.AppendHeader(siplib.NewHeader(p.name, p.value))
	}
}

// challenges reads those that we can answer, one of each realm: the topmost, as the trunk prefers it (RFC 8760 §2.4).
func challenges(res *siplib.Response, name string) []*digest.Challenge {
	var all []*digest.Challenge
	for _, h := range res.GetHeaders(name) {
		chal, err := digest.ParseChallenge(h.Value())
		if err != nil || chal.Nonce == "" {
			continue
		}
		chal.Algorithm = strings.ToUpper(chal.Algorithm) // RFC 7616 §3.3: a token; some write it small
		for i, q := range chal.QOP {
			chal.QOP[i] = strings.ToLower(strings.TrimSpace(q))
		}
		known := digest.CanDigest(chal)
		for _, other := range all {
			known = known && other.Realm != chal.Realm
		}
		if known {
			all = append(all, chal)
		}
	}
	return all
}

// reissued is a request that goes out in place of one that was refused for what can be mended: the same but for its number,
// its branch and its proofs (RFC 3261 §8.1.3.5, §22.2).
func (c *credentials) reissued(req *siplib.Request, f flow, seq uint32) *siplib.Request {
	next := req.Clone()
	for _, name := range []string{"Via", "CSeq", "Authorization", "Proxy-Authorization"} {
		for next.RemoveHeader(name) {
		}
	}
	next.PrependHeader(newVia(f))
	next.AppendHeader(&siplib.CSeqHeader{SeqNo: seq, MethodName: next.Method})
	c.apply(next)
	return next
}
