package sdp

import (
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// audioLine is an SDP with these lines for its audio; "m=" first.
func audioLines(lines ...string) []byte {
	return []byte("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" + strings.Join(lines, "\r\n") + "\r\n")
}

func TestOfferOfFreeSWITCHIsUnderstood(t *testing.T) {
	tests := []struct {
		file   string
		codecs []Codec
		events []Payload
		addr   string
	}{
		{"freeswitch-offer-all.sdp", []Codec{Opus, G722, PCMU, PCMA}, []Payload{{103, 0, 48000, "0-15"}, {101, 0, 8000, "0-15"}},
			"127.0.0.1:20168"},
		{"freeswitch-offer-opus.sdp", []Codec{Opus}, []Payload{{101, 0, 48000, "0-15"}}, "127.0.0.1:20388"},
		{"freeswitch-offer-pcmu.sdp", []Codec{PCMU}, []Payload{{101, 0, 8000, "0-15"}}, "127.0.0.1:20580"},
		// its o= has another address
		{"freeswitch-answer-browser-offer.sdp", []Codec{Opus}, []Payload{{110, 0, 48000, "0-15"}}, "127.0.0.1:20136"},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			d, err := Parse(fixture(t, tt.file), OptionalSRTP)
			if err != nil {
				t.Fatal(err)
			}
			var codecs []Codec
			for _, p := range d.Payloads {
				codecs = append(codecs, p.Codec)
			}
			if !reflect.DeepEqual(codecs, tt.codecs) || !reflect.DeepEqual(d.Events, tt.events) {
				t.Errorf("codecs %v, events %v", codecs, d.Events)
			}
			if d.Addr != netip.MustParseAddrPort(tt.addr) || d.Direction != SendRecv || d.ptime != 20*time.Millisecond {
				t.Errorf("%s %s %s", d.Addr, d.Direction, d.ptime)
			}
		})
	}
}

func TestBadSDPIsRefusedWithTheLineNamed(t *testing.T) {
	tests := []struct{ name, sdp, want string }{
		{"empty", "", "none"},
		{"no media", string(fixture(t, "freeswitch-offer-nothing.sdp")), "no m= line"},
		{"srtp", string(audioLines("m=audio 4000 RTP/SAVP 0")), `"m=audio 4000 RTP/SAVP 0": SRTP`},
		{"webrtc", string(audioLines("m=audio 9 UDP/TLS/RTP/SAVPF 111")), "SRTP"},
		{"video alone", string(audioLines("m=video 4000 RTP/AVP 96")), "no audio"},
		{"refused", string(audioLines("m=audio 0 RTP/AVP 0")), "port 0"},
		{"udptl", string(audioLines("m=audio 4000 udptl t38")), "want RTP/AVP"},
		{"payload", string(audioLines("m=audio 4000 RTP/AVP x")), `payload type "x"`},
		{"payload range", string(audioLines("m=audio 4000 RTP/AVP 200")), `payload type "200"`},
		{"rtpmap", string(audioLines("m=audio 4000 RTP/AVP 96", "a=rtpmap:96 opus")), "a=rtpmap:96 opus"},
		{"clock", string(audioLines("m=audio 4000 RTP/AVP 96", "a=rtpmap:96 opus/x/2")), `clock rate "x"`},
		{"host name", "v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nc=IN IP4 pbx.local\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n", "c=IN IP4 pbx.local"},
		{"multicast", "v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nc=IN IP4 224.2.1.1/127\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n", "multicast"},
		{"no address", "v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n", "no c= line"},
		{"garbage", string(audioLines("m=audio 4000 RTP/AVP 0", "nonsense")), "nonsense"},
		{"bad port", string(audioLines("m=audio x RTP/AVP 0")), "m=audio x RTP/AVP 0"},
		{"half a line", string(audioLines("m=audio 4000")), "want media, port"},
		{"huge", strings.Repeat("a", maxSDP+1), "at most"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.sdp), OptionalSRTP)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestPacketTimeIsWhatBothCan(t *testing.T) {
	tests := []struct {
		lines []string
		want  time.Duration
	}{
		{nil, 20 * time.Millisecond},
		{[]string{"a=ptime:10"}, 10 * time.Millisecond},
		{[]string{"a=ptime:30"}, 30 * time.Millisecond},
		{[]string{"a=ptime:20.0"}, 20 * time.Millisecond},
		{[]string{"a=ptime:200"}, 60 * time.Millisecond},
		{[]string{"a=ptime:3"}, 10 * time.Millisecond},
		{[]string{"a=ptime:60", "a=maxptime:40"}, 40 * time.Millisecond},
		{[]string{"a=ptime:x"}, 20 * time.Millisecond},
		{[]string{"a=rtpmap:102 opus/48000/2", "a=fmtp:102 useinbandfec=1; ptime=40; minptime=10"}, 40 * time.Millisecond},
	}
	for _, tt := range tests {
		d, err := Parse(audioLines(append([]string{"m=audio 4000 RTP/AVP 0 102"}, tt.lines...)...), OptionalSRTP)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.packetTime(); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.lines, got, tt.want)
		}
	}
}

