package doctor

import (
	"net"
	"testing"

	stunpkg "github.com/pion/stun/v3"
)

// stunServer answers the second request: the first was lost.
func stunServer(t *testing.T, answer bool) string {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for n := 0; ; n++ {
			size, from, err := c.ReadFrom(buffer)
			if err != nil {
				return
			}
			request := &stunpkg.Message{Raw: buffer[:size]}
			if n == 0 || !answer || request.Decode() != nil {
				continue
			}
			at := from.(*net.UDPAddr)
			response, err := stunpkg.Build(request, stunpkg.BindingSuccess, &stunpkg.XORMappedAddress{IP: at.IP, Port: at.Port})
			if err == nil {
				_, _ = c.WriteTo(response.Raw, from)
			}
		}
	}()
	return c.LocalAddr().String()
}

func TestASTUNServerTellsOurAddress(t *testing.T) {
	s := newSetUp(t)
	s.o.STUN = []string{stunServer(t, true)}
	s.finds(want{stunned, OK, "sees us at 127.0.0.1:", ""})
}

func TestASTUNServerThatIsNotReachedIsSaid(t *testing.T) {
	s := newSetUp(t)
	s.o.STUN = []string{stunServer(t, false)}
	found, err := s.only(t, stun{})
	s.must(err)
	if !(want{stunned, Wrong, "i/o timeout", "let UDP out"}).in(found) {
		t.Error(shown(found))
	}
}
