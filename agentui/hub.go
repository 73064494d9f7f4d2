package agentui

import (
	"log/slog"

	"patchbay/acd"
)

// HubConfig configures a Hub.
type HubConfig struct {
	Log *slog.Logger
}

// Hub shows desks what changes in the contact centre.
type Hub struct {
	log *slog.Logger
}

var _ acd.Publisher = (*Hub)(nil)

// NewHub makes a Hub. It is ready at once, so that the contact centre can publish before the server listens.
func NewHub(cfg HubConfig) *Hub { return &Hub{log: cfg.Log} }

// User implements acd.Publisher.
func (h *Hub) User(userID, typ string, data any) {}

// Interaction implements acd.Publisher.
func (h *Hub) Interaction(interactionID, typ string, data any) {}

// InteractionEnd implements acd.Publisher.
func (h *Hub) InteractionEnd(interactionID string) {}

// Board implements acd.Publisher.
func (h *Hub) Board(acd.Board) {}

// System implements acd.Publisher.
func (h *Hub) System(acd.System) {}
