package program

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/prometheus/client_golang/prometheus"

	"switchgram/bridge"
	"switchgram/bridge/recording"
	"switchgram/bridge/room"
	"switchgram/bridge/sound"
)

// Recording says which calls are recorded, and where; docs/recording.md explains. Without a directory none is.
type Recording struct {
	Directory string   `yaml:"directory"`
	All       bool     `yaml:"all"`       // of every line
	Lines     []string `yaml:"lines"`     // or of these
	Recipient string   `yaml:"recipient"` // age1...: whom recordings are sealed for; empty: they stay plain
	Retention Days     `yaml:"retention"` // how long they are kept; 0: for ever
	Announce  string   `yaml:"announce"`  // what both sides hear when one begins: beep, none, or a file; empty: beep
	MaxSize   Size     `yaml:"max_size"`  // of one while it is made; 0: no limit
}

// Days is a time in days: 30d.
type Days int

// UnmarshalText reads it.
func (d *Days) UnmarshalText(text []byte) error {
	number, ok := strings.CutSuffix(string(text), "d")
	n, err := strconv.ParseUint(number, 10, 16)
	if !ok || err != nil {
		return fmt.Errorf("%q: want days, such as 30d", text)
	}
	*d = Days(n)
	return nil
}

// Size is a number of bytes: 512MB or 2GB, in powers of ten.
type Size int64

// UnmarshalText reads it.
func (s *Size) UnmarshalText(text []byte) error {
	for unit, bytes := range map[string]Size{"MB": 1e6, "GB": 1e9} {
		if number, ok := strings.CutSuffix(string(text), unit); ok {
			if n, err := strconv.ParseUint(number, 10, 16); err == nil && n > 0 {
				*s = Size(n) * bytes
				return nil
			}
		}
	}
	return fmt.Errorf("%q: want a size, such as 512MB or 2GB", text)
}

func (r Recording) check(say func(key, format string, args ...any), lines []string) {
	if r.Directory == "" && (r.All || len(r.Lines) > 0) {
		say("recording.directory", "missing: where are recordings to be kept?")
	}
	for i, name := range r.Lines {
		if !slices.Contains(lines, name) {
			say(fmt.Sprintf("recording.lines[%d]", i), "%q: there is no such line", name)
		}
	}
	if r.Recipient != "" {
		if _, err := age.ParseX25519Recipient(r.Recipient); err != nil {
			say("recording.recipient", "want a public key of age, such as age-keygen prints: age1...") // it may be a secret one, not to be shown
		}
	}
}

// files are the names of files in it.
func (r *Recording) files() []*string {
	if r.Announce == "" || r.Announce == "beep" || r.Announce == "none" {
		return []*string{&r.Directory}
	}
	return []*string{&r.Directory, &r.Announce}
}

// records tells whether the calls of a line are recorded.
func (r Recording) records(line string) bool { return r.All || slices.Contains(r.Lines, line) }

// announcement is what both sides are played.
func (r Recording) announcement() (bridge.RecordOptions, error) {
	spec := r.Announce
	switch spec {
	case "none":
		return bridge.RecordOptions{}, nil
	case "":
		spec = "beep"
	}
	once, err := sound.Once(spec)
	if err != nil {
		return bridge.RecordOptions{}, err
	}
	return bridge.RecordOptions{Announce: func() room.Source { return once() }, Under: spec == "beep"}, nil
}

// NewRecorder makes the recorder of the configuration, which tells ready of what it finishes; nil: there is none.
func (c *Config) NewRecorder(o Options, ready func(i recording.Info, note string)) (*recording.Recorder, error) {
	r := c.Recording
	if r.Directory == "" {
		return nil, nil
	}
	opt := recording.Options{
		Directory: r.Directory, Retention: time.Duration(r.Retention) * 24 * time.Hour, MaxSize: int64(r.MaxSize), Ready: ready, Log: o.Log,
	}
	if r.Recipient != "" {
		to, err := age.ParseX25519Recipient(r.Recipient)
		if err != nil {
			return nil, c.wrong("recording.recipient", err)
		}
		opt.Recipient = to
	}
	rec, err := recording.New(opt)
	if err != nil {
		return nil, c.wrong("recording.directory", err)
	}
	return rec, nil
}

// openRecorder adds to o what is recorded.
func (p *Program) openRecorder(o *bridge.Options) (err error) {
	p.recorder, err = p.config.NewRecorder(p.o, p.recorded)
	if err != nil || p.recorder == nil {
		return err
	}
	announced, err := p.config.Recording.announcement()
	if err != nil {
		return p.config.wrong("recording.announce", err)
	}
	o.Recorder, o.Record = p.recorder, map[string]bridge.RecordOptions{}
	for _, l := range p.config.registry.Lines() {
		if p.config.Recording.records(l.Name) {
			o.Record[l.Name] = announced
		}
	}
	p.observeRecorder()
	return nil
}

// recorded tells of a recording that is ready.
func (p *Program) recorded(i recording.Info, note string) {
	ev := bridge.NewRecordingReady(i)
	p.sink.Publish(ev)
	if p.routes != nil && p.routes.mail != nil {
		p.routes.mail.Recorded(ev, note)
	}
}

// finishRecordings does until ctx ends, and a little longer.
func (p *Program) finishRecordings(ctx context.Context) {
	if p.recorder == nil {
		return
	}
	if err := p.recorder.Run(ctx); err != nil {
		p.log.Error("recordings are finished no longer", "err", err)
	}
}

// observeRecorder adds recordings to what Prometheus sees.
func (p *Program) observeRecorder() {
	m := p.metrics
	if p.recorder == nil || m == nil {
		return
	}
	count := func(name, help string, read func(recording.Stats) uint64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help},
			func() float64 { return float64(read(p.recorder.Stats())) }))
	}
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "recordings", Help: "Calls that are being recorded.",
	}, func() float64 { return float64(p.recorder.Stats().Running) }))
	count("recordings_begun_total", "Recordings that were begun.", func(s recording.Stats) uint64 { return s.Begun })
	count("recordings_failed_total", "Calls that could not be recorded, and recordings not finished, each time it was tried.",
		func(s recording.Stats) uint64 { return s.Failed })
	count("recordings_finished_total", "Recordings that are finished.", func(s recording.Stats) uint64 { return s.Finished })
	count("recordings_incomplete_total", "Those of which something is missing.", func(s recording.Stats) uint64 { return s.Incomplete })
	count("recording_packets_lost_total", "Packets missing in finished recordings.", func(s recording.Stats) uint64 { return s.Lost })
	count("recording_bytes_total", "Bytes of finished recordings.", func(s recording.Stats) uint64 { return s.Bytes })
}
