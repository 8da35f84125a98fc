package engine

// Event is something that happened to the media of a call. The types below are all there are.
type Event interface{ event() }

// What can happen while an engine runs.
type (
	// StateChanged is sent for every state, WaitInit included.
	StateChanged struct{ State State }

	// PairChanged names the kinds of the two ICE candidates that carry the packets from now on: host, srflx, prflx or relay.
	PairChanged struct{ Local, Remote string }

	// RemoteMedia is what the peer says of its microphone and camera, at each change. Video is inactive, suspended or active;
	// we never ask for video, so it tells only what the peer's screen shows.
	RemoteMedia struct {
		Muted bool
		Video string
	}
)

func (StateChanged) event() {}
func (PairChanged) event()  {}
func (RemoteMedia) event()  {}

// eventQueue is how many events wait for a slow reader: more than a call without trouble ever brings.
const eventQueue = 64

// emitter hands out events in order and never blocks. When the reader is too slow the oldest event is lost, so that the latest
// state is always told. It belongs to the goroutine of Run.
type emitter struct{ events chan Event }

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
