package program

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"switchgram/bridge"
)

// metrics is what Prometheus may know of a program: how calls go, which lines are up, and how the process does. No label is a number
// or the name of a person; docs/metrics.md explains them all. It is a bridge.Sink.
type metrics struct {
	registry *prometheus.Registry

	running  *prometheus.GaugeVec
	calls    *prometheus.CounterVec
	talk     *prometheus.HistogramVec
	setup    *prometheus.HistogramVec
	loss     *prometheus.HistogramVec
	jitter   *prometheus.HistogramVec
	trip     *prometheus.HistogramVec
	mos      *prometheus.HistogramVec
	hears    *prometheus.HistogramVec
	silences *prometheus.CounterVec
	silent   *prometheus.CounterVec
	packets  *prometheus.CounterVec
	lost     *prometheus.CounterVec
	made     *prometheus.CounterVec
	paths    *prometheus.CounterVec
	xml      *prometheus.CounterVec
}

// Buckets. Those of opinions are the categories of ITU-T G.107 Annex B; a ringing person takes up to a minute, ICE a second.
var (
	talkBuckets   = []float64{1, 10, 30, 60, 180, 600, 1800, 3600, 7200}
	setupBuckets  = []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 40, 60}
	lossBuckets   = []float64{0, .001, .005, .01, .02, .03, .05, .1, .2, .5}
	jitterBuckets = []float64{.001, .0025, .005, .01, .02, .03, .05, .1, .2}
	tripBuckets   = []float64{.001, .005, .01, .025, .05, .1, .15, .2, .3, .5, 1, 2}
	mosBuckets    = []float64{1, 2, 2.58, 3.1, 3.6, 4.03, 4.34, 4.5}
)

// newMetrics makes those of a program, whose lines are asked for at each scrape.
func newMetrics(lines prometheus.Collector) *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	m.running = m.gauges("calls", "Calls that are running.", "from", "to")
	m.calls = m.counters("calls_ended_total", "Calls that have ended.", "from", "to", "cause", "fault")
	m.talk = m.histograms("call_talk_seconds", "How long caller and callee heard each other.", talkBuckets, "from", "to")
	m.setup = m.histograms("leg_setup_seconds", "What each stage of a leg's set-up took.", setupBuckets, "leg", "stage")
	m.loss = m.histograms("leg_loss_ratio", "Share of a leg's packets that were lost.", lossBuckets, "leg", "direction")
	m.jitter = m.histograms("leg_jitter_seconds", "Mean interarrival jitter (RFC 3550).", jitterBuckets, "leg", "direction")
	m.trip = m.histograms("leg_round_trip_seconds", "Mean round trip to the far end.", tripBuckets, "leg")
	m.mos = m.histograms("leg_mos", "Opinion score of one direction of a leg, by the E-model.", mosBuckets, "leg", "direction")
	m.hears = m.histograms("leg_hears_mos", "Opinion score of what the person at a leg's far end hears of the other.", mosBuckets, "leg")
	m.silences = m.counters("silences_total", "Times that nothing passed in a direction of a leg though it should have.", "leg", "direction")
	m.silent = m.counters("silent_seconds_total", "How long that was; counted when the call ends.", "leg", "direction")
	m.packets = m.counters("packets_total", "Packets with sound; counted when the call ends.", "leg", "direction")
	m.lost = m.counters("packets_lost_total", "Packets that were lost, of those sent to us or by us.", "leg", "direction")
	m.made = m.counters("packets_made_total", "Packets sent to a leg's far end, by how they came to be.", "leg", "how")
	m.paths = m.counters("candidate_pairs_total", "Kinds of ICE candidates that carried a leg's packets, each time they did.", "pair")
	m.xml = m.counters("xml_requests_total", "Questions of FreeSWITCH's mod_xml_curl.", "section", "result")
	m.registry.MustRegister(lines, collectors.NewGoCollector(), collectors.NewBuildInfoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

const namespace = "switchgram"

func (m *metrics) gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *metrics) counters(name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *metrics) histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
	m.registry.MustRegister(v)
	return v
}

// Publish implements bridge.Sink.
func (m *metrics) Publish(ev bridge.Event) {
	from, to := kindOf(ev.From), kindOf(ev.To)
	switch ev.Kind {
	case bridge.CallIncoming, bridge.CallOriginated:
		m.running.WithLabelValues(from, to).Inc()
	case bridge.CallSilent:
		m.silences.WithLabelValues(kindOf(ev.Address.String()), string(ev.Silence.Direction)).Inc()
	case bridge.CallEnded:
		m.running.WithLabelValues(from, to).Dec()
		m.calls.WithLabelValues(from, to, ev.Cause.String(), ev.Outcome.Fault.String()).Inc()
		if t := ev.Outcome.Times; t.Answered() {
			m.talk.WithLabelValues(from, to).Observe(t.Talk().Seconds())
		}
		for _, l := range ev.Outcome.Legs {
			m.leg(l)
		}
	}
}

// kindOf is the scheme of an address, if it is one of ours: labels must not come from outside.
func kindOf(address string) string {
	scheme, _, _ := strings.Cut(address, ":")
	switch scheme {
	case "tg", "sip", "verto":
		return scheme
	default:
		return "other"
	}
}

// leg counts what became of a leg.
func (m *metrics) leg(l bridge.LegOutcome) {
	kind, q := kindOf(l.Address.String()), l.Quality
	for _, s := range l.Stages.Delays() {
		m.setup.WithLabelValues(kind, s.Name).Observe(s.Took.Seconds())
	}
	for _, p := range q.Paths {
		m.paths.WithLabelValues(p.Path).Inc()
	}
	m.flow(kind, bridge.In, q.In)
	m.flow(kind, bridge.Out, q.Out)
	if q.RTT > 0 {
		m.trip.WithLabelValues(kind).Observe(time.Duration(q.RTT).Seconds())
	}
	if q.Hears > 0 {
		m.hears.WithLabelValues(kind).Observe(q.Hears)
	}
	for how, n := range map[string]uint64{
		"relayed": q.Room.Relayed, "transcoded": q.Room.Transcoded, "played": q.Room.Played,
		"silence": q.Room.Silence, "concealed": q.Room.Concealed,
	} {
		m.made.WithLabelValues(kind, how).Add(float64(n))
	}
}

// flow counts one direction of a leg. What nobody has measured is no observation.
func (m *metrics) flow(kind string, d bridge.Direction, f bridge.Flow) {
	m.packets.WithLabelValues(kind, string(d)).Add(float64(f.Packets))
	m.lost.WithLabelValues(kind, string(d)).Add(float64(f.Lost))
	m.silent.WithLabelValues(kind, string(d)).Add(time.Duration(f.Silent).Seconds())
	if f.MOS > 0 {
		m.mos.WithLabelValues(kind, string(d)).Observe(f.MOS)
		m.loss.WithLabelValues(kind, string(d)).Observe(f.Loss)
		m.jitter.WithLabelValues(kind, string(d)).Observe(time.Duration(f.Jitter).Seconds())
	}
}

// sinks gives events to several.
type sinks []bridge.Sink

// Publish implements bridge.Sink.
func (s sinks) Publish(ev bridge.Event) {
	for _, sink := range s {
		sink.Publish(ev)
	}
}
