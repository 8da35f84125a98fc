package sip

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// places registers URIs of ann's for some time each, by one request.
func places(l *location, now time.Time, seq uint32, g *gate, lasting map[string]time.Duration) (news int, ok bool) {
	var changes []*Binding
	for uri, d := range lasting {
		changes = append(changes, &Binding{User: "ann", URI: uri, Until: now.Add(d), callID: "1", seq: seq,
			From: netip.MustParseAddrPort("192.0.2.1:5060")})
	}
	added, ok := l.update("ann", changes, now, g.expect)
	return len(added), ok
}

func TestRegistrationsEndInTheirTime(t *testing.T) {
	l, g, now := newLocation(), newGate(nil), time.Now()
	places(l, now, 1, g, map[string]time.Duration{"sip:ann@a": time.Minute, "sip:ann@b": time.Hour})
	if n := len(l.find("ann", now)); n != 2 {
		t.Errorf("at %d places, want 2", n)
	}
	if all := l.find("ann", now.Add(time.Minute)); len(all) != 1 || all[0].URI != "sip:ann@b" {
		t.Errorf("a minute later at %v", all)
	}
	if n := len(l.find("ann", now.Add(time.Hour))); n != 0 || len(l.users) != 0 || len(g.called) != 0 {
		t.Errorf("an hour later at %d places, %d users, gate hears %d", n, len(l.users), len(g.called))
	}
}

func TestLaterRequestOfARegistrationWins(t *testing.T) {
	l, g, now := newLocation(), newGate(nil), time.Now()
	places(l, now, 5, g, map[string]time.Duration{"sip:ann@a": time.Minute})
	if _, ok := places(l, now, 4, g, map[string]time.Duration{"sip:ann@a": 0}); ok {
		t.Error("an older request was taken")
	}
	if news, ok := places(l, now, 6, g, map[string]time.Duration{"sip:ann@A;x=y": time.Hour}); !ok || news != 0 {
		t.Errorf("refreshed: %v, %d new", ok, news)
	}
	if all := l.find("ann", now); len(all) != 1 || all[0].Until != now.Add(time.Hour) {
		t.Errorf("at %v", all)
	}
}

func TestNobodyRegistersEverywhere(t *testing.T) {
	l, g, now := newLocation(), newGate(nil), time.Now()
	for i := range 2 * maxBindings {
		places(l, now, uint32(i), g, map[string]time.Duration{fmt.Sprintf("sip:ann@h%d", i): time.Hour + time.Duration(i)*time.Second})
	}
	all := l.find("ann", now)
	if len(all) != maxBindings || all[0].URI != fmt.Sprintf("sip:ann@h%d", 2*maxBindings-1) {
		t.Errorf("at %d places, the first %s", len(all), all[0].URI)
	}
	if n := g.called[netip.MustParseAddr("192.0.2.1")]; n != maxBindings {
		t.Errorf("the gate counts %d places", n)
	}
	l.clear("ann")
	if len(l.users)+len(g.called) > 0 {
		t.Error("something is left")
	}
}

func TestPreferredPlacesComeFirst(t *testing.T) {
	l, now := newLocation(), time.Now()
	hold := func(netip.Addr) func() { return func() {} }
	for uri, weight := range map[string]int{"sip:ann@low": 100, "sip:ann@high": 1000, "sip:ann@middle": 500} {
		l.update("ann", []*Binding{{URI: uri, weight: weight, Until: now.Add(time.Hour)}}, now, hold)
	}
	for i, want := range []string{"sip:ann@high", "sip:ann@middle", "sip:ann@low"} {
		if got := l.find("ann", now)[i].URI; got != want {
			t.Errorf("place %d is %s, want %s", i, got, want)
		}
	}
}

func TestSameContactIsRecognized(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"sip:ann@a", "sip:ann@A", true},
		{"sip:ann@a;x=1", "sip:ann@a;x=2", true},
		{"sip:%61nn@a", "sip:ann@a", true},
		{"sip:ann@a", "sip:ann@a;transport=udp", true},
		{"sip:ann@a", "sip:ann@a;transport=tcp", false},
		{"sip:ann@a:5060", "sip:ann@a:5062", false},
		{"sip:ann@a", "sip:bob@a", false},
		{"nonsense", "nonsense", true},
	} {
		if got := sameContact(tt.a, tt.b); got != tt.same {
			t.Errorf("%s and %s: same %v", tt.a, tt.b, got)
		}
	}
}

func TestPrivateAddressOfSomebodySeenElsewhereIsHidden(t *testing.T) {
	for _, tt := range []struct {
		host, seen string
		want       bool
	}{
		{"192.168.1.5", "192.0.2.1", true},
		{"192.168.1.5", "192.168.1.5", false},
		{"100.64.0.1", "192.0.2.1", true},
		{"198.51.100.1", "192.0.2.1", false}, // two addresses of one machine, perhaps
		{"[fd00::1]", "2001:db8::1", true},
		{"pbx.example.org", "192.0.2.1", false},
	} {
		u, err := parseURI("sip:a@" + tt.host)
		if err != nil {
			t.Fatal(err)
		}
		if got := hidden(u, netip.MustParseAddr(tt.seen)); got != tt.want {
			t.Errorf("%s seen at %s: %v", tt.host, tt.seen, got)
		}
	}
}
