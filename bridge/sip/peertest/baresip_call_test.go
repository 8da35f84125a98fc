package peertest

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
)

// peer is an account that registers nowhere, and speaks one codec.
func peer(codec string) string {
	return fmt.Sprintf("<sip:peer@127.0.0.1>;regint=0;audio_codecs=%s", codec)
}

// codecs are baresip's names and ours.
var codecs = []struct {
	baresip string
	ours    sdp.Codec
}{{"opus/48000/2", sdp.Opus}, {"G722/16000/1", sdp.G722}, {"PCMU/8000/1", sdp.PCMU}}

// callBaresip is an answered call from us to a baresip.
func callBaresip(t *testing.T, codec, source string) (*baresip, *call) {
	t.Helper()
	b := startBaresip(t, peer(codec), source)
	a := newAgent(t, sip.Options{})
	c := a.dial(t, sip.Invite{To: fmt.Sprintf("sip:peer@127.0.0.1:%d", b.port), FromUser: "1000", FromName: "Ann"})
	b.waitEvent(t, "CALL_INCOMING")
	wait[sip.Ringing](t, c)
	b.do(t, "accept", "")
	wait[sip.Answered](t, c)
	b.waitEvent(t, "CALL_ESTABLISHED")
	return b, c
}

// baresipCalls is an answered call from a baresip to us.
func baresipCalls(t *testing.T, codec, transport, source string) (*baresip, *call) {
	t.Helper()
	b := startBaresip(t, peer(codec), source)
	a := newAgent(t, sip.Options{})
	b.do(t, "dial", a.uri("telegram", transport))
	c := a.ring(t)
	if c.RequestUser() != "telegram" || c.RemoteUser() != "peer" {
		t.Errorf("%s called %s, want peer to call telegram", c.RemoteUser(), c.RequestUser())
	}
	must(t, c.Ring(patient(t)), "ring")
	b.waitEvent(t, "CALL_RINGING")
	must(t, c.Answer(patient(t)), "answer")
	b.waitEvent(t, "CALL_ESTABLISHED")
	return b, c
}

func TestBaresipHearsUsAndWeHearBaresip(t *testing.T) {
	for _, tt := range codecs {
		t.Run(tt.ours.String(), func(t *testing.T) {
			b, c := callBaresip(t, tt.baresip, echoing)
			if got := c.Format().Codec; got != tt.ours {
				t.Fatalf("agreed on %v, want %v", got, tt.ours)
			}
			ear := listenTo(t, c)
			startHum(t, c, 700)
			ear.waitTone(t, 700)

			must(t, c.Hangup(patient(t), sip.Hangup{}), "hang up")
			b.waitEvent(t, "CALL_CLOSED")
			if end := wait[sip.Ended](t, c); end.Remote || end.Err != nil {
				t.Errorf("ended: %v; want by us", end)
			}
		})
	}
}

func TestBaresipCallsUsAndHangsUp(t *testing.T) {
	for _, tt := range codecs {
		for _, transport := range []string{"udp", "tcp"} {
			t.Run(tt.ours.String()+" by "+transport, func(t *testing.T) {
				b, c := baresipCalls(t, tt.baresip, transport, echoing)
				ear := listenTo(t, c)
				startHum(t, c, 900)
				ear.waitTone(t, 900)

				b.do(t, "hangup", "")
				b.waitEvent(t, "CALL_CLOSED")
				if end := wait[sip.Ended](t, c); !end.Remote || end.Err != nil {
					t.Errorf("ended: %v; want by baresip", end)
				}
			})
		}
	}
}

func TestBaresipPutsUsOnHold(t *testing.T) {
	b, c := baresipCalls(t, "opus/48000/2", "udp", humming)
	ear := listenTo(t, c)
	startHum(t, c, 900)
	ear.waitTone(t, 440)

	b.do(t, "hold", "")
	if held := wait[sip.Held](t, c); !held.On {
		t.Errorf("told %+v, want held", held)
	}
	if err := c.WriteRTP(&rtp.Packet{Payload: []byte{0xf8}}); !errors.Is(err, sip.ErrHeld) {
		t.Errorf("sending to who holds us gave %v, want %v", err, sip.ErrHeld)
	}

	b.do(t, "resume", "")
	if held := wait[sip.Held](t, c); held.On {
		t.Errorf("told %+v, want no longer held", held)
	}
	ear.forget()
	ear.waitTone(t, 440)
	b.waitHearing(t)
}

func TestWePutBaresipOnHold(t *testing.T) {
	b, c := callBaresip(t, "opus/48000/2", humming)
	ear := listenTo(t, c)
	startHum(t, c, 900)
	ear.waitTone(t, 440)

	for _, tt := range []struct {
		on   bool
		want string
	}{{true, "recvonly"}, {false, "sendrecv"}} {
		must(t, c.Hold(patient(t), tt.on), "hold %v", tt.on)
		if state := b.do(t, "audio_debug", ""); !strings.Contains(state, "audio dir="+tt.want) {
			t.Errorf("on hold %v: want %s in\n%s", tt.on, tt.want, state)
		}
	}
	ear.forget()
	ear.waitTone(t, 440)
	b.waitHearing(t)
}

