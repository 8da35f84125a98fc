package path

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/ice/v4"
)

func TestCandidatesOfTelegramAndBrowsersAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		addr string
		kind ice.CandidateType
	}{
		"native host": {
			"candidate:1467250027 1 udp 2122260223 192.0.2.10 46243 typ host generation 0 ufrag aB3d network-id 1",
			"192.0.2.10:46243", ice.CandidateTypeHost,
		},
		"native reflexive": {
			"candidate:842163049 1 udp 1686052607 203.0.113.5 46243 typ srflx raddr 192.0.2.10 rport 46243 generation 0 ufrag aB3d network-id 1 network-cost 10",
			"203.0.113.5:46243", ice.CandidateTypeServerReflexive,
		},
		"native relay": {
			"candidate:2999745851 1 udp 41885695 198.51.100.9 1400 typ relay raddr 0.0.0.0 rport 0 generation 0 ufrag aB3d network-id 1",
			"198.51.100.9:1400", ice.CandidateTypeRelay,
		},
		"browser with a=, capitals, IPv6": {
			"a=candidate:1 1 UDP 2122262783 2001:db8::5 50000 typ host generation 0 ufrag x",
			"[2001:db8::5]:50000", ice.CandidateTypeHost,
		},
		"without prefix": {"1 1 udp 5 192.0.2.1 9 typ prflx", "192.0.2.1:9", ice.CandidateTypePeerReflexive},
		"mapped IPv4":    {"1 1 udp 5 ::ffff:192.0.2.1 9 typ host", "192.0.2.1:9", ice.CandidateTypeHost},
	} {
		got, err := parse(c.text, false)
		if err != nil || got.addr != netip.MustParseAddrPort(c.addr) || got.kind != c.kind {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		if remote, err := got.remote(); err != nil || remote.Type() != c.kind {
			t.Errorf("%s: %v, %v", name, remote, err)
		}
	}
}

func TestCandidatesOfNoUse(t *testing.T) {
	for text, want := range map[string]error{
		"":                    errNoCandidate,
		"candidate:1 1 udp 5": errNoCandidate,
		"candidate:1 2 udp 5 192.0.2.1 9 typ host":                                           errNoCandidate, // another component
		"candidate:1 1 udp x 192.0.2.1 9 typ host":                                           errNoCandidate,
		"candidate:1 1 udp 5 192.0.2.1 0 typ host":                                           errNoCandidate,
		"candidate:1 1 udp 5 192.0.2.1 65536 typ host":                                       errNoCandidate,
		"candidate:1 1 udp 5 192.0.2.1 9 typ what":                                           errNoCandidate,
		"candidate:1 1 udp 5 192.0.2.1 9 typ host " + strings.Repeat("x", 600):               errNoCandidate,
		"candidate:1 1 tcp 5 192.0.2.1 9 typ host tcptype active":                            errTCP,
		"candidate:1 1 udp 5 7f1c.local 9 typ host":                                          errName,
		"candidate:1 1 udp 5 example.org 9 typ host":                                         errName,
		"candidate:2 1 udp 41885695 reflector-1-16909060.reflector 0 typ relay generation 0": errNoCandidate,
		"candidate:2 1 udp 41885695 reflector-1-0.reflector 598 typ relay generation 0":      errName,
		"candidate:1 1 udp 5 198.18.0.1 9 typ relay":                                         errAddress, // not reached by address
		"candidate:1 1 udp 5 0.0.0.0 9 typ host":                                             errAddress,
		"candidate:1 1 udp 5 224.0.0.1 9 typ host":                                           errAddress,
		"candidate:1 1 udp 5 255.255.255.255 9 typ host":                                     errAddress,
		"candidate:1 1 udp 5 127.0.0.1 9 typ host":                                           errAddress,
		"candidate:1 1 udp 5 fe80::1 9 typ host":                                             errAddress,
	} {
		if _, err := parse(text, false); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
	if _, err := parse("1 1 udp 5 192.0.2.1 9 typ host", true); !errors.Is(err, errAddress) {
		t.Errorf("an address that is not loopback, on loopback: %v", err)
	}
}

func TestOurCandidatesAreWrittenAsLibwebrtcDoes(t *testing.T) {
	relay, err := ice.NewCandidateRelay(&ice.CandidateRelayConfig{
		Network: "udp", Address: "198.51.100.9", Port: 1400, Component: 1, RelAddr: "192.0.2.1", RelPort: 5, Priority: 7, Foundation: "3",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := format(relay, relay.Address(), "uuuu"), "candidate:3 1 udp 7 198.51.100.9 1400 typ relay generation 0 ufrag uuuu"; got != want {
		t.Errorf("relay %q, want %q", got, want)
	}
	srflx, err := ice.NewCandidateServerReflexive(&ice.CandidateServerReflexiveConfig{
		Network: "udp", Address: "203.0.113.5", Port: 9, Component: 1, RelAddr: "192.0.2.1", RelPort: 5, Priority: 7, Foundation: "3",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "candidate:3 1 udp 7 203.0.113.5 9 typ srflx raddr 192.0.2.1 rport 5 generation 0 ufrag uuuu"
	if got := format(srflx, srflx.Address(), "uuuu"); got != want {
		t.Errorf("srflx %q, want %q", got, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("candidate:1467250027 1 udp 2122260223 192.0.2.10 46243 typ host generation 0 ufrag aB3d network-id 1")
	f.Add("a=candidate:1 1 UDP 1 ::1%lo 9 typ relay raddr 0.0.0.0 rport 0")
	f.Add("candidate:2 1 udp 41885695 reflector-1-16909060.reflector 598 typ relay")
	f.Add("candidate:1 1 udp 5 7f1c.local 9 typ host")
	f.Add("\x00 1 udp 5 1.2.3.4 9 typ host")
	f.Fuzz(func(t *testing.T, text string) {
		for _, loopback := range []bool{false, true} {
			c, err := parse(text, loopback)
			if err != nil || c.reflector != "" {
				continue
			}
			if !usable(c.addr.Addr(), loopback) || c.addr.Port() == 0 {
				t.Errorf("%q: %v", text, c.addr)
			}
			remote, err := c.remote()
			if err != nil {
				continue
			}
			if again, err := parse(format(remote, remote.Address(), "u"), loopback); err != nil || again.addr != c.addr {
				t.Errorf("%q is written as %q: %v", text, format(remote, remote.Address(), "u"), err)
			}
		}
	})
}
