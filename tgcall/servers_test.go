package tgcall

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gotd/td/tg"

	"switchgram/tgcall/engine"
)

var testTag = bytes.Repeat([]byte{0xab}, peerTagLen)

func TestServersOfACall(t *testing.T) {
	got := serversOf([]tg.PhoneConnectionClass{
		&tg.PhoneConnection{ID: 900, IP: "91.108.1.1", Ipv6: "2001:db8::1", Port: 599, PeerTag: testTag},
		&tg.PhoneConnection{ID: 100, IP: "91.108.1.2", Port: 443, PeerTag: testTag, TCP: true},
		&tg.PhoneConnectionWebrtc{ID: 1, IP: "turn.example.org", Port: 3478, Turn: true, Stun: true, Username: "u", Password: "p"},
		&tg.PhoneConnectionWebrtc{ID: 2, IP: "192.0.2.1", Port: 3478, Stun: true},
	})
	tag := strings.Repeat("ab", peerTagLen)
	want := []engine.Server{
		{ID: 2, Host: "91.108.1.1", Port: 599, Username: "reflector", Password: tag, TURN: true},
		{ID: 2, Host: "2001:db8::1", Port: 599, Username: "reflector", Password: tag, TURN: true},
		{ID: 1, Host: "91.108.1.2", Port: 443, Username: "reflector", Password: tag, TURN: true, TCP: true},
		{Host: "turn.example.org", Port: 3478},
		{Host: "turn.example.org", Port: 3478, Username: "u", Password: "p", TURN: true},
		{Host: "192.0.2.1", Port: 3478},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestServersThatMakeNoSenseAreLeftOut(t *testing.T) {
	got := serversOf([]tg.PhoneConnectionClass{
		nil,
		&tg.PhoneConnection{IP: "192.0.2.1", Port: 599, PeerTag: testTag[1:]},
		&tg.PhoneConnection{IP: "", Port: 599, PeerTag: testTag},
		&tg.PhoneConnectionWebrtc{IP: "192.0.2.1", Port: 3478},
		&tg.PhoneConnectionWebrtc{IP: "192.0.2.1", Port: 3478, Turn: true, Username: "u"},
		&tg.PhoneConnectionWebrtc{IP: "192.0.2.1", Port: 0, Stun: true},
		&tg.PhoneConnectionWebrtc{IP: "192.0.2.1", Port: 65536, Stun: true},
		&tg.PhoneConnectionWebrtc{IP: "turn example", Port: 3478, Stun: true},
		&tg.PhoneConnectionWebrtc{IP: strings.Repeat("a", 300), Port: 3478, Stun: true},
	})
	if len(got) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestALongListOfServersIsCut(t *testing.T) {
	var list []tg.PhoneConnectionClass
	for range 1000 {
		list = append(list, &tg.PhoneConnectionWebrtc{IP: "192.0.2.1", Port: 1, Stun: true})
	}
	if n := len(serversOf(list)); n != maxServers {
		t.Errorf("%d servers, want %d", n, maxServers)
	}
}

func withParameters(text string) *tg.PhoneCall {
	c := &tg.PhoneCall{}
	c.SetCustomParameters(tg.DataJSON{Data: text})
	return c
}

func TestCustomParameters(t *testing.T) {
	if got := customParametersOf(withParameters(` {"network_signaling_nosctp":true} `)); string(got) != `{"network_signaling_nosctp":true}` {
		t.Errorf("%s", got)
	}
	for _, text := range []string{"", "null", "[]", "{", "{}{}", `{"a":"` + strings.Repeat("x", maxCustom) + `"}`} {
		if got := customParametersOf(withParameters(text)); got != nil {
			t.Errorf("%.20q: %.20s", text, got)
		}
	}
	if got := customParametersOf(&tg.PhoneCall{}); got != nil {
		t.Errorf("absent: %s", got)
	}
}

func FuzzCustomParameters(f *testing.F) {
	f.Add(`{"network_use_mtproto":true}`)
	f.Add("{}{}")
	f.Fuzz(func(t *testing.T, text string) {
		got := customParametersOf(withParameters(text))
		var object map[string]any
		if got != nil && json.Unmarshal(got, &object) != nil {
			t.Errorf("%q gives %q", text, got)
		}
	})
}

func FuzzServers(f *testing.F) {
	f.Add(true, true, "turn.example.org", "::1", 3478, "user", "password", testTag)
	f.Add(false, true, "192.0.2.1", "", 443, "", "", []byte{})
	f.Fuzz(func(t *testing.T, turn, stun bool, ip, ipv6 string, port int, user, password string, tag []byte) {
		for _, s := range serversOf([]tg.PhoneConnectionClass{
			&tg.PhoneConnection{IP: ip, Ipv6: ipv6, Port: port, PeerTag: tag, TCP: turn},
			&tg.PhoneConnectionWebrtc{IP: ip, Ipv6: ipv6, Port: port, Turn: turn, Stun: stun, Username: user, Password: password},
		}) {
			if s.Host == "" || s.Port < 1 || s.Port > 65535 || strings.ContainsAny(s.Host, " \r\n\x00/") {
				t.Errorf("server %+v", s)
			}
		}
	})
}