// waitHearing returns when ten packets more of ours have come to baresip.
func (b *baresip) waitHearing(t *testing.T) {
	t.Helper()
	ctx := patient(t)
	for first := b.received(t); b.received(t) < first+10; {
		if ctx.Err() != nil {
			t.Fatal("baresip hears nothing")
		}
	}
}

var packetsPut = regexp.MustCompile(`seq_put=(\d+)`)

// received is how many packets of ours came to baresip's jitter buffer.
func (b *baresip) received(t *testing.T) int {
	t.Helper()
	state := b.do(t, "audio_debug", "")
	m := packetsPut.FindStringSubmatch(state)
	if m == nil {
		t.Fatalf("no packet count in\n%s", state)
	}
	n, err := strconv.Atoi(m[1])
	must(t, err, "packet count")
	return n
}

func TestDigitsBothWays(t *testing.T) {
	for _, tt := range codecs {
		t.Run(tt.ours.String(), func(t *testing.T) {
			b, c := callBaresip(t, tt.baresip, echoing)

			must(t, c.SendDTMF(patient(t), "5#", 100*time.Millisecond), "send digits")
			for _, want := range []string{"5", "#"} {
				if ev := b.waitEvent(t, "CALL_DTMF_START"); ev.Param != want {
					t.Errorf("baresip heard %q, want %q", ev.Param, want)
				}
			}
			for _, want := range []rune{'7', '*'} {
				b.do(t, "sndcode", string(want))
				if ev := wait[sip.Digit](t, c); ev.Key != want {
					t.Errorf("we heard %q, want %q", ev.Key, want)
				}
			}
		})
	}
}

func TestBaresipGivesUpBeforeWeAnswer(t *testing.T) {
	b := startBaresip(t, peer("PCMU/8000/1"), echoing)
	a := newAgent(t, sip.Options{})
	b.do(t, "dial", a.uri("telegram", "udp"))
	c := a.ring(t)
	must(t, c.Ring(patient(t)), "ring")
	b.waitEvent(t, "CALL_RINGING")

	b.do(t, "hangup", "")
	if end := wait[sip.Ended](t, c); !end.Remote {
		t.Errorf("ended: %v; want by baresip", end)
	}
}

// TestBaresipCallsWithAPassword: it is on no allow-list. It stops at a challenge for an algorithm it does not know, though RFC 8760 §2.4
// has it take the next: telephones of its age can be offered MD5 only.
func TestBaresipCallsWithAPassword(t *testing.T) {
	for _, tt := range []struct {
		password string
		taken    bool
	}{{"secret", true}, {"guess", false}} {
		t.Run(tt.password, func(t *testing.T) {
			b := startBaresip(t, peer("PCMU/8000/1")+";auth_user=ann;auth_pass="+tt.password, echoing)
			users := func(user string) (sip.Secret, bool) { return sip.Secret{Password: "secret"}, user == "ann" }
			a := newAgent(t, sip.Options{Allow: nobody, Users: users, Algorithms: []string{"MD5"}})
			b.do(t, "dial", a.uri("telegram", "udp"))
			if !tt.taken {
				b.waitEvent(t, "CALL_CLOSED")
				if len(a.calls) > 0 {
					t.Error("the call was taken")
				}
				return
			}
			must(t, a.ring(t).Answer(patient(t)), "answer")
			b.waitEvent(t, "CALL_ESTABLISHED")
		})
	}
}

func TestBaresipIsBusy(t *testing.T) {
	b := startBaresip(t, peer("PCMU/8000/1"), echoing)
	a := newAgent(t, sip.Options{})
	c := a.dial(t, sip.Invite{To: fmt.Sprintf("sip:peer@127.0.0.1:%d", b.port), FromUser: "1000"})
	wait[sip.Ringing](t, c)

	b.do(t, "hangup", "") // of a call it was not asked to accept
	if end := wait[sip.Ended](t, c); !end.Remote || end.Status < 400 {
		t.Errorf("ended: %v; want a refusal", end)
	}
}

// TestBaresipReportsWhatItHears: it sends reports by itself, from the port above its RTP's. A round trip is known once one of them
// answers one of ours.
func TestBaresipReportsWhatItHears(t *testing.T) {
	_, c := callBaresip(t, "opus/48000/2", humming)
	ear := listenTo(t, c)
	startHum(t, c, 900)
	ear.waitTone(t, 440)

	ctx, tick := patient(t), time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for c.Stats().RTT == 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("no report that answers ours: %+v", c.Stats())
		}
	}
	if st := c.Stats(); st.RTT > time.Second || st.ReportedLost > st.Sent/10 || st.ReportedJitter > time.Second {
		t.Errorf("it reports %+v", st)
	}
}
