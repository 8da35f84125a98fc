package demo

import (
	"context"
	"fmt"
	"time"

	"switchgram/bridge"
	"switchgram/cmd/switchgram/tones"
)

// scenario is one call of the demo.
type scenario struct {
	call     string // what is tried, for people
	from, to string
	dial     func(ctx context.Context, w *world) (bridge.Leg, error)
	callee   behaviour // of the simulated Telegram user, if one is called
	silent   bool      // nobody is to answer
	echo     bool      // the callee sends back what it hears
	byCallee bool      // the callee hangs up, not the caller
	missed   bool      // "Slack" is to be told
	card     string    // what the CRM calls the caller, to be shown to the agent
	want     string    // cause, and whose move it was
}

// scenarios are the calls of the table, in its order.
func scenarios() []scenario {
	return []scenario{
		{call: "Telegram rings the echo", from: "tg:@ann", to: "sip:9196", dial: fromAnn("@line_echo"),
			echo: true, want: "NORMAL_CLEARING by caller"},
		{call: "Telegram rings a telephone", from: "tg:@ann", to: "sip:1000", dial: fromAnn("@line_desk"),
			want: "NORMAL_CLEARING by caller"},
		{call: "a telephone rings a number", from: "sip:1000", to: "tg:+" + bobNumber, dial: fromDesk("tg+" + bobNumber),
			byCallee: true, want: "NORMAL_CLEARING by callee"},
		{call: "a telephone rings a username", from: "sip:1000", to: "tg:@ann", dial: fromDesk("tg@ann"),
			want: "NORMAL_CLEARING by caller"},
		{call: "Telegram rings a browser", from: "tg:@ann", to: "verto:" + agent, dial: fromAnn("@line_web"),
			card: contacts[annNumber].Name, want: "NORMAL_CLEARING by caller"},
		{call: "a telephone that is busy", from: "tg:@ann", to: "sip:1001", dial: fromAnn("@line_busy"),
			silent: true, missed: true, want: "USER_BUSY by callee"},
		{call: "a telephone that nobody answers", from: "tg:@ann", to: "sip:1004", dial: fromAnn("@line_away"),
			silent: true, missed: true, want: "NO_ANSWER by us"},
		{call: "a Telegram user who declines", from: "sip:1000", to: "tg:@bob", dial: fromDesk("tg@bob"),
			callee: declines, silent: true, want: "USER_BUSY by callee"},
		{call: "a Telegram user who does not answer", from: "sip:1000", to: "tg:@bob", dial: fromDesk("tg@bob"),
			callee: ignores, silent: true, want: "NO_ANSWER by us"},
		{call: "a telephone that speaks PCMU only", from: "tg:@ann", to: "sip:1002", dial: fromAnn("@line_pcmu"),
			byCallee: true, want: "NORMAL_CLEARING by callee"},
	}
}

func fromAnn(to string) func(context.Context, *world) (bridge.Leg, error) {
	return func(ctx context.Context, w *world) (bridge.Leg, error) { return w.ann.dial(ctx, to) }
}

func fromDesk(number string) func(context.Context, *world) (bridge.Leg, error) {
	return func(ctx context.Context, w *world) (bridge.Leg, error) { return w.desk.dial(ctx, number) }
}

// How long the parts of a call may take before it counts as failed.
const (
	answerWithin = 20 * time.Second
	endWithin    = 15 * time.Second
)

// run makes the call and says how it went.
func (s scenario) run(ctx context.Context, w *world) *Row {
	r := &Row{Call: s.call, From: s.from, To: s.to, Want: s.want}
	w.begin(s.callee)
	if err := s.make(ctx, w, r); err != nil {
		r.problem("%v", err)
	}
	r.judge()
	return r
}

func (s scenario) make(ctx context.Context, w *world, r *Row) error {
	began := time.Now()
	caller, err := s.dial(ctx, w)
	if err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	defer hangup(ctx, caller)
	answered := follow(caller)
	if !s.silent {
		if err := s.talk(ctx, w, r, caller, answered, began); err != nil {
			r.problem("%v", err)
			hangup(ctx, caller)
		}
	}
	o, err := w.outcome(ctx)
	if err != nil {
		return err
	}
	r.outcome(o)
	if shown := w.card.Load(); s.card != "" && (shown == nil || *shown != s.card) {
		r.problem("the agent was not shown %q", s.card)
	}
	if s.missed {
		r.Told, err = w.told(ctx)
	}
	return err
}

// talk waits for the answer, lets both ends hear each other's tone, and has the call hung up.
func (s scenario) talk(ctx context.Context, w *world, r *Row, caller bridge.Leg, answered <-chan time.Time, began time.Time) error {
	at, err := within(ctx, answerWithin, answered)
	if err != nil {
		return fmt.Errorf("the caller heard of no answer: %w", err)
	}
	r.Setup = at.Sub(began)
	if s.echo {
		r.Caller = tones.Echo(ctx, caller.Media())
		hangup(ctx, caller)
		return nil
	}
	callee, err := within(ctx, answerWithin, w.taken)
	if err != nil {
		return fmt.Errorf("the callee took no call: %w", err)
	}
	r.Caller, r.Callee = tones.Converse(ctx, caller.Media(), callee.sound)
	if s.byCallee {
		callee.hangup()
		return nil
	}
	hangup(ctx, caller)
	return nil
}

// follow reads the leg's events to their end and tells when it was answered.
func follow(l bridge.Leg) <-chan time.Time {
	answered := make(chan time.Time, 1)
	go func() {
		for e := range l.Events() {
			if _, ok := e.(bridge.Answered); ok {
				answered <- time.Now()
			}
		}
		close(answered)
	}()
	return answered
}

func hangup(ctx context.Context, l bridge.Leg) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = l.Hangup(ctx, bridge.NormalClearing) // what became of it stands in the outcome
}

// within takes a value from the channel.
func within[T any](ctx context.Context, d time.Duration, from <-chan T) (v T, err error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	select {
	case v, ok := <-from:
		if !ok {
			return v, errEnded
		}
		return v, nil
	case <-ctx.Done():
		return v, ctx.Err()
	}
}
