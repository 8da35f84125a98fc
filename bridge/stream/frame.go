package stream

import (
	"fmt"
	"time"

	"switchgram/bridge"
)

// frame is an event as it goes over the wire.
type frame struct {
	id   int64
	kind bridge.EventKind
	line string
	at   time.Time // when it was written out
	text []byte    // empty: the event was erased
}

// framesOf writes events out.
func framesOf(all []Entry, now time.Time) []frame {
	frames := make([]frame, len(all))
	for i, e := range all {
		frames[i] = frame{id: e.ID, kind: e.Kind, line: e.Line, at: now}
		if len(e.JSON) > 0 {
			frames[i].text = fmt.Appendf(nil, "id: %d\nevent: %s\ndata: %s\n\n", e.ID, e.Kind, e.JSON)
		}
	}
	return frames
}

// place tells a reader how far it has come, without an event: an id without data is remembered, and nothing else is done
// (section 9.2.6 of the standard, "dispatch the event").
func place(id int64) []byte { return fmt.Appendf(nil, "id: %d\n\n", id) }

// gap tells a reader that events are missing: those after one place that are before the other.
func gap(after, first int64) []byte {
	return fmt.Appendf(nil, "id: %d\nevent: stream.gap\ndata: {\"version\":%d,\"kind\":\"stream.gap\",\"after\":%d,\"first\":%d}\n\n",
		max(first-1, 0), bridge.EventVersion, after, first)
}
