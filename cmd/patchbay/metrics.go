package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"patchbay/transcribe"
)

// countPatience bounds what a scrape waits for the contact centre.
const countPatience = time.Second

// registerMetrics exposes what the parts count. The desk adds its own.
func registerMetrics(r prometheus.Registerer, c *centre) {
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge := func(name, help string, f func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "patchbay", Name: name, Help: help}, f))
	}
	counter := func(name, help string, labels prometheus.Labels, f func() float64) {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: "patchbay", Name: name, Help: help, ConstLabels: labels}, f))
	}
	gauge("calls", "Customers on the line.", func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), countPatience)
		defer cancel()
		return float64(c.acd.Calls(ctx))
	})
	gauge("database_lost", "1 while records wait in the journal because the database cannot be reached.", func() float64 {
		return oneIf(c.journal.Lost())
	})
	gauge("transcription_ready", "1 while words are being written.", func() float64 {
		return oneIf(c.words.Status().State == transcribe.Ready)
	})
	gauge("transcription_lag_seconds", "How far the slowest leg's words are behind its sound.", func() float64 {
		return c.words.Metrics().LagSeconds
	})
	gauge("transcription_streams", "Legs that are being written down.", func() float64 {
		return float64(c.words.Metrics().Streams)
	})
	counter("transcription_restarts_total", "Crashes and stalls of the recogniser's process.", nil, func() float64 {
		return float64(c.words.Metrics().Restarts)
	})
	counter("transcription_dropped_seconds_total", "Sound that was given up unheard.", nil, func() float64 {
		return c.words.Metrics().DroppedSeconds
	})
	counter("sip_calls_total", "INVITEs that became calls.", nil, func() float64 { return float64(c.sip.Stats().Calls) })
	counter("sip_answered_total", "Calls answered.", nil, func() float64 { return float64(c.sip.Stats().Answered) })
	for reason, f := range map[string]func() uint64{
		"full":         func() uint64 { return c.sip.Stats().CallsFull },
		"draining":     func() uint64 { return c.sip.Stats().Draining },
		"no_ack":       func() uint64 { return c.sip.Stats().NoACK },
		"filtered":     func() uint64 { return c.sip.Stats().Filtered },
		"rate_limited": func() uint64 { return c.sip.Stats().RateLimited },
		"malformed":    func() uint64 { return c.sip.Stats().Malformed },
		"invalid":      func() uint64 { return c.sip.Stats().Invalid },
		"bad_sdp":      func() uint64 { return c.sip.Stats().BadSDP },
		"no_match":     func() uint64 { return c.sip.Stats().NoMatch },
		"unsent":       func() uint64 { return c.sip.Stats().Unsent },
		"connections":  func() uint64 { return c.sip.Stats().Refused },
	} {
		counter("sip_refused_total", "What the SIP edge dropped or refused, by reason.", prometheus.Labels{"reason": reason},
			func() float64 { return float64(f()) })
	}
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
