package program

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchgram/bridge/line"
	"switchgram/bridge/store"
)

// noStore is what a configuration says that remembers no call.
const noStore = "none"

// ErrNoStore: the configuration says that no call is remembered.
var ErrNoStore = errors.New("the configuration has store: none; no call is remembered")

// storePassword says where the password of PostgreSQL stands.
func (c *Config) storePassword() line.SecretRef {
	return line.SecretRef{Env: c.StorePasswordEnv, File: c.StorePasswordFile}
}

// remote tells whether records are kept by a server.
func (c *Config) remote() bool {
	return strings.HasPrefix(c.Store, "postgres://") || strings.HasPrefix(c.Store, "postgresql://")
}

func (c *Config) checkStore(say func(key, format string, args ...any)) {
	secret := c.storePassword()
	switch {
	case secret.Env != "" && secret.File != "":
		say("store_password_env", "stands beside store_password_file; want one of them")
	case secret != line.SecretRef{} && !c.remote():
		say("store", "want postgres://user@host/database: whose password is that?")
	case !c.remote() && strings.Contains(c.Store, "://"):
		say("store", "want a file, postgres://user@host/database or none")
	}
}

// OpenStore opens the records of calls; only the running program takes the journal. ErrNoStore; what else stands in o is kept.
func (c *Config) OpenStore(ctx context.Context, o store.Options, journal bool) (*store.Store, error) {
	if c.Store == "" || c.Store == noStore {
		return nil, ErrNoStore
	}
	password, err := c.secret("store_password", c.storePassword())
	if err != nil {
		return nil, err
	}
	o.DSN, o.Password, o.Retention = c.Store, password, time.Duration(c.StoreRetention)*24*time.Hour
	folders := []string{c.State}
	if !c.remote() {
		folders = append(folders, filepath.Dir(c.Store))
	}
	for _, folder := range folders {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, c.wrong("store", err)
		}
	}
	if journal {
		o.Journal = filepath.Join(c.State, "journal")
	}
	s, err := store.Open(ctx, o)
	if err != nil {
		return nil, c.wrong("store", err)
	}
	return s, nil
}

// openStore takes the journal, if calls are to be remembered. The notifications that events become are queued with them.
func (p *Program) openStore() (err error) {
	o := store.Options{Log: p.log}
	p.keepEvents(&o)
	if p.plan != nil {
		o.Notify = p.plan.Notifications
		o.Queued = func() { p.notifier.Wake() } // which Run calls, when there is one
	}
	p.store, err = p.config.OpenStore(context.Background(), o, true)
	if errors.Is(err, ErrNoStore) {
		return nil
	}
	p.observeStore()
	return err
}

// keep records calls until ctx ends, and what is left then.
func (p *Program) keep(ctx context.Context) {
	if p.store == nil {
		return
	}
	if err := p.store.Run(ctx); err != nil {
		p.log.Error("calls are written into the journal only", "err", err)
	}
	if err := p.store.Close(); err != nil {
		p.log.Error("the journal is not closed", "err", err)
	}
}

// observeStore adds what waits to be recorded to what Prometheus sees.
func (p *Program) observeStore() {
	m := p.metrics
	if p.store == nil || m == nil {
		return
	}
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "journal_bytes", Help: "What stands in the journal and not yet in the database.",
	}, func() float64 { return float64(p.store.Backlog().Bytes) }))
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "journal_memory_bytes", Help: "Events that wait in memory for room on the disk.",
	}, func() float64 { return float64(p.store.Backlog().Memory) }))
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Namespace: namespace, Name: "events_lost_total", Help: "Events for which there was room neither on the disk nor in memory.",
	}, func() float64 { return float64(p.store.Backlog().Lost) }))
}
