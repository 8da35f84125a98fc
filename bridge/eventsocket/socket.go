// Package eventsocket steers FreeSWITCH by its event socket, and lets it steer us: it follows the channels of our SIP legs and sets variables
// on them, tells FreeSWITCH's bus what happens to calls (CUSTOM switchgram::call), and obeys what comes from there (CUSTOM
// switchgram::command).
//
// The main type is Socket; New makes one, Run has it work. Without it, or while FreeSWITCH cannot be reached, calls go as they do by SIP
// alone. All methods of Socket and Channel may be called concurrently, and none of them blocks but Run.
//
// Everything that comes from people passes esl.Text on its way to FreeSWITCH, which would run ${…} in it otherwise.
package eventsocket

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/esl"
)

// Options of a Socket.
type Options struct {
	// Client says which FreeSWITCH and how; Events and OnChange are set here.
	Client esl.ClientOptions
	// Return, if not nil, is called when FreeSWITCH, or its SIP, may have come back: whatever it knew of us it may have forgotten. It must not
	// block.
	Return func()
	// Change, if not nil, is told when the connection is there (nil), and why it is not. It must not block.
	Change func(error)
	// Whom reads an address that a command names, and says whether a call of the line may go there. Its error is told to who sent the command.
	Whom func(line, address string) (bridge.Address, error)
	// Dialers are those of the bridge, by scheme, for legs that are to join calls.
	Dialers map[string]bridge.Dialer
	// Log hears what went wrong; nil: nobody does.
	Log *slog.Logger
}

// Socket is our side of one FreeSWITCH's event socket. It is a bridge.Sink.
type Socket struct {
	o      Options
	log    *slog.Logger
	client *esl.Client
	out    chan announcement

	// goneAfter is how long SIP has to say itself that a channel has ended; and lostAfter, how long FreeSWITCH has to bring a channel back that
	// it did not know when we came back to it ("sofia recover").
	goneAfter, lostAfter time.Duration

	mu        sync.Mutex
	working   bool
	following sync.WaitGroup          // one for each channel that is followed
	ctx       context.Context         // of those; ends with Run
	channels  map[string]*Channel     // by Call-ID
	talks     map[bridge.CallID]*talk // calls that run
	lost      int                     // announcements that nobody heard, since the last one that somebody did
	stats     Stats
}

// Stats are counts since the start.
type Stats struct {
	Announced uint64 // events that FreeSWITCH has taken
	Lost      uint64 // events that it has not: it was not there, or too slow
	Commands  uint64 // that came
	Refused   uint64 // of these
}

// New checks the options. It starts nothing.
func New(o Options) (*Socket, error) {
	if o.Whom == nil {
		return nil, errors.New("eventsocket: nobody says who may call whom")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Socket{
		o: o, log: o.Log, out: make(chan announcement, mostAnnouncements),
		channels: map[string]*Channel{}, talks: map[bridge.CallID]*talk{}, goneAfter: time.Second, lostAfter: 5 * time.Second,
	}
	c := o.Client
	c.Events = subscriptions
	c.OnChange = s.changed
	var err error
	if s.client, err = esl.NewClient(c); err != nil {
		return nil, err
	}
	return s, nil
}

// subscriptions are the events that we want of FreeSWITCH: of channels, those by which one is found and those by which it ends.
var subscriptions = []string{
	"CHANNEL_CREATE", "CHANNEL_PROGRESS", "CHANNEL_PROGRESS_MEDIA", "CHANNEL_ANSWER", "CHANNEL_HANGUP_COMPLETE", profileStarted, commandSubclass,
}

// profileStarted is told when a profile of mod_sofia begins to listen.
const profileStarted = "sofia::profile_start"

// Run works until ctx ends; then what was announced is still said, for a second at most. It returns nil, may be called once, and when it
// returns everything it started is gone.
func (s *Socket) Run(ctx context.Context, calls Calls) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var all sync.WaitGroup
	listening := s.listen()
	said := make(chan struct{})
	s.begin(work)
	all.Go(func() { s.hear(work, listening, calls) })
	all.Go(func() { s.announce(work); close(said) })
	all.Go(func() { _ = s.client.Run(work) }) // nil, when work has ended
	<-ctx.Done()
	s.end()
	select {
	case <-said:
	case <-time.After(lastWords):
	}
	stop()
	all.Wait()
	s.following.Wait()
	return nil
}

func (s *Socket) begin(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ctx, s.working = ctx, true
}

func (s *Socket) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.working = false
	close(s.out)
}

// Connected reports whether there is a connection now.
func (s *Socket) Connected() bool { return s.client.Connected() }

// Stats are the counts since the start.
func (s *Socket) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// changed is told by the client when the connection comes and goes.
func (s *Socket) changed(err error) {
	if s.o.Change != nil {
		s.o.Change(err)
	}
	if err == nil {
		s.returned()
	}
}

func (s *Socket) returned() {
	if s.o.Return != nil {
		s.o.Return()
	}
}
