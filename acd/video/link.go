package video

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"patchbay/acd"
)

// tokenHash names a link; the table holds no token that a guess could be compared with byte by byte.
type tokenHash [sha256.Size]byte

// link lets one browser in, as one participant.
type link struct {
	hash    tokenHash
	token   string // shown on the agent's desk
	code    string // nine digits; "" for an invited participant
	role    string
	session *session
	seat    *seat
	expires time.Time
	cookie  *tokenHash // of the browser that it is bound to; nil before
}

// name tells the cookies of two links apart in one browser. It gives nothing away of the token.
func (l *link) name() string { return hex.EncodeToString(l.hash[:4]) }

// randomToken has 128 random bits.
func randomToken() (string, tokenHash) {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails (crypto/rand)
	token := base64.RawURLEncoding.EncodeToString(raw[:])
	return token, sha256.Sum256([]byte(token))
}

// codeDigits: with 500 open links and every attempt that the limits allow in LinkLife, a guess comes true once in some hundred
// hours of attack, and then it opens a preview that the agent sees.
const codeDigits = 9

func (s *Sessions) randomCode() string {
	for {
		n, _ := rand.Int(rand.Reader, big.NewInt(1_000_000_000))
		code := fmt.Sprintf("%0*d", codeDigits, n)
		if s.codes[code] == nil {
			return code
		}
	}
}

// spoken groups a code's digits as they are read aloud.
func spoken(code string) string {
	if len(code) != codeDigits {
		return ""
	}
	return code[:3] + " " + code[3:6] + " " + code[6:]
}

// newLink makes a link of a session; an unused one before it is void.
func (s *Sessions) newLink(v *session, role string, now time.Time) *link {
	if old := v.guestLink; role == RoleGuest && old != nil {
		old.expires = now
		delete(s.codes, old.code)
	}
	l := &link{role: role, session: v, expires: now.Add(LinkLife)}
	l.token, l.hash = randomToken()
	if role == RoleGuest {
		l.code = s.randomCode()
		s.codes[l.code] = l
	}
	l.seat = v.seatOf(role)
	s.links[l.hash] = l
	return l
}

// Entry is what a link's page needs to know.
type Entry struct {
	State        string `json:"state"` // "open", or "yours": this browser has it, and may go on
	Role         string `json:"role"`
	Stopped      bool   `json:"stopped"`  // the guest pressed Stop: a reload does not go on by itself
	OnPhone      bool   `json:"on_phone"` // the guest is on the telephone
	Recorded     bool   `json:"recorded"` // what is shown will be kept: the guest consents to it
	Speak        bool   `json:"speak"`    // the guest may speak in the browser
	AgentName    string `json:"agent_name"`
	Organisation string `json:"organisation"`
	CookieName   string `json:"-"` // the link's part of it
}

// Look tells what a link is, to the browser with that cookie. It changes nothing: messengers fetch links ahead.
func (s *Sessions) Look(ctx context.Context, token, cookie string) (e Entry, err error) {
	err = s.ask(ctx, func() error {
		l, err := s.find(token, cookie)
		if err != nil {
			return err
		}
		e = s.entry(l)
		return nil
	})
	return e, err
}

// CookieName is the part of the cookie's name that belongs to a token, known or not.
func CookieName(token string) string {
	l := link{hash: sha256.Sum256([]byte(token))}
	return l.name()
}

func (s *Sessions) entry(l *link) Entry {
	e := Entry{State: "open", Role: l.role, OnPhone: l.session.onPhone, Speak: s.cfg.Voices != nil, Recorded: s.willFilm(l.session), AgentName: s.agents[l.session.agentID], Organisation: s.cfg.Organisation, CookieName: l.name()}
	if l.cookie != nil {
		e.State = "yours"
		e.Stopped = l.session.stopped
	}
	return e
}

// find judges a token: whether the browser with that cookie may use it.
func (s *Sessions) find(token, cookie string) (*link, error) {
	l := s.links[sha256.Sum256([]byte(token))]
	switch {
	case l == nil:
		return nil, ErrUnknown
	case l.cookie != nil && !l.bound(cookie):
		return nil, ErrUsed
	case l.cookie == nil && !time.Now().Before(l.expires):
		return nil, ErrExpired
	case l.session.ended() && l.cookie == nil:
		return nil, ErrOver
	}
	return l, nil
}

