package program

import (
	"github.com/prometheus/client_golang/prometheus"

	"switchgram/bridge/sip"
)

// strays tells, at each scrape, what came to the ports of SIP's sound for no call.
type strays struct {
	agents []*sip.Agent
	desc   *prometheus.Desc
}

func newStrays(agents []*sip.Agent) strays {
	return strays{agents: agents, desc: prometheus.NewDesc(namespace+"_rtp_strays_total", "Datagrams to ports of SIP's sound that were no call's.",
		[]string{"what"}, nil)}
}

// Describe implements prometheus.Collector.
func (s strays) Describe(to chan<- *prometheus.Desc) { to <- s.desc }

// Collect implements prometheus.Collector.
func (s strays) Collect(to chan<- prometheus.Metric) {
	var all sip.Strays
	for _, a := range s.agents {
		one := a.Strays()
		all.Foreign, all.Unknown, all.Ambiguous = all.Foreign+one.Foreign, all.Unknown+one.Unknown, all.Ambiguous+one.Ambiguous
	}
	for what, n := range map[string]uint64{"foreign": all.Foreign, "unknown": all.Unknown, "ambiguous": all.Ambiguous} {
		to <- prometheus.MustNewConstMetric(s.desc, prometheus.CounterValue, float64(n), what)
	}
}
