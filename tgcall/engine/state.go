package engine

// State says how far the media of a call is, in the words of Telegram's own engine.
type State uint8

// A call goes through the states in this order; from Reconnecting it may come back to Established.
const (
	WaitInit     State = iota // nothing was heard from the peer yet
	WaitInitAck               // the peer's setup is known, the connection is being made
	Established               // ICE is connected and DTLS-SRTP is ready: nothing else counts
	Reconnecting              // was Established, and the path or the peer went away
	Failed                    // given up; Run returns
)

// String is the name that Telegram's engine gives the state.
func (s State) String() string {
	switch s {
	case WaitInit:
		return "WaitInit"
	case WaitInitAck:
		return "WaitInitAck"
	case Established:
		return "Established"
	case Reconnecting:
		return "Reconnecting"
	case Failed:
		return "Failed"
	default:
		return "unknown"
	}
}
