package agentui

import (
	"context"
	"time"

	"patchbay/store"
)

// SystemReport is how the server fares, for administrators.
type SystemReport struct {
	Version       string              `json:"version"`
	Go            string              `json:"go"`
	StartedAt     time.Time           `json:"started_at"`
	Checks        []SystemCheck       `json:"checks"` // what `patchbay doctor` says of a running server
	Disk          SystemDisk          `json:"disk"`
	Database      SystemDatabase      `json:"database"`
	Transcription SystemTranscription `json:"transcription"`
	Settings      []SystemSetting     `json:"settings"` // what counts now; changed by flags, environment or file, and a restart
}

// SystemCheck is one finding.
type SystemCheck struct {
	Name  string `json:"name"`  // such as "disk"
	State string `json:"state"` // "ok", "warn" or "bad"
	What  string `json:"what"`  // in English, as the doctor says it
	Mend  string `json:"mend"`  // empty where there is nothing to mend

	Code     string         `json:"code"`      // of what, to say it in other languages
	MendCode string         `json:"mend_code"` // of mend
	Params   map[string]any `json:"params"`    // values in both; "error" has an error's own words
}

// SystemDisk is the disk that the data lie on, in bytes.
type SystemDisk struct {
	Dir   string `json:"dir"`
	Free  uint64 `json:"free"`
	Total uint64 `json:"total"`
}

// SystemDatabase is the database; Error says why nothing more is known.
type SystemDatabase struct {
	Private bool   `json:"private"` // started by Patchbay
	Error   string `json:"error"`
	store.DatabaseState
}

// SystemTranscription is how the recogniser fares.
type SystemTranscription struct {
	State          string  `json:"state"` // "ready", "loading" or "off"
	Reason         string  `json:"reason"`
	Behind         bool    `json:"behind"`
	Model          string  `json:"model"`
	Streams        int     `json:"streams"`         // open now
	LagSeconds     float64 `json:"lag_seconds"`     // sound of the furthest stream not yet heard
	LateSeconds    float64 `json:"late_seconds"`    // of the line that is waited for longest
	KeptSeconds    float64 `json:"kept_seconds"`    // sound kept until it is written down
	DroppedSeconds float64 `json:"dropped_seconds"` // given up since the start
	Restarts       uint64  `json:"restarts"`        // of the recogniser's process, after crashes
}

// SystemSetting is one setting with its value. Secrets are none.
type SystemSetting struct {
	Name  string `json:"name"` // the flag without dashes
	Value string `json:"value"`
}

func getSystem(r *request) (any, error) {
	if r.srv.cfg.System == nil {
		return nil, notFound("report")
	}
	ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
	defer cancel()
	return r.srv.cfg.System(ctx), nil
}
