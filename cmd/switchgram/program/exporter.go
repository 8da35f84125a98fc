package program

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// exporter serves metrics at /metrics.
type exporter struct {
	listener net.Listener
	server   *http.Server
}

// newExporter listens, so that an address that is taken is known at the start. It serves nothing yet.
func newExporter(at netip.AddrPort, r *prometheus.Registry, log *slog.Logger) (*exporter, error) {
	l, err := net.Listen("tcp", at.String())
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.InstrumentMetricHandler(r, promhttp.HandlerFor(r, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn), MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	})))
	return &exporter{listener: l, server: &http.Server{
		Handler: mux, ReadTimeout: 5 * time.Second, WriteTimeout: 15 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}, nil
}

// addr is where it listens.
func (e *exporter) addr() netip.AddrPort { return e.listener.Addr().(*net.TCPAddr).AddrPort() }

// run serves until ctx ends; scrapes that run then get a moment.
func (e *exporter) run(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- e.server.Serve(e.listener) }()
	select {
	case err := <-done:
		return fmt.Errorf("metrics: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	err := e.server.Shutdown(last)
	if err != nil {
		err = errors.Join(err, e.server.Close())
	}
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// close frees the address of an exporter that never ran.
func (e *exporter) close() error { return e.listener.Close() }

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
	value := 0.0
	if up {
		value = 1
	}
	return prometheus.MustNewConstMetric(l.desc, prometheus.GaugeValue, value, line, side)
}