func TestRTCPAddressIsTheNextPortOrWhatTheAttributeSays(t *testing.T) {
	tests := []struct{ line, want string }{
		{"a=sendrecv", "127.0.0.1:4001"},
		{"a=rtcp:5000", "127.0.0.1:5000"},
		{"a=rtcp:5000 IN IP4 127.0.0.7", "127.0.0.7:5000"},
		{"a=rtcp:nonsense", "127.0.0.1:4001"},
		{"a=rtcp:99999", "127.0.0.1:4001"},
	}
	for _, tt := range tests {
		d, err := Parse(audioLines("m=audio 4000 RTP/AVP 0", tt.line), OptionalSRTP)
		if err != nil {
			t.Fatal(err)
		}
		if d.RTCP.String() != tt.want {
			t.Errorf("%s: %s, want %s", tt.line, d.RTCP, tt.want)
		}
	}
}

func TestHoldIsSeenInEveryForm(t *testing.T) {
	tests := []struct {
		name string
		sdp  []byte
		want Direction
	}{
		{"freeswitch", fixture(t, "freeswitch-hold.sdp"), SendOnly},
		{"inactive", audioLines("m=audio 4000 RTP/AVP 0", "a=inactive"), Inactive},
		{"recvonly", audioLines("m=audio 4000 RTP/AVP 0", "a=recvonly"), RecvOnly},
		{"none", audioLines("m=audio 4000 RTP/AVP 0"), SendRecv},
		{"session level", []byte(strings.Replace(string(audioLines("m=audio 4000 RTP/AVP 0")), "t=0 0\r\n", "t=0 0\r\na=sendonly\r\n", 1)), SendOnly},
		{"old", []byte(strings.Replace(string(audioLines("m=audio 4000 RTP/AVP 0")), "c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0", 1)), SendOnly},
	}
	for _, tt := range tests {
		d, err := Parse(tt.sdp, OptionalSRTP)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if d.Direction != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, d.Direction, tt.want)
		}
	}
}

func FuzzParseSDP(f *testing.F) {
	files, err := filepath.Glob("testdata/*.sdp")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		f.Add(fixture(f, filepath.Base(name)))
	}
	f.Add(audioLines("m=audio 4000 RTP/AVPF 0 8 101", "a=rtpmap:101 telephone-event/8000", "a=rtcp-mux", "m=video 5 RTP/AVP 96"))
	l := Local{Addr: netip.MustParseAddrPort("127.0.0.1:4000"), Session: 1, Version: 1}
	all := []Codec{Opus, G722, PCMU, PCMA}
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := Parse(body, OptionalSRTP)
		if err != nil {
			return
		}
		terms, err := d.Accept(all, SendRecv)
		if err != nil {
			return
		}
		l := l
		if k := terms.Theirs; k != nil {
			terms.Ours = k.Reply()
			l.Keyings = terms.Keyings()
		}
		// what we answer is an SDP that we would understand ourselves
		answer, err := Parse(l.Answer(d, terms), OptionalSRTP)
		if err != nil {
			t.Fatalf("our answer to %q: %v", body, err)
		}
		if _, err := answer.Accepted(all, l, SendRecv); err != nil {
			t.Fatalf("our answer to %q: %v", body, err)
		}
	})
}
