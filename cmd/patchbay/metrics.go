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
	gauge("outbound_calls", "Calls that were placed and are not over.", func() float64 { return float64(c.sip.Stats().ActivePlaced) })
	counter("outbound_calls_total", "Calls that were placed.", nil, func() float64 { return float64(c.sip.Stats().Placed) })
	gauge("database_lost", "1 while records wait in the journal because the database cannot be reached.", func() float64 {
		return oneIf(c.journal.Lost())
	})
	gauge("disk_free_bytes", "Room on the data directory's disk.", func() float64 {
		free, _, err := diskSpace(c.s.DataDir)
		if err != nil {
			return 0
		}
		return float64(free)
	})
	gauge("recordings", "Calls that are being recorded.", func() float64 { return float64(c.keeper.vault.Live()) })
	gauge("recordings_waiting", "Finished recordings that are not in the bucket yet.", func() float64 { return float64(c.keeper.vault.Waiting()) })
	gauge("recordings_bucket_failing", "1 while the bucket of recordings takes nothing.", func() float64 {
		return oneIf(c.keeper.vault.Trouble() != nil)
	})
	gauge("transcription_ready", "1 while words are being written.", func() float64 {
		return oneIf(c.words.Status().State == transcribe.Ready)
	})
	gauge("transcription_behind", "1 while lines come more than 3 s late; the desks say so too.", func() float64 {
		return oneIf(c.words.Status().Behind)
	})
	gauge("transcription_late_seconds", "How late the line is that is waited for longest.", func() float64 {
		return c.words.Metrics().LateSeconds
	})
	gauge("transcription_lag_seconds", "How far the slowest leg's words are behind its sound.", func() float64 {
		return c.words.Metrics().LagSeconds
	})
	gauge("transcription_streams", "Legs that are being written down.", func() float64 {
		return float64(c.words.Metrics().Streams)
	})
	r.MustRegister(workerMetrics{c.words})
	counter("transcription_restarts_total", "Crashes and stalls of the recogniser's process.", nil, func() float64 {
		return float64(c.words.Metrics().Restarts)
	})
	counter("transcription_dropped_seconds_total", "Sound that was given up unheard.", nil, func() float64 {
		return c.words.Metrics().DroppedSeconds
	})
	counter("bridge_ticks_total", "Periods of 20 ms that bridges carried.", nil, func() float64 { return float64(c.bridges.Stats().Ticks) })
	counter("bridge_skipped_total", "Periods that were skipped because the machine was too busy.", nil, func() float64 {
		return float64(c.bridges.Stats().Skipped)
	})
	counter("bridge_tap_drops_total", "Frames that a slow reader of a tap lost.", nil, func() float64 {
		return float64(c.bridges.Stats().TapDrops)
	})
	gauge("bridge_lateness_p99_seconds", "How late the 99th of 100 ticks began, since the start.", func() float64 {
		return c.bridges.Stats().LateP99.Seconds()
	})
	for kind, f := range map[string]func() float64{
		"received":  func() float64 { return float64(c.sip.Stats().Media.Received) },
		"sent":      func() float64 { return float64(c.sip.Stats().Media.Sent) },
		"malformed": func() float64 { return float64(c.sip.Stats().Media.Malformed + c.sip.Stats().Media.RTCPMalformed) },
		"foreign":   func() float64 { return float64(c.sip.Stats().Media.Foreign) },
		"late":      func() float64 { return float64(c.sip.Stats().Media.Late) },
		"dropped":   func() float64 { return float64(c.sip.Stats().Media.Dropped) },
	} {
		counter("rtp_packets_total", "Packets of telephone audio, by what became of them.", prometheus.Labels{"kind": kind}, f)
	}
	counter("rtp_concealed_seconds_total", "Telephone sound made up for packets lost or late.", nil, func() float64 {
		return c.sip.Stats().Media.Concealed.Seconds()
	})
	if c.s.Register != "" {
		gauge("sip_registered", "1 while the trunk's registrar sends the account's calls here.", func() float64 {
			return oneIf(c.sip.Registration().Held)
		})
		counter("sip_registration_failures_total", "Attempts to register at the trunk that failed.", nil, func() float64 {
			return float64(c.sip.Registration().Failed)
		})
	}
	counter("sip_calls_total", "INVITEs that became calls.", nil, func() float64 { return float64(c.sip.Stats().Calls) })
	counter("sip_answered_total", "Calls answered.", nil, func() float64 { return float64(c.sip.Stats().Answered) })
	for reason, f := range map[string]func() uint64{
		"full":         func() uint64 { return c.sip.Stats().CallsFull },
		"draining":     func() uint64 { return c.sip.Stats().Draining },
		"expired":      func() uint64 { return c.sip.Stats().Expired },
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
