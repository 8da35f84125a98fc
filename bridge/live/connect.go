package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/route"
)

// progress is what has become of a call that onDisconnect is told of. It is the script's goroutine's, but for met.
type progress struct {
	mu       sync.Mutex
	answered time.Time // the caller, by a step
	talk     time.Time // first talk with somebody
	to       string    // with whom last
}

func (p *progress) answer(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answered.IsZero() {
		p.answered = now
	}
}

func (p *progress) met(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.talk.IsZero() {
		p.talk = now
	}
}

// Connect implements route.Connector.
func (ch *channel) Connect(ctx context.Context, d route.Dial) (route.Connected, error) {
	to, said, err := ch.whom(ctx, d.Targets)
	if err != nil {
		return route.Connected{}, err
	}
	met := make(chan struct{})
	stop := ch.accompany(ctx, d, met)
	res, err := ch.call.Connect(ctx, to, bridge.ConnectOptions{
		Timeout: d.Timeout, Patience: patience(said), From: ch.from(d), Show: shown(d), Met: func() { close(met) },
	})
	stop()
	if err != nil {
		return route.Connected{}, err
	}
	who := cmp.Or(said[res.To].Name, res.To.User)
	if ch.talked(res, who); res.Err != nil {
		ch.r.log.Info("nobody was connected", "call", ch.ID(), "to", res.To, "err", res.Err)
	}
	return route.Connected{Answered: res.Answered, Cause: res.Cause, To: who, Leg: string(res.Leg)}, nil
}

func (ch *channel) talked(res bridge.Result, who string) {
	ch.progress.mu.Lock()
	defer ch.progress.mu.Unlock()
	if res.Answered {
		ch.progress.to = who
	}
}

// whom finds the addresses of targets, and what the script says of each. Those who may not be called are left out, unless nobody remains.
func (ch *channel) whom(ctx context.Context, targets []route.Target) (to []bridge.Address, said map[bridge.Address]route.Target, err error) {
	said = map[bridge.Address]route.Target{}
	var refused []error
	for _, t := range targets {
		all, err := ch.r.address(ctx, ch.call.Line(), t, ch.moves)
		if errors.Is(err, route.ErrNeedsFreeSWITCH) {
			return nil, nil, err
		}
		if err != nil {
			ch.r.log.Warn("target left out", "call", ch.ID(), "to", t.Type+" "+t.Name, "err", err)
			refused = append(refused, err)
		}
		for _, a := range all {
			to, said[a] = append(to, a), t
		}
	}
	if len(to) == 0 {
		return nil, nil, errors.Join(append(refused, bridge.ErrNoTarget)...)
	}
	return to, said, nil
}

// address finds whom a target means here, where FreeSWITCH can take what we cannot if the call moves there.
func (r *Router) address(ctx context.Context, line string, t route.Target, moves bool) ([]bridge.Address, error) {
	switch t.Type {
	case "user":
		return r.o.People.User(t), nil
	case "device", "sipDevice":
		return []bridge.Address{{Scheme: "sip", User: t.Name}}, nil
	case "verto":
		return []bridge.Address{{Scheme: "verto", User: t.Name}}, nil
	case "telegram":
		a := r.o.People.Telegram(line, t.Name)
		return []bridge.Address{a}, r.may(ctx, line, a)
	case "gateway", "sipGateway":
		if !moves { // the line's switch is all there is
			return []bridge.Address{{Scheme: "sip", User: t.DialString}}, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", t.Type, route.ErrNeedsFreeSWITCH)
}

// may asks whether a line may call somebody on Telegram.
func (r *Router) may(ctx context.Context, line string, to bridge.Address) error {
	if r.o.Gate == nil {
		return nil
	}
	return r.o.Gate.Follow(ctx, line, "", to)
}

// patience is how long each may be rung of whom the script says that.
func patience(said map[bridge.Address]route.Target) map[bridge.Address]time.Duration {
	all := map[bridge.Address]time.Duration{}
	for a, t := range said {
		if t.Timeout > 0 {
			all[a] = t.Timeout
		}
	}
	return all
}

// from is who calls, as the called see it; the zero Party: the caller.
func (ch *channel) from(d route.Dial) bridge.Party {
	p := ch.call.Caller()
	same := p
	if d.CallerID != "" && d.CallerID != p.Caller() {
		p.Phone = d.CallerID
	}
	if d.CallerName != "" && d.CallerName != p.Name() {
		p.FirstName, p.LastName = d.CallerName, ""
	}
	if p == same {
		return bridge.Party{}
	}
	return p
}

// shown are the variables of a script that are not for FreeSWITCH: those the called may be shown.
func shown(d route.Dial) map[string]string {
	all := map[string]string{}
	maps.Copy(all, d.Variables)
	if len(d.Targets) == 1 {
		maps.Copy(all, d.Targets[0].Variables)
	}
	maps.DeleteFunc(all, func(name, _ string) bool { return forFreeSWITCH[name] || strings.HasPrefix(name, "sip_") })
	return all
}

// forFreeSWITCH are variables by which scripts tell FreeSWITCH how to ring.
var forFreeSWITCH = map[string]bool{
	"call_timeout": true, "originate_timeout": true, "leg_timeout": true, "hangup_after_bridge": true, "continue_on_fail": true,
	"ignore_early_media": true, "leg_delay_start": true, "originate_continue_on_timeout": true, "ringback": true, "transfer_ringback": true,
	"instant_ringback": true, "absolute_codec_string": true, "codec_string": true, "effective_caller_id_name": true,
	"effective_caller_id_number": true, "origination_caller_id_name": true, "origination_caller_id_number": true,
}

// accompany does what goes with an attempt to connect: a caller who was answered hears that it rings, and when the two meet whoever wants to
// know is told. The function that it returns ends that.
func (ch *channel) accompany(ctx context.Context, d route.Dial, met <-chan struct{}) (end func()) {
	ctx, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() {
		ringing, hush := context.WithCancel(ctx)
		var tone sync.WaitGroup
		tone.Go(func() { ch.ringback(ringing) })
		select {
		case <-met:
		case <-ctx.Done():
		}
		hush()
		tone.Wait()
		select {
		case <-met:
			ch.together(ctx, d)
		default:
		}
	})
	return func() { stop(); all.Wait() }
}

// ringback lets the caller hear that it rings, as long as ctx lasts.
func (ch *channel) ringback(ctx context.Context) {
	tone := ch.ringing
	if tone == nil {
		tone = ch.r.o.Ringback
	}
	if tone == nil {
		return
	}
	_ = ch.play(ctx, bridge.Sound{Source: tone()}) // a caller who was not answered hears its own telephone's
}

// together does what is to be done when two talk.
func (ch *channel) together(ctx context.Context, d route.Dial) {
	ch.progress.met(time.Now())
	ch.two(ctx)
	if d.OnAnswer != nil {
		d.OnAnswer()
	}
	if d.OnSound == "" {
		return
	}
	src, err := ch.r.sounds.file("", d.OnSound)
	if err == nil {
		err = ch.play(ctx, bridge.Sound{Source: src, To: bridge.TheCallee})
	}
	if err != nil && ctx.Err() == nil {
		ch.r.log.Warn("sound of a connection", "call", ch.ID(), "err", err)
	}
}
