package program

import (
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// newExporter listens for Prometheus, which may ask at /metrics.
func newExporter(at netip.AddrPort, r *prometheus.Registry, log *slog.Logger) (*web, error) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.InstrumentMetricHandler(r, promhttp.HandlerFor(r, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn), MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	})))
	return newWeb("metrics", at, nil, mux, log)
}

// lineUp tells of every line, at each scrape, whether calls can go by it.
type lineUp struct {
	p    *Program
	desc *prometheus.Desc
}

func newLineUp(p *Program) lineUp {
	return lineUp{p: p, desc: prometheus.NewDesc(namespace+"_line_up", "1 if the line is connected on that side.", []string{"line", "side"}, nil)}
}

// Describe implements prometheus.Collector.
func (l lineUp) Describe(to chan<- *prometheus.Desc) { to <- l.desc }

// Collect implements prometheus.Collector.
func (l lineUp) Collect(to chan<- prometheus.Metric) {
	for _, line := range l.p.config.registry.Lines() {
		_, telegram := l.p.telegramLine(line.Name)
		_, sip := l.p.sipLine(line.Name)
		to <- l.side(line.Name, "telegram", telegram)
		to <- l.side(line.Name, "sip", sip)
	}
}

func (l lineUp) side(line, side string, up bool) prometheus.Metric {
	return prometheus.MustNewConstMetric(l.desc, prometheus.GaugeValue, number(up), line, side)
}

// number is how a gauge says yes.
func number(up bool) float64 {
	if up {
		return 1
	}
	return 0
}
