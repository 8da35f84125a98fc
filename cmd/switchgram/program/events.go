package program

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchgram/bridge/line"
	"switchgram/bridge/store"
	"switchgram/bridge/stream"
)

// Events is where others may follow what happens, as it happens; docs/events.md explains.
type Events struct {
	TokenWeb `yaml:",inline"`
	Origins  []string `yaml:"origins"` // of pages elsewhere whose scripts may read
	Keep     Days     `yaml:"keep"`    // how long who was cut off may go on; 0: a week, if listen is there, or else not at all
}

// usualKeep is how many days events are kept.
const usualKeep = Days(7)

// check completes the block, or reports what is wrong with it.
func (e *Events) check(say func(key, format string, args ...any)) {
	e.TokenWeb.check(say, "events.", tokenWords{
		missing: "where may others read? Such as 127.0.0.1:8095", risk: "names and numbers are told there", tokens: "readers in, such as [{env: EVENTS_TOKEN}]",
	})
	checkOrigins(say, "events.origins", e.Origins, "https://board.example.org")
	if e.Listen.IsValid() && e.Keep == 0 {
		e.Keep = usualKeep
	}
}

// tokens reads tokens of a key.
func (c *Config) tokens(key string, from []SecretAt) (all []string, err error) {
	for i, at := range from {
		token, err := c.secret(fmt.Sprintf("%s[%d]", key, i), line.SecretRef(at))
		if err != nil {
			return nil, err
		}
		all = append(all, token)
	}
	return all, nil
}

// keepEvents has the store keep events, for as long as they may be asked for.
func (p *Program) keepEvents(o *store.Options) {
	o.KeepEvents = time.Duration(p.config.Events.Keep) * 24 * time.Hour
	o.Kept = func() {
		if p.events != nil {
			p.events.Wake()
		}
	}
}

// errEventsStore: events are kept with the records of calls.
var errEventsStore = errors.New("events are kept in the store; it cannot be none")

// openEvents listens for readers of events, if there are to be any.
func (p *Program) openEvents() (err error) {
	e := &p.config.Events
	switch {
	case !e.Listen.IsValid():
		return nil
	case p.store == nil:
		return p.config.wrong("events", errEventsStore)
	}
	o := stream.Options{Archive: p.store, Origins: e.Origins, Log: p.log}
	if o.Tokens, err = p.config.tokens("events.tokens", e.Tokens); err != nil {
		return err
	}
	if p.events, err = stream.New(o); err != nil {
		return p.config.wrong("events.tokens", err)
	}
	secure, err := serverTLS(e.Certificate, e.Key)
	if err != nil {
		return p.config.wrong("events.certificate", err)
	}
	p.observeEvents()
	mux := http.NewServeMux()
	mux.Handle("/events", p.events)
	p.readers, err = newWeb("events", e.Listen, secure, mux, p.log)
	return err
}

// observeEvents adds the readers of events to what Prometheus sees.
func (p *Program) observeEvents() {
	m := p.metrics
	if m == nil {
		return
	}
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "event_readers", Help: "Who follows events now.",
	}, func() float64 { return float64(p.events.Stats().Readers) }))
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Namespace: namespace, Name: "event_readers_dropped_total", Help: "Readers of events that were cut off since they took nothing.",
	}, func() float64 { return float64(p.events.Stats().Dropped) }))
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Namespace: namespace, Name: "events_told_total", Help: "Events told to readers, once for each.",
	}, func() float64 { return float64(p.events.Stats().Told) }))
}

// serveEvents serves readers until ctx ends. Calls go on without it.
func (p *Program) serveEvents(ctx context.Context) {
	if p.readers == nil {
		return
	}
	p.log.Info("serving events", "to", p.EventsAddr())
	var following sync.WaitGroup
	following.Go(func() { _ = p.events.Run(ctx) }) // which lets the readers go when ctx ends, and has no other end
	if err := p.readers.run(ctx); err != nil {
		p.log.Error("events are served no longer", "err", err)
	}
	following.Wait()
}

// EventsAddr is where others may follow events, at /events; the zero value: nowhere.
func (p *Program) EventsAddr() netip.AddrPort {
	if p.readers == nil {
		return netip.AddrPort{}
	}
	return p.readers.addr()
}
