package bridge

// Fault says whose move it is after a call: who would have to do something for the next one to go better.
type Fault uint8

// The faults.
const (
	FaultNone       Fault = iota // calls end like this
	FaultCaller                  // dialled what cannot be dialled, or may not dial it
	FaultCallee                  // settings or app of the person called
	FaultTelegram                // Telegram, or the account
	FaultFreeSWITCH              // FreeSWITCH, or what is behind it
	FaultUs                      // this program
)

// String is the fault in lower case: "none", "caller", "freeswitch".
func (f Fault) String() string {
	return [...]string{"none", "caller", "callee", "telegram", "freeswitch", "us"}[min(f, FaultUs)]
}

// MarshalText writes what String says.
func (f Fault) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// blame says whom a cause points at, as seen from the leg that ended with it.
type blame uint8

const (
	nobody  blame = iota // calls end like this
	dialler              // who called dialled what cannot be dialled, or may not dial it
	person               // the person called has it in hand: settings, an old app
	network              // the leg's network: Telegram, or FreeSWITCH
	ourself
)

// faultOf turns the blame of a cause into a fault; scheme is that of the leg that ended with it, empty if we ended the call.
func faultOf(c Cause, scheme string) Fault {
	r, _ := c.row()
	switch r.blame {
	case dialler:
		return FaultCaller
	case person:
		return FaultCallee
	case ourself:
		return FaultUs
	case network:
		return networkFault(scheme)
	default:
		return FaultNone
	}
}

func networkFault(scheme string) Fault {
	switch scheme {
	case "tg":
		return FaultTelegram
	case "sip":
		return FaultFreeSWITCH
	default:
		return FaultUs
	}
}
