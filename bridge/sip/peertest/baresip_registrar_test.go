package peertest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchgram/bridge/sip"
)

// annAlone may call and register.
func annAlone(o sip.Options) sip.Options {
	o.Allow = nobody
	o.Algorithms = []string{"MD5"} // baresip of this age stops at a challenge for another
	o.Users = func(user string) (sip.Secret, bool) { return sip.Secret{Password: "secret"}, user == "ann" }
	return o
}

// registering is an account of ann's at an agent.
func registering(a *agent, transport, password string) string {
	return fmt.Sprintf("<sip:ann@%s;transport=%s>;auth_pass=%s;regint=60;audio_codecs=PCMU/8000/1", a.Addr(transport), transport, password)
}

func TestBaresipRegistersWithUsAndIsCalled(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			a := newAgent(t, annAlone(sip.Options{}))
			b := startBaresip(t, registering(a, transport, "secret"), echoing)
			b.waitLine(t, "[1 binding]") // perhaps before it lets us listen to its events
			places := a.Bindings("ann")
			if len(places) != 1 || places[0].Transport != transport || !strings.HasPrefix(places[0].Agent, "baresip") {
				t.Fatalf("bound to %+v", places)
			}
			if left := time.Until(places[0].Until); left < 50*time.Second || left > time.Minute {
				t.Errorf("for %v, want the minute that it asks for", left)
			}

			c := a.dial(t, sip.Invite{To: "sip:ann@switchgram", Binding: &places[0], FromUser: "1000"})
			wait[sip.Ringing](t, c)
			b.do(t, "accept", "")
			wait[sip.Answered](t, c)
			ear := listenTo(t, c)
			startHum(t, c, 700)
			ear.waitTone(t, 700)
		})
	}
}

func TestBaresipWithAWrongPasswordIsNowhere(t *testing.T) {
	a := newAgent(t, annAlone(sip.Options{}))
	b := startBaresip(t, registering(a, "udp", "guess"), echoing)
	b.waitLine(t, ": 403 Forbidden")
	if places := a.Bindings("ann"); len(places) > 0 {
		t.Errorf("bound to %+v", places)
	}
}

func TestBaresipAsksForATransferAndHearsHowItGoes(t *testing.T) {
	for _, tt := range []struct {
		status int
		event  string
	}{{200, "CALL_CLOSED"}, {486, "TRANSFER_FAILED"}} {
		t.Run(fmt.Sprint(tt.status), func(t *testing.T) {
			b, c := baresipCalls(t, "PCMU/8000/1", "udp", echoing)
			b.do(t, "transfer", "sip:2000@127.0.0.1")
			if asked := wait[sip.TransferAsked](t, c); !strings.HasPrefix(asked.To, "sip:2000@127.0.0.1") || asked.Replaces != "" || c.IsUs(asked.To) {
				t.Errorf("asked for %+v", asked)
			}
			must(t, c.NotifyTransfer(patient(t), 180, ""), "tell that it rings")
			must(t, c.NotifyTransfer(patient(t), tt.status, ""), "tell how it ended")
			b.waitEvent(t, tt.event)
		})
	}
}
