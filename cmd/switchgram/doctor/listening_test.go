package doctor

import (
	"fmt"
	"net"
	"testing"
)

func TestAnAddressOfAnotherMachineCannotBeListenedOn(t *testing.T) {
	s := newSetUp(t)
	s.settings["sip"] = `{listen: ["udp:192.0.2.1:5070"]}`
	s.finds(want{listened, Wrong, "192.0.2.1:5070", "`ip addr`"}, want{registered, Skipped, "nothing to register with", ""})
}

// taken has a switchgram run that listens where the configuration says.
func (s *setUp) taken() {
	s.t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	s.must(err)
	s.t.Cleanup(func() { _ = c.Close() })
	s.settings["sip"] = fmt.Sprintf("{listen: [\"udp:%s\"]}", c.LocalAddr())
}

func TestARunningSwitchgramIsLeftAlone(t *testing.T) {
	s := newSetUp(t)
	s.taken()
	s.o.Call = "9196"
	s.answers["sofia_contact */telegram@127.0.0.1"] = "sofia/internal/sip:telegram@127.0.0.1:5070"
	s.finds(
		want{listened, OK, "is taken, by a switchgram", ""},
		want{registered, OK, "FreeSWITCH has it at sofia/internal/sip:telegram@127.0.0.1:5070", ""},
		want{echoed, OK, "Hz comes back", ""}, // from another port
	)
}

func TestARunningSwitchgramThatIsNotRegisteredIsToldOf(t *testing.T) {
	s := newSetUp(t)
	s.taken()
	s.finds(want{registered, Wrong, "nobody is registered", "switchgram's log"})
}

func TestWithoutAnEventSocketARunningSwitchgramsRegistrationIsNotKnown(t *testing.T) {
	s := newSetUp(t)
	s.taken()
	delete(s.settings, "freeswitch")
	s.finds(want{registered, Skipped, "its log says", ""}, want{socketed, Skipped, "names none", ""}, want{codecked, Skipped, "event socket only", ""})
}
