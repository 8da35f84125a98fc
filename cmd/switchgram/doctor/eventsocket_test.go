package doctor

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"switchgram/esl/esltest"
)

func (s *setUp) eventSocketAt(address string) {
	s.settings["freeswitch"] = fmt.Sprintf("{event_socket: %q, password_file: esl}", address)
}

func TestAWrongPasswordOfTheEventSocketIsSaid(t *testing.T) {
	s := newSetUp(t)
	s.write("esl", "something else")
	s.finds(want{socketed, Wrong, "password refused", "event_socket.conf.xml"})
}

func TestAnEventSocketThatIsNotThereIsSaid(t *testing.T) {
	s := newSetUp(t)
	s.eventSocketAt("127.0.0.1:1")
	s.finds(want{socketed, Wrong, "connection refused", "start FreeSWITCH"})
}

func TestAnEventSocketWhoseListKeepsUsOutIsSaid(t *testing.T) {
	s := newSetUp(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		c, err := l.Accept()
		if err == nil {
			_, _ = c.Write([]byte("Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n"))
			_ = c.Close()
		}
	}()
	s.eventSocketAt(l.Addr().String())
	s.finds(want{socketed, Wrong, "access list", "apply-inbound-acl"})
}

func TestTheDefaultPasswordIsRefusedOffLoopback(t *testing.T) {
	s := newSetUp(t)
	s.write("esl", defaultPassword)
	s.eventSocketAt("192.0.2.1:8021")
	s.finds(want{socketed, Wrong, "owns the machine", "password of your own"})
}

// withDefaultPassword is a FreeSWITCH as it comes.
func withDefaultPassword(t *testing.T) *setUp {
	s := newSetUp(t)
	other, err := esltest.Start(esltest.Options{Password: defaultPassword})
	s.must(err)
	t.Cleanup(other.Close)
	other.HandleAPI("xml_locate", s.console("xml_locate"))
	s.write("esl", defaultPassword)
	s.eventSocketAt(other.Addr())
	return s
}

func TestTheDefaultPasswordOnLoopbackIsAWarning(t *testing.T) {
	withDefaultPassword(t).finds(want{socketed, Warning, "default password", "one of your own"})
}

func TestTheDefaultPasswordIsWrongWhereTheSocketListensToAll(t *testing.T) {
	s := withDefaultPassword(t)
	const place = "xml_locate configuration configuration name event_socket.conf"
	s.answers[place] = strings.Replace(s.answers[place], `"127.0.0.1"`, `"::"`, 1)
	s.finds(want{socketed, Wrong, "listens at ::", "listen-ip 127.0.0.1"})
}
