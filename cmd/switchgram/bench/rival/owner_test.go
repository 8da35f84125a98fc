package rival

import (
	"net"
	"net/netip"
	"os"
	"testing"
	"time"
)

func TestTheOwnerOfASocketIsFound(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	u, err := net.ListenPacket("udp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	tcp := l.Addr().(*net.TCPAddr).AddrPort()
	udp := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), u.LocalAddr().(*net.UDPAddr).AddrPort().Port())
	for network, at := range map[string]netip.AddrPort{"tcp": tcp, "udp": udp} {
		if pid, err := owner(network, at); err != nil || pid != os.Getpid() {
			t.Errorf("%s: %d, %v, want %d", network, pid, err, os.Getpid())
		}
	}
}

func TestNobodyListens(t *testing.T) {
	if pid, err := owner("udp", netip.MustParseAddrPort("192.0.2.1:9")); err == nil {
		t.Errorf("process %d does", pid)
	}
}

func TestWhatAProcessUses(t *testing.T) {
	s, err := usage(os.Getpid())
	if err != nil || s.RSS < 1<<20 {
		t.Errorf("%+v %v", s, err)
	}
	if d, err := spent("1 (a) b (c) S 2 3 4 5 6 7 8 9 10 11 150 25 0"); err != nil || d != 1750*time.Millisecond {
		t.Errorf("%v %v, want 1.75 s", d, err)
	}
}

func FuzzSpent(f *testing.F) {
	f.Add("1 (x) S 2 3 4 5 6 7 8 9 10 11 150 25 0")
	f.Add(")")
	f.Fuzz(func(t *testing.T, stat string) {
		if d, err := spent(stat); err == nil && d < 0 {
			t.Errorf("%v", d)
		}
	})
}

func FuzzInodeOf(f *testing.F) {
	f.Add("  0: 0100007F:1F91 00000000:0000 0A 0:0 00:0 0 0 0 4711 1 x\n")
	f.Add(":")
	f.Fuzz(func(t *testing.T, table string) {
		if inode, ok := inodeOf(table, netip.MustParseAddrPort("127.0.0.1:8081")); ok && inode == "" {
			t.Error("a socket without a number")
		}
	})
}
