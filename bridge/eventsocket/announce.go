package eventsocket

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"switchgram/bridge"
	"switchgram/esl"
)

const (
	callSubclass = "switchgram::call"
	// mostAnnouncements is how many wait for FreeSWITCH to take them. More are dropped and counted: who listens is told how many it missed.
	mostAnnouncements = 1024
	// lastWords is how long Run goes on announcing when its context has ended.
	lastWords = time.Second
	// announceWithin is how long FreeSWITCH may take for one.
	announceWithin = 5 * time.Second
)

// announcement is an event on its way to FreeSWITCH's bus.
type announcement struct {
	fields []esl.Field
	body   string // JSON of the event, as everybody gets it; empty: it is no event of ours
}

// Publish implements bridge.Sink: it announces the event on FreeSWITCH's bus, and has the variables of the call's channels set. What happens
// while there is no connection nobody hears of: it is not kept, since a bus is for the present.
func (s *Socket) Publish(ev bridge.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.learn(ev)
	if ev.Kind != bridge.CallDigit { // a key is nobody else's business
		s.put(describe(ev, t))
	}
}

// put queues an announcement, or drops it. The lock is held.
func (s *Socket) put(a announcement) {
	if !s.working || !s.client.Connected() {
		s.miss()
		return
	}
	select {
	case s.out <- a:
	default:
		s.miss()
	}
}

// miss counts an announcement that nobody hears. The lock is held.
func (s *Socket) miss() {
	s.lost++
	s.stats.Lost++
}

// announce says what is to be said, until the queue is closed. When ctx ends, nothing takes long any more.
func (s *Socket) announce(ctx context.Context) {
	for a := range s.out {
		s.say(ctx, a)
	}
}

func (s *Socket) say(ctx context.Context, a announcement) {
	lost := s.missed()
	if lost > 0 {
		a.fields = append(a.fields, esl.Field{Name: "TG-Lost", Value: strconv.Itoa(lost)})
	}
	ctx, cancel := context.WithTimeout(ctx, announceWithin)
	defer cancel()
	err := s.client.SendEvent(ctx, "CUSTOM", a.fields, a.body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.stats.Announced++
		return
	}
	s.lost += lost
	s.miss()
	if !errors.Is(err, esl.ErrDown) && !errors.Is(err, esl.ErrDisconnected) {
		s.log.Warn("announce a call's event", "err", err)
	}
}

// missed takes the number of announcements that nobody heard since the last one.
func (s *Socket) missed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.lost
	s.lost = 0
	return n
}

// fields gathers those of an announcement that have a value.
type fields struct{ all []esl.Field }

func (f *fields) add(name, value string) {
	if value != "" {
		f.all = append(f.all, esl.Field{Name: name, Value: value})
	}
}

// describe writes an event for the bus. There is no Unique-ID in it: FreeSWITCH would give the event to that channel alone.
func describe(ev bridge.Event, t *talk) announcement {
	f := fields{[]esl.Field{{Name: "Event-Subclass", Value: callSubclass}}}
	f.add("TG-Action", strings.TrimPrefix(string(ev.Kind), "call."))
	f.add("TG-Time", ev.At.UTC().Format("2006-01-02T15:04:05.000Z07:00"))
	f.add("TG-Call", string(ev.Call))
	f.add("TG-From", ev.From)
	f.add("TG-To", ev.To)
	f.add("TG-Leg", string(ev.Leg))
	f.add("TG-Channel", t.uuid(ev.Leg))
	f.add("TG-Reference", ev.Reference)
	f.add("TG-Role", ev.Role)
	for _, v := range []struct{ name, variable string }{
		{"TG-Line", "tg_line"}, {"TG-Phone", "tg_phone"}, {"TG-Username", "tg_username"}, {"TG-ID", "tg_id"}, {"TG-Name", "tg_name"},
		{"TG-Call-ID", "tg_call_id"}, {"TG-Version", "tg_version"},
	} {
		f.add(v.name, t.variables[v.variable])
	}
	switch {
	case ev.Silence != nil:
		f.add("TG-Silence", ev.Silence.Text)
	case ev.Told != nil:
		f.add("TG-User", ev.Told.User)
		f.add("TG-Link", ev.Told.URL)
		f.add("TG-Message", ev.Told.Message)
	case ev.Recording != nil:
		f.add("TG-Recording", ev.Recording.ID)
	case ev.Standing != nil:
		f.add("TG-Side", ev.Standing.Side)
		f.add("TG-State", ev.Standing.State)
	case ev.Outcome != nil:
		f.outcome(ev.Outcome, ev.Report())
	}
	return announcement{f.all, inFull(ev)}
}

// inFull is the event's JSON, in which nothing can be taken for a variable: a dollar before a brace is written as its number.
func inFull(ev bridge.Event) string {
	text, err := json.Marshal(ev)
	if err != nil {
		return "" // an event has nothing that JSON has not
	}
	return strings.ReplaceAll(string(text), "${", `\u0024{`)
}

// outcome says how a call ended, and how good it was.
func (f *fields) outcome(o *bridge.Outcome, r bridge.Report) {
	f.add("TG-Cause", r.Cause)
	f.add("TG-Cause-Q850", strconv.Itoa(r.Q850))
	f.add("TG-Fault", r.Fault)
	f.add("TG-Ended-By", r.EndedBy)
	f.add("TG-Path", o.Path)
	if !o.Times.Answered() {
		return
	}
	f.add("TG-Talk-Seconds", number(r.Times.Talk, 3))
	f.quality("TG-Caller", o.Legs[0].Quality)
	if r.Quality != nil {
		f.quality("TG-Callee", r.Quality.Callee)
	}
}

// quality tells of one leg. What nobody has measured is left out; 0 is a measurement where packets came.
func (f *fields) quality(who string, q bridge.Quality) {
	if q.Hears > 0 {
		f.add(who+"-Hears-MOS", number(q.Hears, 2))
	}
	for _, way := range []struct {
		name string
		flow bridge.Flow
	}{{"In", q.In}, {"Out", q.Out}} {
		if way.flow.MOS > 0 {
			f.add(who+"-"+way.name+"-MOS", number(way.flow.MOS, 2))
			f.add(who+"-"+way.name+"-Loss", number(way.flow.Loss, 4))
			f.add(who+"-"+way.name+"-Jitter-Msec", number(msec(way.flow.Jitter), 1))
		}
	}
	if q.RTT > 0 {
		f.add(who+"-Round-Trip-Msec", number(msec(q.RTT), 1))
	}
}

func msec(m bridge.Millis) float64 { return float64(m) / float64(time.Millisecond) }

func number(v float64, digits int) string { return strconv.FormatFloat(v, 'f', digits, 64) }