func (l *link) bound(cookie string) bool {
	given := sha256.Sum256([]byte(cookie))
	return cookie != "" && subtle.ConstantTimeCompare(given[:], l.cookie[:]) == 1
}

// Claim binds a link to the browser that asks, for good, and gives the cookie that it is known by from then on. To the browser
// that has it already it gives the same answer again and no cookie.
func (s *Sessions) Claim(ctx context.Context, token, cookie string) (given string, e Entry, err error) {
	err = s.ask(ctx, func() error {
		l, err := s.find(token, cookie)
		if err != nil {
			return err
		}
		if l.session.ended() {
			return ErrOver
		}
		if l.cookie == nil {
			var hash tokenHash
			given, hash = randomToken()
			l.cookie = &hash
			delete(s.codes, l.code)
			l.code = ""
			s.event(l.session, "video_consent", l.seat.id, map[string]any{"role": l.role})
			if l.role == RoleGuest {
				s.cfg.Centre().GuestCame(l.session.interaction)
			}
			s.publish(l.session)
		}
		e = s.entry(l)
		return nil
	})
	return given, e, err
}

// ByCode gives the token of a spoken code.
func (s *Sessions) ByCode(ctx context.Context, typed string) (token string, err error) {
	code := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case r >= '０' && r <= '９': // full-width, as a Japanese keyboard types them
			return r - '０' + '0'
		}
		return -1
	}, typed)
	err = s.ask(ctx, func() error {
		l := s.codes[code]
		if l == nil {
			return ErrUnknown
		}
		if !time.Now().Before(l.expires) || l.session.ended() {
			return ErrExpired
		}
		token = l.token
		return nil
	})
	return token, err
}

// Invite makes a link for a further participant: RoleWatch or RoleDraw.
func (s *Sessions) Invite(ctx context.Context, agentID, interactionID, role string) error {
	if role != RoleWatch && role != RoleDraw {
		return &acd.Error{Code: "bad_role", Message: `An invited person may "watch" or "draw".`}
	}
	return s.ask(ctx, func() error {
		v, err := s.mine(agentID, interactionID)
		if err != nil {
			return err
		}
		if len(v.seats) >= maxPeople {
			return &acd.Error{Code: "room_full", Message: "No more people fit into this session."}
		}
		l := s.newLink(v, role, time.Now())
		v.invited = append(v.invited, l)
		s.event(v, "video_invite", agentID, map[string]any{"role": role, "seat": l.seat.id})
		s.publish(v)
		return nil
	})
}

// mine is the running session of an agent's call.
func (s *Sessions) mine(agentID, interactionID string) (*session, error) {
	in := s.interactions[interactionID]
	if in == nil || !in.talking[agentID] {
		return nil, errNoCall
	}
	if in.session == nil || in.session.ended() {
		return nil, errNoVideo
	}
	return in.session, nil
}

// Sent notes where an agent has sent a link, and how that went.
func (s *Sessions) Sent(ctx context.Context, agentID, interactionID string, send func(link string) (to string, err error)) error {
	var address string
	err := s.ask(ctx, func() error {
		v, err := s.mine(agentID, interactionID)
		if err != nil {
			return err
		}
		if v.guestLink == nil || v.guestLink.cookie != nil {
			return &acd.Error{Code: "link_used", Message: "The guest is in already: the link is used."}
		}
		if len(v.sent) >= maxSent {
			return &acd.Error{Code: "too_many", Message: "The link was sent often enough. Read the code aloud instead."}
		}
		address = s.cfg.Link(v.guestLink.token)
		return nil
	})
	if err != nil {
		return err
	}
	to, sendErr := send(address) // beside Run: it may take a while
	return s.ask(ctx, func() error {
		v, err := s.mine(agentID, interactionID)
		if err != nil {
			return err
		}
		note := SentLink{To: to, At: time.Now()}
		if sendErr != nil {
			note.Err = sendErr.Error()
		}
		v.sent = append(slices.Clone(v.sent), note)
		s.event(v, "video_link_sent", agentID, map[string]any{"to": to, "ok": sendErr == nil})
		s.publish(v)
		return nil
	})
}
