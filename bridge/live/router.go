package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/live/freeswitch"
	"switchgram/bridge/room"
	"switchgram/bridge/route"
)

// People say who is meant by the targets of scripts.
type People interface {
	// User is where somebody is rung whom a script calls a user: in our own house, or at the line's switch.
	User(t route.Target) []bridge.Address
	// Telegram is somebody on Telegram, in whatever way the script writes that: @ann, +49…, 49…
	Telegram(line, peer string) bridge.Address
}

// Options are what a Router works with. Scripts, People and Arrival are required.
type Options struct {
	// Scripts are the engine's options; the Router fills in Journal, Originator and Trace.
	Scripts route.Options

	// Arrival says as what a call comes to its route. Not ok: it takes none, and is connected with whom it is for.
	Arrival func(*bridge.Call) (a route.Arrival, ok bool)

	People  People
	Gate    bridge.Gate           // says who may be called on Telegram; nil: everybody
	Bridge  func() *bridge.Bridge // where other calls are; nil: nowhere
	Sink    bridge.Sink           // is told what scripts did; nil: nobody is
	Journal string                // folder of what must survive; empty: nothing does
	Grace   time.Duration         // for what is due after calls, when Run is to end; the journal keeps the rest; 0: DefaultGrace

	Sounds   string               // folder of sounds; empty: none
	Made     []string             // folders of sounds that we have made, such as speech
	Messages string               // folder of what callers say; empty: nothing can be taken down
	Ringback func() room.Source   // what a caller who was answered hears while somebody is called; nil: nothing
	Announce bridge.RecordOptions // how a recording is announced, unless the script says

	Move       *Move              // how calls go to FreeSWITCH; nil: they do not, and steps that need it fail
	FreeSWITCH freeswitch.Options // for calls that are there; ID and Sound are filled in

	Log *slog.Logger // nil: nothing is logged
}

// Router gives calls to their scripts. Make one with New.
type Router struct {
	o       Options
	log     *slog.Logger
	engine  *route.Engine
	sounds  sounds
	made    *made
	asked   *made    // web requests
	journal *journal // nil: nothing survives

	mu      sync.Mutex
	calls   map[string]*call    // that have a script, until it is done with them
	awaited map[string]*arrival // calls on their way to FreeSWITCH, by the UUID of their channel there
	ended   chan *call          // whose onDisconnect is to run
	stats   Stats
}

// Stats count since the start.
type Stats struct {
	Calls   uint64 // that a script was begun for
	Steps   uint64
	Failed  uint64 // of these
	Moved   uint64 // calls that went to FreeSWITCH
	Resumed uint64 // whose onDisconnect was gone on with after a crash
	Running int    // calls that have a script now
	Waiting int    // whose onDisconnect is still to run
}

// DefaultGrace is for what is due after calls at the end.
const DefaultGrace = 5 * time.Second

// mostEnded is how many calls may wait for their onDisconnect. What comes then is left to the next start, which the journal is for.
const mostEnded = 10000

// New makes a Router, and reads what the journal has kept. It starts nothing. Close it when it has done its work.
func New(o Options) (*Router, error) {
	if o.Scripts.Library == nil || o.People == nil || o.Arrival == nil {
		return nil, errors.New("live: want scripts, people and arrivals")
	}
	o.Grace = cmp.Or(o.Grace, DefaultGrace)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := &Router{
		o: o, log: o.Log, sounds: sounds{o.Sounds, append([]string{o.Messages}, o.Made...)},
		made: newMade(), asked: newMade(), calls: map[string]*call{}, awaited: map[string]*arrival{}, ended: make(chan *call, mostEnded),
	}
	if o.Journal != "" {
		var err error
		if r.journal, err = openJournal(o.Journal, o.Log); err != nil {
			return nil, err
		}
		o.Scripts.Journal = r.journal
	}
	o.Scripts.Trace, o.Scripts.Log, o.Scripts.Originator = r.trace, o.Log, r
	r.engine = route.NewEngine(o.Scripts)
	return r, nil
}

// Close lets go of the journal. No call has a script any longer then.
func (r *Router) Close() error {
	if r.journal == nil {
		return nil
	}
	return r.journal.close()
}

var (
	_ bridge.Controller = (*Router)(nil)
	_ bridge.Sink       = (*Router)(nil)
)

// noRoute is why a call has no script.
type noRoute struct{ err error }

func (e *noRoute) Error() string { return e.err.Error() }

// Q850 is what the caller is told.
func (e *noRoute) Q850() int { return int(bridge.NoRouteDestination) }

// Control implements bridge.Controller.
func (r *Router) Control(ctx context.Context, c *bridge.Call) error {
	a, ok := r.o.Arrival(c)
	if !ok {
		return bridge.ConnectController{}.Control(ctx, c)
	}
	ch := r.channel(c)
	s, err := r.engine.Begin(ch, a)
	switch {
	case errors.Is(err, route.ErrNoRoute) && a.Context != route.Public:
		return bridge.ConnectController{}.Control(ctx, c) // numbers of our own users need no route
	case errors.Is(err, route.ErrNoRoute):
		return &noRoute{err}
	case err != nil:
		return fmt.Errorf("route of a call: %w", err)
	}
	return r.run(ctx, ch, r.enter(s, ch))
}

// run runs the script to its end, wherever that is.
func (r *Router) run(ctx context.Context, ch *channel, k *call) error {
	defer ch.unschedule()
	for {
		end := r.engine.Run(ctx, ch, k.state)
		if end.Kind != route.Moves {
			return nil
		}
		err := r.move(ctx, ch, k)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		r.log.Error("a call does not go to FreeSWITCH; its script goes on here", "call", ch.ID(), "step", end.Step, "err", err)
		ch.moves = false
	}
}

// call is a call that has a script.
type call struct {
	id    string
	state *route.State
	ch    *channel // nil: FreeSWITCH's dialplan has brought it

	mu     sync.Mutex
	did    bridge.Scripted
	missed bool
	there  *route.Ended // how it ended in FreeSWITCH; nil: it was not there
	last   bridge.Event // CallEnded, as far as known
}

// mostRecorded is how many steps the record of a call shows.
const mostRecorded, usuallyRecorded = 200, 32

// enter notes that a call has a script.
func (r *Router) enter(s *route.State, ch *channel) *call {
	k := &call{id: s.Call, state: s, ch: ch, last: bridge.Event{Call: bridge.CallID(s.Call)}}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls[k.id] = k
	r.stats.Calls++
	return k
}

func (r *Router) call(id string) *call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls[id]
}

// leave forgets a call.
func (r *Router) leave(k *call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.calls, k.id)
}

// trace is told of every step.
func (r *Router) trace(id, step string, took time.Duration, err error) {
	r.mu.Lock()
	k := r.calls[id]
	r.stats.Steps++
	if err != nil {
		r.stats.Failed++
	}
	r.mu.Unlock()
	if k != nil {
		k.note(step, took, err)
	}
}

// note notes a step for the record.
func (k *call) note(step string, took time.Duration, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.did.Steps == nil {
		k.did.Steps = make([]bridge.ScriptStep, 0, usuallyRecorded)
	}
	if len(k.did.Steps) == mostRecorded {
		k.did.More++
		return
	}
	s := bridge.ScriptStep{Step: step, At: time.Now().Add(-took), Seconds: took.Seconds()}
	if err != nil {
		s.Error = err.Error()
	}
	k.did.Steps = append(k.did.Steps, s)
}

// Stats tells what was done so far.
func (r *Router) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stats
	s.Running, s.Waiting = len(r.calls), len(r.ended)
	return s
}
