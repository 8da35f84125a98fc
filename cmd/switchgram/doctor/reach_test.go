package doctor

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func (s *setUp) registrarAt(address, transport string) {
	s.settings["lines"] = strings.NewReplacer(s.exchange.Addr().String(), address, "user: telegram", "user: telegram, transport: "+transport).Replace(s.settings["lines"])
}

func TestARegistrarWhereNobodyListensIsSaid(t *testing.T) {
	s := newSetUp(t)
	s.settings["sip"] = `{listen: ["tcp:127.0.0.1:0"]}`
	s.registrarAt("127.0.0.1:1", "tcp")
	s.finds(want{reached, Wrong, "connection refused", "does not listen on 127.0.0.1"}, want{registered, Wrong, "connection lost", "nobody answers there"})
}

func TestARegistrarThatIsSomethingElseIsSaid(t *testing.T) {
	s := newSetUp(t)
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	s.settings["sip"] = `{listen: ["tcp:127.0.0.1:0"]}`
	s.registrarAt(web.Listener.Addr().String(), "tcp")
	s.finds(want{reached, Wrong, errPing.Error(), "something else than a SIP registrar"})
}

func TestARegistrarIsAskedAgainWhereAPacketIsLost(t *testing.T) {
	deaf, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	s := newSetUp(t)
	s.registrarAt(deaf.LocalAddr().String(), "udp")
	asked := make(chan int, 1)
	go func() {
		buffer, n := make([]byte, 2000), 0
		for n < 2 {
			size, from, err := deaf.ReadFrom(buffer)
			if err != nil {
				break
			}
			if strings.HasPrefix(string(buffer[:size]), "OPTIONS ") {
				n++
			}
			if n == 2 {
				_, _ = deaf.WriteTo([]byte("SIP/2.0 200 OK\r\nServer: slow\r\n\r\n"), from)
			}
		}
		asked <- n
	}()
	c, err := s.only(t, reach{})
	s.must(err)
	if n := <-asked; n != 2 || !(want{reached, OK, `"slow"`, ""}).in(c) {
		t.Errorf("asked %d times:\n%s", n, shown(c))
	}
}

func FuzzReadAnswer(f *testing.F) {
	for _, seed := range []string{"SIP/2.0 200 OK\r\nUser-Agent: FreeSWITCH\r\n\r\n", "SIP/2.0 99 No\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "SIP/2.0 200", "SIP/2.0 200 OK\r\n: x\r\n\r\n", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := readAnswer(strings.NewReader(text))
		if err == nil && (a.status < 100 || a.status > 699 || !strings.HasPrefix(text, "SIP/2.0 ")) {
			t.Errorf("%q was taken for an answer with %d", text, a.status)
		}
		if said := a.who(); len(said) > 400 {
			t.Errorf("%d characters of a stranger's words are shown", len(said))
		}
	})
}
