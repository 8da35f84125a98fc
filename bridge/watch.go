package bridge

import (
	"log/slog"
	"time"

	"switchgram/bridge/media"
)

// startWatch begins to watch the sound once there is some.
func (o *owner) startWatch() {
	if o.watch == nil {
		o.watch = time.NewTicker(lookEvery)
		o.looks = o.watch.C
	}
}

func (o *owner) stopWatch() {
	if o.watch != nil {
		o.watch.Stop()
	}
}

// look measures every leg that has a seat and tells of silence.
func (o *owner) look(now time.Time) {
	o.looked++
	due, changed := o.looked%showEvery == 0, false
	for leg, p := range o.parties {
		if p.seat == nil {
			continue
		}
		f, st, ok := o.stats(p)
		if !ok {
			continue
		}
		p.gauge.read(st)
		changed = p.hear(o.state.legs[leg].manner.silenced, now) || changed
		if due {
			p.judge(f, st)
		}
		if o.state.legs[leg].at != legUp {
			continue // before the answer nobody has to be heard
		}
		in, out, inLasted, outLasted := p.gauge.look(st, now)
		o.turned(leg, In, in, inLasted)
		o.turned(leg, Out, out, outLasted)
	}
	o.entertain(now)
	if due || changed {
		o.show()
	}
}

// judge says what people would say of the worse direction of the leg, for those who look at calls.
func (p *party) judge(f media.Format, st media.Stats) {
	g := p.gauge // that of the call's end is to know nothing of it
	q := g.quality(f, st)
	if p.opinion = q.In.MOS; q.Out.MOS > 0 && (p.opinion == 0 || q.Out.MOS < p.opinion) {
		p.opinion = q.Out.MOS
	}
}

// stats reads the leg's format and counts. A stream that panics is not measured.
func (o *owner) stats(p *party) (f media.Format, st media.Stats, ok bool) {
	defer func() {
		if v := recover(); v != nil {
			o.complain("stats", v)
		}
	}()
	m := p.leg.Media()
	return m.Format(), m.Stats(), true
}

// turned publishes that a direction fell silent, or sounds again.
func (o *owner) turned(leg int, d Direction, t turn, lasted time.Duration) {
	switch t {
	case fell:
		o.publishSilence(CallSilent, leg, Silence{Direction: d, Text: unheard(leg, d)})
	case rose:
		o.publishSilence(CallSounds, leg, Silence{Direction: d, Text: unheard(leg, d), Lasted: Millis(lasted)})
	}
}

// unheard says in words of the call what silence in a direction of a leg means.
func unheard(leg int, d Direction) string {
	who := "callee"
	if leg == 0 {
		who = "caller"
	}
	if d == In {
		return who + " cannot be heard"
	}
	return who + " hears nothing"
}

func (o *owner) publishSilence(kind EventKind, leg int, s Silence) {
	ev := o.event(kind, leg)
	ev.Silence = &s
	attrs := append(o.attrs(o.parties[leg]), slog.String("silence", s.Text))
	level := slog.LevelWarn
	if kind == CallSounds {
		level = slog.LevelInfo
		attrs = append(attrs, slog.Duration("dur", time.Duration(s.Lasted).Round(time.Millisecond)))
	}
	o.log.LogAttrs(o.ctx, level, string(kind), attrs...)
	o.tell(ev)
}
