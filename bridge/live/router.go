package live

import (
	"errors"
	"log/slog"

	"switchgram/bridge"
	"switchgram/bridge/room"
	"switchgram/bridge/route"
)

// People say who is meant by the targets of scripts.
type People interface {
	// User is where somebody is rung whom a script calls a user: in our own house, or at the line's switch.
	User(t route.Target) []bridge.Address
	// Telegram is somebody on Telegram, in whatever way the script writes that: @ann, +49…, 49…
	Telegram(line, peer string) bridge.Address
}

// Mover takes calls to FreeSWITCH.
type Mover interface {
	// Can tells whether calls of a line can go there now.
	Can(line string) bool
}

// Options are what a Router works with.
type Options struct {
	People   People
	Gate     bridge.Gate                                          // says who may be called on Telegram; nil: everybody
	Bridge   func() *bridge.Bridge                                // where other calls are; nil: nowhere
	Move     Mover                                                // nil: what needs FreeSWITCH fails
	Sounds   string                                               // folder of sounds; empty: none
	Made     []string                                             // folders of sounds that we have made, such as speech
	Messages string                                               // folder of what callers say; empty: nothing can be taken down
	Ringback func() room.Source                                   // what a caller who was answered hears while somebody is called; nil: nothing
	Announce bridge.RecordOptions                                 // how recording is announced, unless the script says
	Number   func(*bridge.Call) (context, number string, ok bool) // which route a call takes; not ok: none, it is connected as without routes
	Log      *slog.Logger                                         // nil: nothing is logged
}

// Router gives calls to their scripts. Make one with New.
type Router struct {
	o      Options
	log    *slog.Logger
	sounds sounds
}

// New makes a Router. It starts nothing.
func New(o Options) (*Router, error) {
	if o.People == nil || o.Number == nil {
		return nil, errors.New("live: want people and numbers")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Router{o: o, log: o.Log, sounds: sounds{o.Sounds, append([]string{o.Messages}, o.Made...)}}, nil
}

// number is what the call's script calls the number that was dialled.
func (r *Router) number(c *bridge.Call) string {
	if _, number, ok := r.o.Number(c); ok {
		return number
	}
	return c.To().User
}
