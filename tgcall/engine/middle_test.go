package engine

import (
	"context"
	"errors"
	"sync"
	"testing"

	"switchgram/tgcall/signal"
)

// middle sits between two engines, knows their key, and changes what they say: so one of them becomes a browser, an old app, or
// an attacker.
type middle struct {
	t          testing.TB
	toCaller   *signal.Channel // we are the callee there
	toCallee   *signal.Channel
	fromCaller func(signal.Message) // nil: passes
	fromCallee func(signal.Message)
}

// newMiddled makes a call with somebody in the middle. Set what it changes before the call runs.
func newMiddled(t *testing.T, c Config) (call, *middle) {
	t.Helper()
	m := &middle{t: t}
	ca, cb := c, c
	ca.Outgoing = true
	ca.Send = func(_ context.Context, b []byte) error { return m.toCaller.Receive(b) }
	cb.Send = func(_ context.Context, b []byte) error { return m.toCallee.Receive(b) }
	a, b := newSide(t, "caller", ca), newSide(t, "callee", cb)
	m.toCaller = m.channel(c.Version, false, a.engine.Receive, func(msg signal.Message) { m.pass(msg, m.fromCaller, m.sayToCallee) })
	m.toCallee = m.channel(c.Version, true, b.engine.Receive, func(msg signal.Message) { m.pass(msg, m.fromCallee, m.sayToCaller) })
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { _ = m.toCaller.Run(ctx) })
	group.Go(func() { _ = m.toCallee.Run(ctx) })
	t.Cleanup(func() { cancel(); group.Wait() })
	return call{a, b}, m
}

func (m *middle) channel(version string, outgoing bool, out func([]byte), deliver func(signal.Message)) *signal.Channel {
	m.t.Helper()
	ch, err := signal.NewChannel(signal.Options{
		Version: version, Key: key(), Outgoing: outgoing, Out: out,
		Deliver: func(text []byte) {
			msg, err := signal.Parse(text)
			if err != nil {
				m.t.Error(err)
				return
			}
			deliver(msg)
		},
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return ch
}

func (m *middle) pass(msg signal.Message, change, say func(signal.Message)) {
	if change == nil {
		say(msg)
		return
	}
	change(msg)
}

func (m *middle) sayToCaller(msg signal.Message) { m.say(m.toCaller, msg) }
func (m *middle) sayToCallee(msg signal.Message) { m.say(m.toCallee, msg) }

func (m *middle) say(to *signal.Channel, msg signal.Message) {
	if err := to.Send(signal.Encode(msg)); err != nil && !errors.Is(err, signal.ErrClosed) {
		m.t.Error(err)
	}
}

// withSetup changes the role in a setup.
func withSetup(msg signal.Message, role string) signal.Message {
	if s, ok := msg.(signal.InitialSetup); ok {
		f := s.Fingerprints[0]
		f.Setup = role
		s.Fingerprints = []signal.Fingerprint{f}
		return s
	}
	return msg
}
