package agentui

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"patchbay/store"
)

type newAPIToken struct {
	Name      string     `json:"name"`
	ExpiresAt *time.Time `json:"expires_at"`
}

type apiToken struct {
	ID        string     `json:"id"`
	Token     string     `json:"token"` // shown this once
	UserID    string     `json:"user_id"`
	Name      string     `json:"name"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at"`
}

type tokenList struct {
	Items []listedToken `json:"items"`
}

// listedToken is a token as an administrator sees it. The id is the hash of the token: it lets no one in.
type listedToken struct {
	ID string `json:"id"`
	store.APIToken
}

func getTokens(r *request) (any, error) {
	all, err := r.srv.cfg.Store.APITokens(r.Context())
	if err != nil {
		return nil, err
	}
	out := tokenList{Items: []listedToken{}}
	for _, t := range all {
		out.Items = append(out.Items, listedToken{hex.EncodeToString(t.TokenHash), t})
	}
	return out, nil
}

func postToken(r *request) (any, error) {
	user, err := r.user()
	if err != nil {
		return nil, err
	}
	var v newAPIToken
	if err := r.body(&v); err != nil {
		return nil, err
	}
	if !validName(v.Name) {
		return nil, badRequest("bad_token", "name has 1 to 200 characters: what is the token for?")
	}
	if v.ExpiresAt != nil && !v.ExpiresAt.After(r.srv.now()) {
		return nil, badRequest("bad_token", "expires_at must lie ahead.")
	}
	secret, _ := newToken()
	secret = tokenPrefix + secret
	hash := tokenHash(sha256.Sum256([]byte(secret)))
	t := store.APIToken{TokenHash: hash[:], UserID: user.ID, Name: v.Name, CreatedAt: r.srv.now(), ExpiresAt: v.ExpiresAt, CreatedBy: r.who.user.ID}
	if err := r.srv.cfg.Store.CreateAPIToken(r.Context(), t); err != nil {
		return nil, err
	}
	r.srv.audit(r, "create_token", user.ID, map[string]any{"name": v.Name})
	return apiToken{ID: hash.String(), Token: secret, UserID: user.ID, Name: v.Name, CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt}, nil
}

func deleteToken(r *request) (any, error) {
	hash, err := r.hash("token")
	if err != nil {
		return nil, err
	}
	if err := r.srv.cfg.Store.DeleteAPIToken(r.Context(), hash[:]); err != nil {
		return nil, err
	}
	r.srv.sessions.drop(hash)
	r.srv.signOut(func(who identity) bool { return who.hash == hash })
	r.srv.audit(r, "revoke_token", hash.String()[:16], nil)
	return nil, nil
}
