package route

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"switchgram/bridge"
)

// afterwards is how long onDisconnect may take.
const afterwards = time.Minute

// Arrival is a call that comes.
type Arrival struct {
	Context   string // Public, Default or another
	Domain    string // whose call it is; empty: nobody's
	Number    string // that was called, normalised
	Direction string // inbound, outbound or internal
	Source    string // telegram, sip, verto, freeswitch or http
	// Facts are variables that are to be known after the call as well: caller_id_name, caller_id_number, and what else there is.
	Facts map[string]string
}

// EndKind is how Run ended.
type EndKind uint8

// The kinds.
const (
	Finished EndKind = iota // there are no more steps. The channel is not hung up
	HungUp                  // the script hung up, for Ending.Cause
	Gone                    // the call ended meanwhile: Run's context did
	Moves                   // the next step needs FreeSWITCH
)

// String is the word for it in logs.
func (k EndKind) String() string {
	return [...]string{"finished", "hung up", "call ended", "moves"}[min(k, Moves)]
}

// Ending is how Run ended.
type Ending struct {
	Kind  EndKind
	Cause bridge.Cause // of HungUp
	Step  string       // path of the step at which; empty: none
}

// Engine runs scripts. Make one with NewEngine; all its methods may be called at once.
type Engine struct {
	opt        Options
	limits     *limits
	jars       *jars
	cache      *cache
	background sync.WaitGroup
	life       context.Context // of what runs beside calls
	stop       context.CancelFunc
}

// NewEngine makes an Engine. It starts nothing.
func NewEngine(o Options) *Engine {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	e := &Engine{opt: o, limits: newLimits(), jars: newJars(), cache: newCache()}
	e.life, e.stop = context.WithCancel(context.Background())
	return e
}

// Stop cuts short what scripts have begun beside calls, which Wait then waits for.
func (e *Engine) Stop() { e.stop() }

// besides is a context for what runs beside a call: it does not end with ctx, but in a minute, or with Stop.
func (e *Engine) besides(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterwards)
	stop := context.AfterFunc(e.life, cancel)
	return ctx, func() { stop(); cancel() }
}

// Wait returns when nothing runs any longer that scripts have begun beside calls.
func (e *Engine) Wait() { e.background.Wait() }

// Begin chooses the route of a call and makes the State at its first step. The error is ErrNoRoute, or what the channel says to the first variables.
func (e *Engine) Begin(ch Channel, a Arrival) (*State, error) { return e.begin(ch.ID(), a) }

func (e *Engine) begin(id string, a Arrival) (*State, error) {
	library := e.opt.Library()
	script, found, err := library.Choose(a.Context, a.Domain, a.Number)
	if err != nil {
		return nil, err
	}
	s := &State{
		Version: StateVersion, Call: id, Phase: Running, Domain: a.Domain, Began: e.opt.Now(), Facts: maps.Clone(a.Facts),
		Variables: map[string]Variable{}, library: library,
	}
	if s.Facts == nil {
		s.Facts = map[string]string{}
	}
	s.Facts["call_id"], s.Facts["call_direction"], s.Facts["call_source"] = s.Call, a.Direction, a.Source
	s.Facts["destination_number"], s.Facts["domain_name"] = a.Number, a.Domain
	s.enter(script, found)
	s.Frames = script.first()
	return s, nil
}

// enter has a call enter a route.
func (s *State) enter(script *Script, found Capture) {
	s.Captures = []Capture{found}
	s.due = s.due || len(script.disconnect) > 0
	s.Facts["route_name"] = script.Name
	if script.Zone != nil {
		s.Zone = script.Zone.String()
	}
	for name, value := range script.Variables {
		s.Variables[name] = Variable{Value: value}
	}
	for _, entered := range s.Entered {
		if entered == script.Name {
			return
		}
	}
	s.Entered = append(s.Entered, script.Name)
}

// Run runs a script from where s is, and returns when it ends, the call does (ctx has ended then) or it must go on in FreeSWITCH. Nothing that it
// has begun runs any longer then, but for what is async. s belongs to Run until then. If something is to be done when the call is over, the Journal
// knows before the first step, and of what changes soon.
func (e *Engine) Run(ctx context.Context, ch Channel, s *State) Ending {
	r := e.newRun(ch, s)
	r.begun()
	ending := r.flow(ctx)
	r.stand()
	if ending.Kind != Moves {
		r.log.Info("script ended", "end", ending.Kind.String(), "step", ending.Step, "steps", s.Counts.Steps)
	}
	r.aside.Wait()
	return ending
}

// End turns the State of a call that is over to its onDisconnect, which Afterwards does. The Journal has it when End returns, or the error says why not.
func (e *Engine) End(s *State, how Ended) error {
	if s.Phase != Running {
		return fmt.Errorf("call %s: its end was dealt with already", s.Call)
	}
	e.limits.release(s.Call)
	s.end(how, e.opt.Now())
	if e.opt.Journal == nil {
		return nil
	}
	return e.opt.Journal.Keep(s)
}

// ErrLeft says that onDisconnect was cut short, and waits in the journal for Afterwards.
var ErrLeft = errors.New("route: onDisconnect is left to the next start")

// Afterwards does the onDisconnect of every route that an ended call was in, or goes on with it where the Journal has kept it: the step at which it was
// interrupted runs again. It takes a minute at most. When ctx ends it is left, at the step that ran; without a Journal it goes on. An error says
// that (ErrLeft), that the journal failed in the end or that time ran out; steps that fail are logged.
func (e *Engine) Afterwards(ctx context.Context, s *State) error {
	if s.Phase != Disconnected {
		return fmt.Errorf("call %s: nothing is to be done after it in phase %s", s.Call, s.Phase)
	}
	if e.opt.Journal == nil {
		ctx = context.WithoutCancel(ctx)
	}
	timed, cancel := context.WithTimeoutCause(ctx, afterwards, errLate)
	defer cancel()
	r := e.newRun(nil, s)
	r.handlers(timed)
	r.aside.Wait()
	if ctx.Err() != nil {
		return ErrLeft
	}
	s.Phase = Done
	if e.opt.Journal != nil {
		if err := e.opt.Journal.Keep(s); err != nil {
			return err
		}
	}
	return context.Cause(timed)
}

var errLate = errors.New("onDisconnect has taken a minute")
