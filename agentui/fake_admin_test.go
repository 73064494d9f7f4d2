package agentui

import (
	"context"
	"slices"
	"time"

	"patchbay/store"
)

func (f *fakeStore) AuditEntries(context.Context, store.AuditQuery) (list []store.NamedEntry, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.audit {
		list = append(list, store.NamedEntry{AuditEntry: e})
	}
	return list, nil
}
func (f *fakeStore) AuditActions(context.Context) ([]string, error) { return nil, nil }
func (f *fakeStore) Holds(context.Context, store.HoldQuery) (store.HeldPage, error) {
	return store.HeldPage{}, nil
}
func (f *fakeStore) Keeps(context.Context, time.Time) ([]store.QueueKeep, error) { return nil, nil }
func (f *fakeStore) SignedIn(_ context.Context, id string, at time.Time) error {
	u, err := get(f, f.users, id)
	if err != nil {
		return err
	}
	u.LastSignIn = &at
	return put(f, f.users, id, u)
}
func (f *fakeStore) DeleteUser(_ context.Context, id string) (bool, error) {
	return true, remove(f, f.users, func(key string, _ store.User) bool { return key == id })
}
func (f *fakeStore) SaveStaffedQueue(ctx context.Context, q store.Queue, _ []string) error {
	return f.SaveQueue(ctx, q)
}
func (f *fakeStore) DeleteQueue(_ context.Context, id string) error {
	return remove(f, f.queues, func(key string, _ store.Queue) bool { return key == id })
}
func (f *fakeStore) ReplaceWrapUpCodes(context.Context, []store.WrapUpCode) error { return nil }
func (f *fakeStore) MaskRules(context.Context) ([]store.MaskRule, error)          { return f.masks, nil }
func (f *fakeStore) ReplaceMaskRules(_ context.Context, list []store.MaskRule) error {
	f.masks = list
	return nil
}

func (f *fakeStore) APITokens(context.Context) ([]store.APIToken, error) {
	list, err := all(f, f.tokens, func(store.APIToken) bool { return true })
	slices.SortFunc(list, func(a, b store.APIToken) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return list, err
}
func (f *fakeStore) TouchAPIToken(_ context.Context, hash []byte, used time.Time) error {
	t, err := get(f, f.tokens, string(hash))
	if err != nil {
		return err
	}
	t.LastUsed = &used
	return put(f, f.tokens, string(hash), t)
}
func (f *fakeStore) OriginalsKept(context.Context, *store.Scope, int) ([]store.KeptOriginals, error) {
	return nil, nil
}
func (f *fakeStore) Cues(context.Context) ([]store.Cues, error) { return f.cues, nil }
func (f *fakeStore) ReplaceCues(_ context.Context, list []store.Cues) error {
	f.cues = list
	return nil
}
