package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"patchbay/agentui"
	"patchbay/store"
	"patchbay/transcribe"
	"patchbay/transcribe/remote"
)

// auditPatience is how long an entry of the audit may take: it holds a worker's calls up.
const auditPatience = 2 * time.Second

// tokenPath is where a token lies that nobody has chosen.
func tokenPath(s *settings) string { return filepath.Join(s.DataDir, "transcriber.token") }

// tokenFile says where an administrator finds the token.
func (c *centre) tokenFile() string {
	if _, err := os.Stat(tokenPath(c.s)); err != nil {
		return "the setting transcriber_token"
	}
	return tokenPath(c.s)
}

// transcriberToken is what recognisers on other machines show: as it is set, or as the first start made it.
func transcriberToken(s *settings) (string, error) {
	if s.WorkerToken != "" {
		return s.WorkerToken, nil
	}
	path := tokenPath(s)
	token, err := readToken(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return token, err
	}
	var lot [32]byte
	_, _ = rand.Read(lot[:]) // never fails
	token = base64.RawURLEncoding.EncodeToString(lot[:])
	if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("the token of recognisers cannot be kept: %w", err)
	}
	return token, nil
}

// transcribers lets the web edge take recognisers in.
type transcribers struct{ c *centre }

var _ agentui.Transcribers = transcribers{}

func (t transcribers) HasToken(r *http.Request) bool {
	return remote.HasToken(r, t.c.s.WorkerToken)
}

func (t transcribers) SameVersion(r *http.Request) (theirs, ours string, same bool) {
	theirs, same = remote.SameVersion(r)
	return theirs, strconv.Itoa(transcribe.ProtocolVersion), same
}

func (t transcribers) Serve(w http.ResponseWriter, r *http.Request, refuse func(http.ResponseWriter, int, string)) {
	peer, err := remote.Accept(w, r, refuse)
	if err != nil {
		return // it is answered
	}
	if err := t.c.words.Attach(context.WithoutCancel(r.Context()), peer); err != nil {
		t.c.log.Debug("a recogniser's connection", "address", peer.Address, "err", err)
	}
}

func (t transcribers) List() []agentui.Transcriber {
	var list []agentui.Transcriber
	for _, w := range t.c.words.Workers() {
		state := "ready"
		switch {
		case w.Silent:
			state = "silent"
		case w.BehindMS > 3000:
			state = "behind"
		}
		list = append(list, agentui.Transcriber{Name: w.Name, Address: w.Address, Model: w.Model, Version: w.Program, Cores: w.Cores, Streams: w.Streams,
			Waiting: w.Waiting, BehindMS: w.BehindMS, State: state, ConnectedAt: w.Connected.UTC()})
	}
	return list
}

// auditWorker writes down that a recogniser on another machine has come or gone: it hears calls.
func (c *centre) auditWorker(w transcribe.WorkerStatus, gone error) {
	e := store.AuditEntry{Actor: "transcriber", Action: "transcriber_connected", Object: w.Name, Address: w.Address, Data: map[string]any{"model": w.Model, "version": w.Program, "cores": w.Cores}}
	if gone != nil {
		e.Action, e.Data = "transcriber_gone", map[string]any{"reason": gone.Error()}
	}
	ctx, cancel := context.WithTimeout(context.Background(), auditPatience)
	defer cancel()
	if err := c.store.AppendAudit(ctx, e); err != nil {
		c.log.Warn("audit entry not stored", "action", e.Action, "object", e.Object, "err", err)
	}
}

// workerMetrics shows each recogniser that is connected, as long as it is.
type workerMetrics struct{ words *transcribe.Service }

var (
	workerLabels  = []string{"worker", "address"}
	workerStreams = prometheus.NewDesc("patchbay_transcriber_streams", "Legs that a recogniser writes down.", workerLabels, nil)
	workerCores   = prometheus.NewDesc("patchbay_transcriber_cores", "Passes that a recogniser runs at a time.", workerLabels, nil)
	workerBehind  = prometheus.NewDesc("patchbay_transcriber_behind_seconds", "How late the line is that a recogniser is waited for longest.", workerLabels, nil)
	workerSilent  = prometheus.NewDesc("patchbay_transcriber_silent", "1 while nothing is heard of a recogniser: others have its calls.", workerLabels, nil)
	workerPasses  = prometheus.NewDesc("patchbay_transcriber_passes_total", "Passes that a recogniser has run.", workerLabels, nil)
	workerFailed  = prometheus.NewDesc("patchbay_transcriber_failed_total", "Stretches that a recogniser could not decode.", workerLabels, nil)
)

// Describe implements prometheus.Collector.
func (m workerMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{workerStreams, workerCores, workerBehind, workerSilent, workerPasses, workerFailed} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m workerMetrics) Collect(ch chan<- prometheus.Metric) {
	for _, w := range m.words.Workers() {
		for _, v := range []struct {
			desc  *prometheus.Desc
			kind  prometheus.ValueType
			value float64
		}{
			{workerStreams, prometheus.GaugeValue, float64(w.Streams)},
			{workerCores, prometheus.GaugeValue, float64(w.Cores)},
			{workerBehind, prometheus.GaugeValue, float64(w.BehindMS) / 1000},
			{workerSilent, prometheus.GaugeValue, oneIf(w.Silent)},
			{workerPasses, prometheus.CounterValue, float64(w.Passes)},
			{workerFailed, prometheus.CounterValue, float64(w.Failed)},
		} {
			ch <- prometheus.MustNewConstMetric(v.desc, v.kind, v.value, w.Name, w.Address)
		}
	}
}

// checkTranscribers says where words are written, and how another machine helps.
func checkTranscribers(_ context.Context, s *settings) finding {
	where := "this machine"
	if s.Transcriber == "none" {
		where = "other machines only"
	}
	token := "the setting transcriber_token"
	if s.WorkerToken == "" {
		path := tokenPath(s)
		_, err := readToken(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			token = path + ", which the first start makes"
		case err != nil:
			return finding{what: err.Error(), mend: "remove " + path + ": the next start makes another, of which every recogniser needs a copy"}
		default:
			token = path
		}
	}
	f := finding{what: fmt.Sprintf("words are written on %s; another connects by patchbay transcriber --connect URL with a copy of %s", where, token)}
	if s.Transcriber == "none" && loopback(s.HTTP) && s.PublicURL == "" {
		f.warn, f.mend = true, "other machines do not reach "+s.HTTP+": give --http, --tls-cert and --tls-key, or --public-url of a proxy with https, or leave --transcriber out"
	}
	return f
}
