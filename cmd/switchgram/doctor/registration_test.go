package doctor

import (
	"net"
	"testing"
)

func TestAWrongSIPPasswordIsSaid(t *testing.T) {
	s := newSetUp(t)
	s.write("sip", "a typing mistake")
	s.o.Call = "9196"
	s.finds(
		want{registered, Wrong, "wrong user name or password", "`reloadxml`"},
		want{echoed, Wrong, "403", "directory"},
	)
}

func TestARegistrarThatNeverAnswersIsSaid(t *testing.T) {
	s := newSetUp(t)
	deaf, err := net.ListenPacket("udp", "127.0.0.1:0")
	s.must(err)
	t.Cleanup(func() { _ = deaf.Close() })
	s.registrarAt(deaf.LocalAddr().String(), "udp")
	s.o.Call = "9196"
	s.finds(
		want{reached, Wrong, "i/o timeout", "start FreeSWITCH"},
		want{registered, Wrong, "no answer from the far end", "nobody answers there"},
		want{echoed, Skipped, "its registrar does not answer", ""},
	)
}
