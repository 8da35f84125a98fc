package peertest

import (
	"fmt"
	"strings"
	"testing"

	"switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
)

// Of baresip's ways to encrypt, "srtp" offers keys beside plain RTP (RFC 8643), "srtp-mand" demands them.

func TestBaresipHearsUsEncrypted(t *testing.T) {
	for _, way := range []string{"srtp", "srtp-mand"} {
		t.Run(way, func(t *testing.T) {
			// given a call to a baresip of which SRTP is demanded
			b := startBaresip(t, peer("PCMU/8000/1")+";mediaenc="+way, echoing)
			c := newAgent(t, sip.Options{}).dial(t, sip.Invite{To: fmt.Sprintf("sip:peer@127.0.0.1:%d", b.port), SRTP: sdp.RequireSRTP})
			b.waitEvent(t, "CALL_INCOMING")
			b.do(t, "accept", "")
			wait[sip.Answered](t, c)

			// then it echoes what we hum
			if c.SRTP() == "" {
				t.Error("not encrypted")
			}
			ear := listenTo(t, c)
			startHum(t, c, 700)
			ear.waitTone(t, 700)
			// also when it was held and taken back
			must(t, c.Hold(patient(t), true), "hold")
			must(t, c.Hold(patient(t), false), "take back")
			ear.waitTone(t, 700)
		})
	}
}

func TestBaresipCallsUsEncrypted(t *testing.T) {
	for _, way := range []string{"srtp", "srtp-mand"} {
		t.Run(way, func(t *testing.T) {
			b := startBaresip(t, peer("PCMU/8000/1")+";mediaenc="+way, echoing)
			a := newAgent(t, sip.Options{})
			b.do(t, "dial", a.uri("telegram", "udp"))
			c := a.ring(t)
			must(t, c.Answer(patient(t)), "answer")
			b.waitEvent(t, "CALL_ESTABLISHED")
			if !strings.HasPrefix(c.SRTP(), "A") {
				t.Errorf("encrypted with %q", c.SRTP())
			}
			ear := listenTo(t, c)
			startHum(t, c, 700)
			ear.waitTone(t, 700)
		})
	}
}

func TestBaresipWithoutSRTPIsRefusedWhereItIsDemanded(t *testing.T) {
	b := startBaresip(t, peer("PCMU/8000/1"), echoing)
	a := newAgent(t, sip.Options{})
	b.do(t, "dial", a.uri("telegram", "udp"))
	c := a.ring(t)
	err := c.UseSRTP(sdp.RequireSRTP)
	if err == nil {
		t.Fatal("plain RTP was taken")
	}
	must(t, c.Reject(patient(t), sip.Hangup{Status: 488, Q850: 88, Warning: err.Error()}), "reject")
	if closed := b.waitEvent(t, "CALL_CLOSED"); !strings.HasPrefix(closed.Param, "488") {
		t.Errorf("baresip heard %q", closed.Param)
	}
}
