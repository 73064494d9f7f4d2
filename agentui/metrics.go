package agentui

import "github.com/prometheus/client_golang/prometheus"

// metrics are the web edge's own counters.
type metrics struct {
	sockets     prometheus.Gauge
	badMessages prometheus.Counter
	slowSockets prometheus.Counter
	crossOrigin prometheus.Counter
	signIns     *prometheus.CounterVec // by result
	hubCuts     prometheus.CounterFunc
}

func newMetrics(r prometheus.Registerer, hub *Hub) *metrics {
	name := func(s string) string { return "patchbay_web_" + s }
	m := &metrics{
		sockets:     prometheus.NewGauge(prometheus.GaugeOpts{Name: name("sockets"), Help: "WebSockets that are open."}),
		badMessages: prometheus.NewCounter(prometheus.CounterOpts{Name: name("bad_messages_total"), Help: "WebSocket messages that were refused, with their connection."}),
		slowSockets: prometheus.NewCounter(prometheus.CounterOpts{Name: name("slow_sockets_total"), Help: "WebSockets closed because the browser did not read."}),
		crossOrigin: prometheus.NewCounter(prometheus.CounterOpts{Name: name("cross_origin_total"), Help: "Requests refused because another site sent them."}),
		signIns:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: name("sign_ins_total"), Help: "Sign-ins by result."}, []string{"result"}),
		hubCuts: prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name("snapshots_again_total"), Help: "Tabs that read too slowly for deltas and got a new snapshot."},
			func() float64 { return float64(hub.cutCount()) }),
	}
	if r != nil {
		r.MustRegister(m.sockets, m.badMessages, m.slowSockets, m.crossOrigin, m.signIns, m.hubCuts)
	}
	return m
}
