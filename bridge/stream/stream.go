// Package stream tells others over HTTP what happens to calls and lines, as it happens: a stream of Server-Sent Events
// (html.spec.whatwg.org/multipage/server-sent-events.html), whose data is the JSON of docs/events.md.
//
// Every event has a place in an Archive, and shows it as its id. Whoever was cut off names the last id and gets all that came after; so nothing is
// missed while the archive still has it, and nothing is told before it is kept.
//
// The main type is Stream, an http.Handler. No reader has a queue: each goes through the archive at its own pace, the latest minute of which is
// in memory, written out once for all. One that takes nothing for a while is cut off.
package stream

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"switchgram/bridge"
)

// Entry is an event as it is kept.
type Entry struct {
	ID   int64            // its place: above 0, greater than that of every event before it, and never another one's
	Kind bridge.EventKind //
	Line string           // empty: of no line
	JSON []byte           // on one line, as docs/events.md has it; empty: it was erased
}

// Archive keeps events for a time; package bridge/store has one. Its methods may be called at once.
type Archive interface {
	// EventsAfter returns the events after a place, in their order, at most limit. None comes later whose place is before one that was returned.
	EventsAfter(ctx context.Context, id int64, limit int) ([]Entry, error)

	// EventsKept tells the places of the first event that is kept and of the last; zeros: there is none.
	EventsKept(ctx context.Context) (first, last int64, err error)
}

const (
	leastToken    = 16               // characters
	lookAgain     = 2 * time.Second  // how often the archive is asked without a reason: other machines write there, too
	longest       = 15 * time.Second // between two tries while it is away
	page          = 500              // events that are asked for at once
	bite          = 64               // and for one reader
	usualBeat     = 15 * time.Second // less than the minute after which proxies cut off what is silent
	usualPatience = 30 * time.Second
	usualReaders  = 500
	reconnect     = 3 * time.Second // what readers that were cut off are asked to wait
	tapeSize      = 16384           // events in memory, at most
	tapeBytes     = 8 << 20         // of them
	tapeAge       = time.Minute     // what was erased from the archive is not here for longer
)

// Options of a Stream.
type Options struct {
	Archive Archive

	// Tokens let in who shows one of them, by "Authorization: Bearer" or, where nothing else can be set, as the parameter access_token. Each has 16
	// characters or more.
	Tokens []string
	Open   bool // everybody who gets here may read: whoever mounts the handler has asked already

	Origins   []string      // of pages elsewhere whose scripts may read, such as https://board.example.org
	Heartbeat time.Duration // how often a reader is shown that we are there while nothing happens; 0: 15 s
	Readers   int           // at once, at most; 0: 500
	Patience  time.Duration // with a reader that takes nothing of what it is sent; 0: 30 s
	Log       *slog.Logger  // nil: nothing is logged
}

// Stream serves events to readers. Make one with New; Run must run for readers to hear of anything new.
type Stream struct {
	o      Options
	tokens Tokens
	tape   *tape
	wake   chan struct{} // room for one
	done   chan struct{} // closed when Run ends
	ready  chan struct{} // closed: who need not wait waits for that

	readers       atomic.Int64
	told, dropped atomic.Uint64
}

// New makes a Stream. It starts nothing.
func New(o Options) (*Stream, error) {
	switch {
	case o.Archive == nil:
		return nil, errors.New("stream: want an archive")
	case len(o.Tokens) == 0 && !o.Open:
		return nil, errors.New("stream: want a token that readers show, or to be open")
	case o.Heartbeat < 0 || o.Readers < 0 || o.Patience < 0:
		return nil, errors.New("stream: heartbeat, readers and patience are not less than 0")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = usualBeat
	}
	if o.Readers == 0 {
		o.Readers = usualReaders
	}
	if o.Patience == 0 {
		o.Patience = usualPatience
	}
	tokens, err := NewTokens(o.Tokens)
	if err != nil {
		return nil, err
	}
	s := &Stream{o: o, tokens: tokens, tape: newTape(), wake: make(chan struct{}, 1), done: make(chan struct{}), ready: make(chan struct{})}
	close(s.ready)
	return s, nil
}

// Wake says that there may be something new in the archive. It never blocks. Without it, it is looked for every two seconds.
func (s *Stream) Wake() {
	select {
	case s.wake <- struct{}{}:
	default: // it is going to look
	}
}

// Run follows the archive until ctx ends; it is called once. Then all readers are let go; when they connect again, elsewhere or later, they miss nothing.
func (s *Stream) Run(ctx context.Context) error {
	defer close(s.done)
	delay, begun := lookAgain, false
	for ctx.Err() == nil {
		err := s.follow(ctx, &begun)
		switch {
		case err == nil:
			delay = lookAgain
		case ctx.Err() == nil:
			s.o.Log.Warn("the archive of events cannot be read", "err", err)
			delay = min(2*delay, longest)
		}
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-time.After(delay):
		}
	}
	return nil
}

// follow puts on the tape what is new in the archive.
func (s *Stream) follow(ctx context.Context, begun *bool) error {
	if !*begun {
		_, last, err := s.o.Archive.EventsKept(ctx)
		if err != nil {
			return err
		}
		s.tape.begin(last)
		*begun = true
	}
	s.tape.forget(time.Now().Add(-tapeAge))
	for {
		all, err := s.o.Archive.EventsAfter(ctx, s.tape.last(), page)
		if err != nil {
			return err
		}
		s.tape.add(framesOf(all, time.Now()))
		if len(all) < page {
			return nil
		}
	}
}

// Stats are what readers do.
type Stats struct {
	Readers int    // now
	Told    uint64 // events, to each reader
	Dropped uint64 // readers that took nothing for too long
}

// Stats tells what readers do.
func (s *Stream) Stats() Stats {
	return Stats{Readers: int(s.readers.Load()), Told: s.told.Load(), Dropped: s.dropped.Load()}
}
