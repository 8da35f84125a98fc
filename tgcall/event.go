package tgcall

// Event is something that happened to a call. The types below are all there are.
type Event interface{ callEvent() }

// What can happen to a call.
type (
	// Ringing: a device of the callee rings, on a call that we placed.
	Ringing struct{}
	// Accepted: the callee has answered; keys are agreed and media is being made. On an incoming call: Telegram took our answer.
	Accepted struct{}
	// Connected: media runs for the first time.
	Connected struct{}
	// Reconnecting: the path to the peer is gone; it may come back.
	Reconnecting struct{}
	// Reconnected: it has come back.
	Reconnected struct{}
	// RemoteMuted: the peer closed its microphone (On) or opened it.
	RemoteMuted struct{ On bool }
	// PairChanged names the kinds of the ICE candidates that carry the packets: host, srflx, prflx or relay.
	PairChanged struct{ Local, Remote string }
	// Ended is the last event. Err is never nil; it is a *DiscardError, whose Err says more when something went wrong.
	Ended struct{ Err error }
)

func (Ringing) callEvent()      {}
func (Accepted) callEvent()     {}
func (Connected) callEvent()    {}
func (Reconnecting) callEvent() {}
func (Reconnected) callEvent()  {}
func (RemoteMuted) callEvent()  {}
func (PairChanged) callEvent()  {}
func (Ended) callEvent()        {}

// eventQueue is how many events wait for a slow reader.
const eventQueue = 64

// emitter hands out events in order and never blocks: of a reader that is too slow the oldest events are lost. It belongs to
// the call's goroutine.
type emitter struct{ events chan Event }

func newEmitter() emitter { return emitter{make(chan Event, eventQueue)} }

func (m emitter) emit(e Event) {
	for {
		select {
		case m.events <- e:
			return
		default:
		}
		select {
		case <-m.events: // make room; the reader may have been faster
		default:
		}
	}
}
