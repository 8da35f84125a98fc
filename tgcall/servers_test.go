package tgcall

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gotd/td/tg"

	"switchgram/tgcall/engine"
	"switchgram/tgcall/reflector"
)

var testTag = bytes.Repeat([]byte{0xab}, reflector.TagSize)

func TestServersOfACall(t *testing.T) {
	got := serversOf([]tg.PhoneConnectionClass{
		&tg.PhoneConnection{ID: 900, IP: "91.108.1.1", Ipv6: "2001:db8::1", Port: 599, PeerTag: testTag},
		&tg.PhoneConnection{ID: 100, IP: "91.108.1.2", Port: 443, PeerTag: testTag, TCP: true},
		&tg.PhoneConnectionWebrtc{ID: 1, IP: "turn.example.org", Port: 3478, Turn: true, Stun: true, Username: "u", Password: "p"},
		&tg.PhoneConnectionWebrtc{ID: 2, IP: "192.0.2.1", Port: 3478, Stun: true},
		&tg.PhoneConnection{ID: -7, IP: "91.108.1.3", PeerTag: testTag},
	}, slog.New(slog.DiscardHandler))
	tag := strings.Repeat("ab", reflector.TagSize)
	want := []engine.Server{
		{ID: 3, Host: "91.108.1.1", Port: 599, Username: "reflector", Password: tag, TURN: true},
		{ID: 3, Host: "2001:db8::1", Port: 599, Username: "reflector", Password: tag, TURN: true},
		{ID: 2, Host: "91.108.1.2", Port: 443, Username: "reflector", Password: tag, TURN: true, TCP: true},
		{Host: "turn.example.org", Port: 3478},
		{Host: "turn.example.org", Port: 3478, Username: "u", Password: "p", TURN: true},
		{Host: "192.0.2.1", Port: 3478},
		{ID: 1, Host: "91.108.1.3", Username: "reflector", Password: tag, TURN: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if kinds := kindsOf(got); kinds != "stun 2, turn 1, reflector 4" {
		t.Errorf("the log says %s", kinds)
	}
}

func TestServersThatMakeNoSenseAreLeftOut(t *testing.T) {
	var log bytes.Buffer
	got := serversOf([]tg.PhoneConnectionClass{
		nil,
		&tg.PhoneConnection{IP: "192.0.2.1", Port: 599, PeerTag: testTag[1:]},
		&tg.PhoneConnection{ID: 1, Port: 599, PeerTag: testTag},
		&tg.PhoneConnectionWebrtc{IP: "192.0.2.1", Port: 3478},
		&tg.PhoneConnectionWebrtc{IP: "192.0.2.1", Port: 3478, Turn: true, Username: "u"},
		&tg.PhoneConnectionWebrtc{IP: "192.0.2.1", Port: 0, Stun: true},
		&tg.PhoneConnectionWebrtc{IP: "192.0.2.1", Port: 65536, Stun: true},
		&tg.PhoneConnectionWebrtc{IP: "turn example", Port: 3478, Stun: true},
		&tg.PhoneConnectionWebrtc{IP: strings.Repeat("a", 300), Port: 3478, Stun: true},
	}, slog.New(slog.NewTextHandler(&log, nil)))
	if len(got) > 0 {
		t.Errorf("%+v", got)
	}
	const silent = 1 // neither STUN nor TURN: nothing is wrong with it
	if lines := strings.Count(log.String(), "level=WARN"); lines != 9-silent || strings.Contains(log.String(), "abab") {
		t.Errorf("%d lines: %s", lines, &log)
	}
}

// TestReflectorsOfTheSameID: which number they have is then a matter of the app.
func TestReflectorsOfTheSameID(t *testing.T) {
	var log bytes.Buffer
	got := serversOf([]tg.PhoneConnectionClass{
		&tg.PhoneConnection{ID: 5, IP: "91.108.1.1", Port: 599, PeerTag: testTag},
		&tg.PhoneConnection{ID: 5, IP: "91.108.1.1", Port: 443, PeerTag: testTag, TCP: true},
		&tg.PhoneConnection{ID: 9, IP: "91.108.1.2", Port: 599, PeerTag: testTag},
	}, slog.New(slog.NewTextHandler(&log, nil)))
	if len(got) != 3 || got[0].ID != 1 || got[1].ID != 1 || got[2].ID != 2 || !strings.Contains(log.String(), "same id") {
		t.Errorf("%+v; %s", got, &log)
	}
}

func TestALongListOfServersIsCut(t *testing.T) {
	var list []tg.PhoneConnectionClass
	for range 1000 {
		list = append(list, &tg.PhoneConnectionWebrtc{IP: "192.0.2.1", Port: 1, Stun: true})
	}
	if n := len(serversOf(list, slog.New(slog.DiscardHandler))); n != maxServers {
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
		}, slog.New(slog.DiscardHandler)) {
			if s.Host == "" || s.Port < 0 || s.Port == 0 && s.Username != reflectorUser || s.Port > 65535 || strings.ContainsAny(s.Host, " \r\n\x00/") {
				t.Errorf("server %+v", s)
			}
		}
	})
}
