package agentui

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"patchbay/store"
)

// slowStore revokes a session while it is being read.
type slowStore struct {
	*fakeStore
	meanwhile func()
}

func (s *slowStore) Session(ctx context.Context, hash []byte) (store.Session, error) {
	v, err := s.fakeStore.Session(ctx, hash)
	if s.meanwhile != nil {
		s.meanwhile()
	}
	return v, err
}

// A session that is revoked while a request reads it is gone for the next request, not only when the cache is old.
func TestRevokedWhileRead(t *testing.T) {
	st := &slowStore{fakeStore: newFakeStore()}
	now := time.Unix(1_700_000_000, 0)
	s := newSessions(st, slog.New(slog.DiscardHandler), func() time.Time { return now })
	for _, late := range []time.Duration{sessionFresh, sessionTouch} { // the second is written too
		st.meanwhile = nil
		token, hash, err := s.create(t.Context(), st.users["akiko"], netip.MustParseAddr("127.0.0.1"), "")
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(late)
		st.meanwhile = func() {
			_ = st.RevokeSession(t.Context(), hash[:])
			s.drop(hash)
		}
		_, _ = s.find(t.Context(), token, false) // began before the end: either answer is true
		if who, err := s.find(t.Context(), token, false); !errors.Is(err, errNoSession) {
			t.Errorf("after %v %q is still signed in: %v", late, who.user.ID, err)
		}
	}
}
