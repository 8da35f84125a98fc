package program_test

import (
	"strings"
	"testing"

	"switchgram/bridge"
	"switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
	"switchgram/tgcall"
)

func TestSoundIsEncryptedAsTheLineWantsIt(t *testing.T) {
	for _, tt := range []struct {
		line    string
		offered sdp.SRTP
		suite   string // empty: plain
		refused string // the warning
	}{
		{"optional", sdp.OptionalSRTP, "", ""},
		{"optional", sdp.RequireSRTP, "AEAD_AES_128_GCM", ""},
		{"required", sdp.RequireSRTP, "AEAD_AES_128_GCM", ""},
		{"required", sdp.OptionalSRTP, "", "SRTP is demanded here"},
		{"off", sdp.RequireSRTP, "", "SRTP is switched off here"},
	} {
		h := build(t, plan{expires: "10s, srtp: " + tt.line})
		taken := make(chan *tgcall.Call, 1)
		h.person(h.ann(), takes(taken))
		d, err := h.gateway().Dial(h.ctx, sip.Invite{To: sip.UserURI("@ann", h.program.SIPAddr("udp").String(), "udp"), SRTP: tt.offered})
		h.must(err)
		if tt.refused != "" {
			if end := untilSIP[sip.Ended](h, d); end.Status != 488 || !strings.Contains(d.Header("Warning"), tt.refused) || len(taken) > 0 {
				t.Errorf("%s: %s, warning %s, called %d", tt.line, end, d.Header("Warning"), len(taken))
			}
			continue
		}
		untilSIP[sip.Answered](h, d)
		if d.SRTP() != tt.suite {
			t.Errorf("%s: encrypted with %q, want %q", tt.line, d.SRTP(), tt.suite)
		}
		h.must(d.Hangup(h.ctx, sip.Hangup{}))
		h.wantOutcome(bridge.NormalClearing, "relay opus")
	}
}
