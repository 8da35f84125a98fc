package eventsocket

import (
	"context"
	"sync"

	"switchgram/esl"
)

// listen opens the watch on everything that concerns no channel that we know.
func (s *Socket) listen() *esl.Watch { return s.client.Listen(s.concerns) }

// concerns is asked of every event, while the client waits.
func (s *Socket) concerns(e *esl.Event) bool {
	if e.Name() == "CUSTOM" {
		return true // we have subscribed to few
	}
	return s.seeks(e) != nil
}

// hear takes such events until ctx ends. Commands that still run then are waited for.
func (s *Socket) hear(ctx context.Context, w *esl.Watch, calls Calls) {
	orders := newOrders(s, calls)
	var running sync.WaitGroup
	defer running.Wait()
	defer func() { w.Close() }()
	for {
		e, err := w.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil: // more came than anybody can mean
			s.log.Warn("commands by the event socket were lost", "err", err)
			w = s.listen()
		case e.Resync != nil:
			running.Go(func() { s.search(ctx, e.Resync.Channels) })
		case e.Subclass() == profileStarted:
			s.returned()
		case e.Subclass() == commandSubclass:
			orders.take(ctx, &running, e)
		default:
			if c := s.seeks(e); c != nil {
				c.is(e.UUID())
			}
		}
	}
}

// seeks finds the channel that an event shows the UUID of, nil if it shows none that we have not known.
func (s *Socket) seeks(e *esl.Event) *Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.channels) == 0 || e.UUID() == "" {
		return nil
	}
	c := s.channels[e.Variable("sip_call_id")]
	if c == nil || c.uuid != "" || c.callID == e.UUID() { // its watch hears of the last
		return nil
	}
	return c
}

// search looks among the channels there are for those of legs whose channel began while nobody listened.
func (s *Socket) search(ctx context.Context, all []esl.Channel) {
	for _, there := range all {
		if !s.searches() {
			return
		}
		callID, err := s.client.API(ctx, "uuid_getvar "+there.UUID+" sip_call_id")
		if err != nil {
			continue // it has ended meanwhile, or the connection has
		}
		if c := s.channel(callID); c != nil {
			c.is(there.UUID)
		}
	}
}

// searches reports whether there is a leg whose channel we do not know.
func (s *Socket) searches() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.channels {
		if c.uuid == "" {
			return true
		}
	}
	return false
}

func (s *Socket) channel(callID string) *Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.channels[callID]
}
