package browsertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"switchgram/bridge/leg"
	"switchgram/bridge/sound"
	"switchgram/internal/chromium"
	"switchgram/tgcall/engine"
	"switchgram/tgcall/signal"
)

// options of a call between the browser and us.
type options struct {
	browserCalls bool
	strange      bool // the page may not use a microphone
	server       *turnServer
}

// call is a page and an engine, and the signalling between them.
type call struct {
	*chromium.Tab
	t        *testing.T
	log      *slog.Logger
	engine   *engine.Engine
	web      *signal.Channel // of the page
	voice    *voice
	listener *sound.Listener
	tones    float64    // that were tried
	result   chan error // of Run

	mu      sync.Mutex
	changed chan struct{} // closed and renewed with each event
	events  []engine.Event
}

// newCall lets one side call the other. It ends with the test.
func newCall(t *testing.T, w *web, o options) *call {
	t.Helper()
	c := &call{t: t, log: logTo(t), voice: &voice{}, changed: make(chan struct{}), result: make(chan error, 1)}
	key := bytes.Repeat([]byte{7, 11}, 128)
	var err error
	c.engine, err = engine.New(engine.Config{
		Version: "13.0.0", Key: key, Outgoing: !o.browserCalls, P2P: o.server == nil, Loopback: true, Servers: o.server.servers(), Log: c.log,
		Send: func(_ context.Context, blob []byte) error { return c.web.Receive(blob) },
	})
	if err != nil {
		t.Fatal(err)
	}
	c.web, err = signal.NewChannel(signal.Options{
		Version: "13.0.0", Key: key, Outgoing: o.browserCalls, Log: c.log, Out: c.engine.Receive, Deliver: c.toPage,
	})
	if err != nil {
		t.Fatal(err)
	}
	url, pool := w.known, 10
	if o.strange {
		url, pool = w.strange, 0 // candidates from a pool that get their made-up names late belong to credentials that nobody signals
	}
	c.Tab = w.open(t, url, c.fromPage)
	c.Eval(nil, "begin("+chromium.JS(begin{Outgoing: o.browserCalls, ICEServers: o.server.iceServers(), RelayOnly: o.server != nil, Pool: pool})+")")
	c.start()
	return c
}

func (c *call) toPage(text []byte) {
	c.log.Debug("to the page", "text", string(text))
	if err := c.Try("window.call?.receive(" + string(text) + ")"); err != nil && !errors.Is(err, context.Canceled) {
		c.t.Errorf("the page and %s: %v", text, err)
	}
}

func (c *call) fromPage(text []byte) {
	c.log.Debug("from the page", "text", string(text))
	if err := c.web.Send(text); err != nil && !errors.Is(err, signal.ErrClosed) {
		c.t.Errorf("the page cannot say %s: %v", text, err)
	}
}

func logTo(t *testing.T) *slog.Logger {
	if !testing.Verbose() {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// start runs both sides until the test ends.
func (c *call) start() {
	stream := leg.TelegramStream(c.engine)
	c.listener = sound.NewListener(stream, sound.ListenerOptions{})
	player := sound.NewPlayer(c.voice, stream)
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { c.result <- c.engine.Run(ctx) })
	group.Go(c.watch)
	for _, run := range []func(context.Context) error{c.web.Run, c.listener.Run, player.Run} {
		group.Go(func() {
			if err := run(ctx); err != nil {
				c.t.Error(err)
			}
		})
	}
	c.t.Cleanup(func() { cancel(); group.Wait() })
}

func (c *call) watch() {
	for e := range c.engine.Events() {
		c.mu.Lock()
		c.events = append(c.events, e)
		close(c.changed)
		c.changed = make(chan struct{})
		c.mu.Unlock()
	}
}

// await waits until something is true of what our engine told.
func (c *call) await(what string, f func([]engine.Event) bool) {
	c.t.Helper()
	giveUp := time.NewTimer(patience)
	defer giveUp.Stop()
	for {
		c.mu.Lock()
		ok, changed, events := f(c.events), c.changed, fmt.Sprint(c.events)
		c.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-giveUp.C:
			c.t.Fatalf("no %s; events %s, %+v", what, events, c.engine.Stats())
		}
	}
}

func (c *call) awaitEvent(e engine.Event) {
	c.t.Helper()
	c.await(fmt.Sprintf("%+v", e), func(all []engine.Event) bool { return slices.Contains(all, e) })
}

// awaitLast waits until an event is the last of its kind.
func (c *call) awaitLast(e engine.Event) {
	c.t.Helper()
	c.await(fmt.Sprintf("%+v in the end", e), func(all []engine.Event) bool {
		var last engine.Event
		for _, other := range all {
			if reflect.TypeOf(other) == reflect.TypeOf(e) {
				last = other
			}
		}
		return last == e
	})
}

func (c *call) awaitEnd(want error) {
	c.t.Helper()
	select {
	case err := <-c.result:
		if !errors.Is(err, want) {
			c.t.Errorf("the call ended with %v, want %v", err, want)
		}
	case <-time.After(patience):
		c.t.Fatal("the call did not end")
	}
}

// awaitStats waits for something to be counted.
func (c *call) awaitStats(what string, f func(engine.Stats) bool) {
	c.t.Helper()
	c.awaitMeasure(func() bool { return f(c.engine.Stats()) }, func() string { return "no " + what })
}

// awaitMeasure looks at what nobody tells us, again and again.
func (c *call) awaitMeasure(done func() bool, complaint func() string) {
	c.t.Helper()
	giveUp := time.NewTimer(patience)
	defer giveUp.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-giveUp.C:
			c.t.Fatalf("%s; %+v", complaint(), c.engine.Stats())
		}
	}
}

// path is what the browser's packets go by.
type path struct {
	Local, Ufrag, DTLSRole string
}

func (c *call) path() (p path) {
	c.t.Helper()
	c.Eval(&p, "until(path)")
	return p
}

// talk has each side say a tone that it did not say before, and waits until the other hears it.
func (c *call) talk() {
	c.t.Helper()
	c.tones++
	ours, theirs := 400+70*c.tones, 1000+90*c.tones
	c.voice.say(ours)
	c.Eval(nil, fmt.Sprintf("voice.say(%v)", theirs))
	c.weHear(theirs)
	c.browserHears(ours)
}

// browserHears waits until the page hears a tone; 0: silence.
func (c *call) browserHears(hz float64) {
	c.t.Helper()
	var heard float64
	c.Eval(&heard, fmt.Sprintf("hears(%v)", hz))
	c.t.Logf("the browser hears %.1f Hz", heard)
}

// weHear waits until we hear a tone; 0: silence.
func (c *call) weHear(hz float64) {
	c.t.Helper()
	var heard sound.Heard
	c.awaitMeasure(func() bool {
		heard = c.listener.Measure(500 * time.Millisecond)
		return math.Abs(heard.Hz-hz) < 3
	}, func() string { return fmt.Sprintf("we hear %v, not %v Hz", heard, hz) })
	c.t.Logf("we hear %v", heard)
}

// voice is a Source of one tone after another.
type voice struct {
	mu   sync.Mutex
	tone sound.Source // nil: silence
}

func (v *voice) say(hz float64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.tone = sound.NewTone(hz, 0.3)
}

// Fill implements sound.Source.
func (v *voice) Fill(pcm []int16, rate int) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.tone == nil {
		return sound.Silence{}.Fill(pcm, rate)
	}
	return v.tone.Fill(pcm, rate)
}
