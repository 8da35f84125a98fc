package siptest

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchgram/bridge/sip/sdp"
)

// lines is an SDP with the given m= line and attributes.
func lines(m string, attributes ...string) []byte {
	return []byte("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio " + m + "\r\n" +
		strings.Join(attributes, "\r\n") + "\r\n")
}

// TestOffersAreThoseOfFreeSWITCH compares with what a FreeSWITCH offered a user, by the caller's codecs.
func TestOffersAreThoseOfFreeSWITCH(t *testing.T) {
	for _, tt := range []struct {
		name   string
		codecs []sdp.Codec
		want   []string
	}{
		{"PCMU caller", []sdp.Codec{sdp.PCMU}, []string{"0 101", "rtpmap:0 PCMU/8000", "rtpmap:101 telephone-event/8000"}},
		{"G722 and PCMU caller", []sdp.Codec{sdp.G722, sdp.PCMU},
			[]string{"9 0 101", "rtpmap:9 G722/8000", "rtpmap:0 PCMU/8000", "rtpmap:101 telephone-event/8000"}},
		{"Opus caller", []sdp.Codec{sdp.Opus}, []string{"102 101", "rtpmap:102 opus/48000/2", "rtpmap:101 telephone-event/48000"}},
		{"Opus and PCMU caller", []sdp.Codec{sdp.Opus, sdp.PCMU}, []string{"102 0 103 101", "rtpmap:102 opus/48000/2", "rtpmap:0 PCMU/8000",
			"rtpmap:103 telephone-event/48000", "rtpmap:101 telephone-event/8000"}},
		{"nobody called", allCodecs(), []string{"102 9 0 8 103 101", "rtpmap:102 opus/48000/2", "rtpmap:9 G722/8000", "rtpmap:0 PCMU/8000",
			"rtpmap:8 PCMA/8000", "rtpmap:103 telephone-event/48000", "rtpmap:101 telephone-event/8000"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var d description
			d.addOffer(tt.codecs)
			got := []string{strings.Join(d.formats, " ")}
			for _, l := range d.lines {
				if strings.HasPrefix(l, "rtpmap") {
					got = append(got, l)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("offer (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAnswersAreThoseOfFreeSWITCH: the caller's order and payload types, and the telephone-event of the codec's clock.
func TestAnswersAreThoseOfFreeSWITCH(t *testing.T) {
	for _, tt := range []struct {
		name   string
		offer  []byte
		codec  sdp.Codec
		pt     uint8
		digits uint8
		ptime  int
	}{
		{"PCMU before Opus", lines("4000 RTP/AVP 0 111", "a=rtpmap:111 opus/48000/2"), sdp.PCMU, 0, 101, 20},
		{"Opus with both telephone-events", lines("4000 RTP/AVP 111 110 126", "a=rtpmap:111 opus/48000/2",
			"a=rtpmap:110 telephone-event/48000", "a=rtpmap:126 telephone-event/8000", "a=ptime:40"), sdp.Opus, 111, 110, 40},
		{"60 ms is too long", lines("4000 RTP/AVP 8", "a=ptime:60"), sdp.PCMA, 8, 101, 20},
		{"unknown codec first", lines("4000 RTP/AVP 97 9", "a=rtpmap:97 speex/16000"), sdp.G722, 9, 101, 20},
		{"Opus with telephone-events of the other clock", lines("4000 RTP/AVP 111 99", "a=rtpmap:111 opus/48000/2",
			"a=rtpmap:99 telephone-event/8000"), sdp.Opus, 111, 99, 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			offer, err := parseSession(tt.offer)
			if err != nil {
				t.Fatal(err)
			}
			got, err := choose(offer, allCodecs())
			if err != nil {
				t.Fatal(err)
			}
			if got.id != tt.codec || got.pt != tt.pt || got.digits != tt.digits || got.ptime != tt.ptime {
				t.Errorf("answered %v pt %d digits %d ptime %d", got.id, got.pt, got.digits, got.ptime)
			}
		})
	}
}

// TestDigitsAreHeardOn101OnlyWhenTheSwitchOffered, whatever the answer says: FreeSWITCH keeps its own receiving type.
func TestDigitsAreHeardOn101OnlyWhenTheSwitchOffered(t *testing.T) {
	answer, err := parseSession(lines("4000 RTP/AVP 102 103", "a=rtpmap:102 opus/48000/2", "a=rtpmap:103 telephone-event/48000"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := accept(answer, allCodecs())
	if err != nil || got.digitsIn != 101 || got.digits != 103 {
		t.Errorf("hears digits on %d, sends them on %d (%v); want 101 and 103", got.digitsIn, got.digits, err)
	}
}

func TestHoldIsRecognised(t *testing.T) {
	for _, tt := range []struct {
		name      string
		body      []byte
		direction string
		addr      netip.AddrPort
	}{
		{"sendonly", lines("4000 RTP/AVP 0", "a=sendonly"), "sendonly", netip.MustParseAddrPort("127.0.0.1:4000")},
		{"not said", lines("4000 RTP/AVP 0"), "sendrecv", netip.MustParseAddrPort("127.0.0.1:4000")},
		{"old manner", lines("4000 RTP/AVP 0", "c=IN IP4 0.0.0.0"), "sendrecv", netip.AddrPort{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseSession(tt.body)
			if tt.name == "old manner" {
				got, err = parseSession([]byte(strings.Replace(string(lines("4000 RTP/AVP 0")), "127.0.0.1", "0.0.0.0", 1)))
			}
			if err != nil || got.direction != tt.direction || got.addr != tt.addr {
				t.Errorf("got %s to %s, %v", got.direction, got.addr, err)
			}
		})
	}
}

func TestBadSDPIsNamed(t *testing.T) {
	for name, body := range map[string][]byte{
		"empty":     nil,
		"garbage":   []byte("hello"),
		"no audio":  []byte("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 4000 RTP/AVP 31\r\n"),
		"port 0":    lines("0 RTP/AVP 0"),
		"encrypted": lines("4000 RTP/SAVP 0"),
	} {
		if _, err := parseSession(body); err == nil || !strings.HasPrefix(err.Error(), "sdp: ") {
			t.Errorf("%s: %v, want an error of the sdp", name, err)
		}
	}
	s, err := parseSession(lines("4000 RTP/AVP 18"))
	if _, err2 := choose(s, allCodecs()); err != nil || !errors.Is(err2, errNoCodec) {
		t.Errorf("G.729 only: %v, %v; want %v", err, err2, errNoCodec)
	}
}

func FuzzParseSession(f *testing.F) {
	f.Add(lines("4000 RTP/AVP 0 111", "a=rtpmap:111 opus/48000/2", "a=ptime:20"))
	f.Add(lines("4000 RTP/AVP 96", "a=rtpmap:96 telephone-event/", "a=sendonly"))
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := parseSession(body)
		if err != nil {
			return
		}
		a, err := choose(s, allCodecs())
		if err != nil {
			return
		}
		d := description{addr: netip.MustParseAddrPort("127.0.0.1:4000")}
		d.addAgreed(a)
		if _, err := parseSession(d.bytes(mirror(s.direction), a.ptime)); err != nil {
			t.Errorf("cannot read our own answer: %v", err)
		}
	})
}
