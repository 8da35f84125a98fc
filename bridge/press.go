package bridge

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"switchgram/bridge/room"
	"switchgram/bridge/room/dtmf"
)

// What a far end may press: as fast as machines dial, and at first more.
const (
	keysASecond = 20
	keysAtOnce  = 64
)

func newPressLimit() *rate.Limiter { return rate.NewLimiter(keysASecond, keysAtOnce) }

const (
	maxJobs  = 64 // digits that wait for a leg; more are dropped, with one word in the log
	maxTones = 16 // likewise, those that were heard and nobody has read yet, without a word
	longest  = 8 * time.Second
	shortest = 40 * time.Millisecond // ITU-T Q.24
)

// job is digits to be sent.
type job struct {
	ctx    context.Context // of who wants it
	digits string
	each   time.Duration
	verb   *pending // waits for it; nil: nobody does

	leg   Leg
	seat  *room.Seat
	tones bool // goes by sound; otherwise by the leg, and by sound if that does not take it
}

// passOn passes a digit on to a leg that takes digits. Telegram takes none unless its line wants tones.
func (o *owner) passOn(a passOn) {
	p := o.parties[a.to]
	_, sends := p.leg.(DTMFSender)
	if j := (job{ctx: o.ctx, digits: string(a.key), each: a.each, tones: keysOf(p.leg).Tones}); sends || j.tones {
		o.enqueue(p, j)
	}
}

// send has the digits of a verb sent.
func (o *owner) send(leg int, e envelope) {
	p, j := o.parties[leg], e.in.(sendAsked).digits
	_, sends := p.leg.(DTMFSender)
	j.tones, j.verb = !sends || keysOf(p.leg).Tones, e.verb
	o.enqueue(p, j)
}

// enqueue gives a job to the goroutine that sends the digits of a leg, which lives as long as the leg.
func (o *owner) enqueue(p *party, j job) {
	if p.jobs == nil {
		p.jobs = make(chan job, maxJobs)
		o.spawn("digits", nil, func() input { o.sendDigits(p.jobs, p.gone); return nil })
	}
	j.leg, j.seat, j.each = p.leg, p.seat, min(max(j.each, shortest), longest)
	select {
	case p.jobs <- j:
	default:
		if !p.crowded {
			o.log.Warn("too many digits wait to be sent, dropped", "leg", string(p.outcome.ID))
		}
		p.crowded = true
		o.reply(j.verb, answered{err: ErrVerb})
	}
}

func (o *owner) sendDigits(jobs <-chan job, gone <-chan struct{}) {
	for {
		select {
		case j := <-jobs:
			err := o.dialDigits(j)
			if err != nil && j.verb == nil && o.ctx.Err() == nil {
				o.log.Warn("digit not passed on", "leg", string(j.leg.ID()), "err", err)
			}
			o.reply(j.verb, answered{err: err})
		case <-gone:
			o.forgetDigits(jobs)
			return
		}
	}
}

// forgetDigits answers who still waits for a leg that has ended; nothing more is enqueued for it.
func (o *owner) forgetDigits(jobs <-chan job) {
	for len(jobs) > 0 {
		o.reply((<-jobs).verb, answered{err: ErrVerb})
	}
}

// dialDigits sends the digits of a job, for as long as the call and who wants it last.
func (o *owner) dialDigits(j job) error {
	ctx, cancel := context.WithCancelCause(o.ctx)
	defer cancel(nil)
	defer context.AfterFunc(j.ctx, func() { cancel(context.Cause(j.ctx)) })()
	if s, ok := j.leg.(DTMFSender); ok && !j.tones {
		if err := s.SendDTMF(ctx, j.digits, j.each); !errors.Is(err, ErrNoDigits) {
			return err
		}
	}
	tones, err := dtmf.New(j.digits, j.each, 0)
	if err != nil {
		return ErrDigit // dtmf's own words show the digits
	}
	play := j.seat.Play(tones, room.PlayOptions{})
	select {
	case <-play.Done():
		return nil
	case <-ctx.Done():
		play.Stop()
		return context.Cause(ctx)
	}
}

// keysOf is how digits travel in the sound of a leg.
func keysOf(l Leg) Keys {
	if k, ok := l.(Keyed); ok {
		return k.Keys()
	}
	return Keys{}
}

// listen looks for digits in the sound of a leg that has no other way to say them.
func (o *owner) listen(p *party) {
	wanted := keysOf(p.leg).Listen && p.leg.Media().Format().DTMFPayloadType == 0 && !p.says
	if wanted == p.listened {
		return
	}
	p.listened = wanted
	if !wanted {
		p.seat.OnDigit(nil)
		return
	}
	p.seat.OnDigit(func(digit byte) {
		select {
		case p.tones <- Digit{Key: rune(digit), Duration: keyLength, Tone: true}:
		default:
		}
	})
}

// said notes that a leg can say digits otherwise than by tones, which would only repeat them.
func (o *owner) said(p *party, d Digit) {
	if p.says = p.says || !d.Tone; p.seat != nil {
		o.listen(p)
	}
}

// An addressed input names a leg by its ID. The machine knows legs by their numbers.
type addressed interface {
	input
	resolve(find func(LegID) int) input
}

func (in sendAsked) resolve(find func(LegID) int) input {
	if in.leg = 0; in.to != "" {
		in.leg = find(in.to)
	}
	return in
}

// numbered is the input with the number of the leg that it names.
func (o *owner) numbered(in input) input {
	if named, ok := in.(addressed); ok {
		return named.resolve(o.numberOf)
	}
	if failed, ok := in.(soundFailed); ok {
		failed.leg = slices.IndexFunc(o.parties, func(p *party) bool { return p.seat == failed.seat })
		return failed
	}
	return in
}

// numberOf is the number of a leg that is there; us: it is not.
func (o *owner) numberOf(id LegID) int {
	return slices.IndexFunc(o.parties, func(p *party) bool { return p.leg != nil && !p.ended && p.outcome.ID == id })
}
