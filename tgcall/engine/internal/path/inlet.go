package path

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// inlet is a socket into which packets can be put as if they had come.
type inlet struct {
	net.PacketConn
	packets chan arrived

	mu    sync.Mutex
	woken bool // the read deadline is ours
}

// arrived is a packet that was put in.
type arrived struct {
	raw  []byte
	from net.Addr
}

// maxPut is how many packets wait to be read; one more is lost, as on any network.
const maxPut = 64

func newInlet(conn net.PacketConn) *inlet {
	return &inlet{PacketConn: conn, packets: make(chan arrived, maxPut)}
}

// put makes ReadFrom return a packet soon.
func (i *inlet) put(raw []byte, from net.Addr) {
	i.mu.Lock()
	defer i.mu.Unlock()
	select {
	case i.packets <- arrived{raw, from}:
		i.woken = i.SetReadDeadline(time.Unix(1, 0)) == nil
	default:
	}
}

// ReadFrom returns what was put in, or what comes.
func (i *inlet) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		select {
		case p := <-i.packets:
			return copy(b, p.raw), p.from, nil
		default:
		}
		n, from, err := i.PacketConn.ReadFrom(b)
		if !errors.Is(err, os.ErrDeadlineExceeded) || !i.sleepAgain() {
			return n, from, err
		}
	}
}

// sleepAgain lifts the deadline if it was ours.
func (i *inlet) sleepAgain() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	ours := i.woken
	i.woken = false
	return ours && i.SetReadDeadline(time.Time{}) == nil
}
