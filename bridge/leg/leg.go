// Package leg makes a bridge.Leg of each protocol's call: Telegram of a *tgcall.Call, FreeSWITCH of a *sip.Dialog, and dialers
// that place such calls. It translates: events, people, causes, formats; what a call does next is decided elsewhere.
//
// The main types are Telegram, TelegramDialer, FreeSWITCH and FreeSWITCHDialer. All of their methods may be called at once. A leg
// runs one goroutine, from the first call of Events until it has passed on the last one, which the call under it always brings.
package leg

import (
	"strings"
	"sync"
	"time"
	"unicode"

	"switchgram/bridge"
)

// maxEvents is the room for events nobody has read yet; the last place is kept for Ended.
const maxEvents = 64

// typedKey is how long a key is taken to be down of which that is not known.
const typedKey = 100 * time.Millisecond

// feed translates the events of a protocol's call for whoever reads the leg's.
type feed struct {
	once   sync.Once
	events chan bridge.LegEvent
	keys   chan bridge.Digit // from elsewhere than the call under the leg; never closed, and what finds no room is dropped
}

func newFeed() feed {
	return feed{events: make(chan bridge.LegEvent, maxEvents), keys: make(chan bridge.Digit, maxEvents)}
}

// translate starts, once, the goroutine that passes on what from brings. An event that translates to nil is not passed on, and
// neither is one for which there is no room, except Ended.
func translate[E any](f *feed, from <-chan E, to func(E) bridge.LegEvent) <-chan bridge.LegEvent {
	f.once.Do(func() {
		go func() {
			defer close(f.events)
			for {
				select {
				case e, more := <-from:
					if !more {
						return
					}
					f.put(to(e))
				case d := <-f.keys:
					f.put(d)
				}
			}
		}()
	})
	return f.events
}

func (f *feed) put(ev bridge.LegEvent) {
	_, last := ev.(bridge.Ended)
	if ev != nil && (last || len(f.events) < maxEvents-1) { // nobody else fills it
		f.events <- ev
	}
}

// typed adds keys that were pressed for no time that is known.
func (f *feed) typed(keys string) {
	for _, key := range keys {
		f.press(bridge.Digit{Key: key, Duration: typedKey})
	}
}

// press adds a key.
func (f *feed) press(d bridge.Digit) {
	select {
	case f.keys <- d:
	default:
	}
}

// printable makes a hostile text fit for an address: nothing in it that cannot be seen, and an end.
func printable(s string, runes int) string {
	var b strings.Builder
	for _, r := range s {
		if runes == 0 {
			break
		}
		if unicode.IsGraphic(r) && !unicode.IsSpace(r) {
			b.WriteRune(r)
			runes--
		}
	}
	return b.String()
}
