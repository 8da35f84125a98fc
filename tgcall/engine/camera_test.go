package engine

import (
	"testing"

	"switchgram/tgcall/signal"
)

// picture is what a camera or a screen adds to an offer.
func picture(ssrc signal.ID) signal.Content {
	return signal.Content{
		Type: "video", SSRC: ssrc, SSRCGroups: []signal.SSRCGroup{{Semantics: "FID", SSRCs: []signal.ID{ssrc, ssrc + 1}}},
		PayloadTypes:  []signal.PayloadType{{ID: 100, Name: "H264", Clockrate: 90000, Parameters: map[string]string{"profile-level-id": "42e01f"}}},
		RTPExtensions: []signal.Extension{{ID: 13, URI: "urn:3gpp:video-orientation"}},
	}
}

// forged is the id of the first offer that the middle makes in a peer's name, and the first of few: the engines draw theirs
// from all numbers.
const (
	forged    signal.ID = 4000000000
	forgeries signal.ID = 5
)

// offers passes on what a peer says, and keeps its offer.
func offers(say func(signal.Message)) (pass func(signal.Message), kept chan signal.NegotiateChannels) {
	kept = make(chan signal.NegotiateChannels, 100)
	return func(msg signal.Message) {
		if n, ok := msg.(signal.NegotiateChannels); ok {
			kept <- n
		}
		say(msg)
	}, kept
}

// answers passes on what we say but for the answers to forged offers, which it keeps.
func answers(say func(signal.Message)) (pass func(signal.Message), kept chan signal.NegotiateChannels) {
	kept = make(chan signal.NegotiateChannels, 100)
	return func(msg signal.Message) {
		if n, ok := msg.(signal.NegotiateChannels); ok && n.ExchangeID-forged < forgeries {
			kept <- n
			return
		}
		say(msg)
	}, kept
}

// TestCameraAndScreenGoOnAndOff: the peer offers anew each time, in either role; we take the sound alone, and it goes on.
func TestCameraAndScreenGoOnAndOff(t *testing.T) {
	for name, peerCalls := range map[string]bool{"peer calls": true, "we call": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, m := newMiddled(t, Config{Version: "13.0.0", P2P: true, timing: hurry})
			peer, us, say := c.caller, c.callee, m.sayToCallee
			var made, answered chan signal.NegotiateChannels
			if peerCalls {
				m.fromCaller, made = offers(m.sayToCallee)
				m.fromCallee, answered = answers(m.sayToCaller)
			} else {
				peer, us, say = c.callee, c.caller, m.sayToCaller
				m.fromCallee, made = offers(m.sayToCaller)
				m.fromCaller, answered = answers(m.sayToCallee)
			}
			c.run()
			c.established()
			offer := <-made
			for uint32(offer.Contents[0].SSRC) != peer.engine.ssrc {
				offer = <-made // an answer
			}
			for n, pictures := range [][]signal.Content{{picture(50)}, nil, {picture(60), picture(70)}, {picture(80)}, nil} {
				next := signal.NegotiateChannels{ExchangeID: forged + signal.ID(n), Contents: append(offer.Contents[:1:1], pictures...)}
				say(next)
				a := <-answered
				if a.ExchangeID != next.ExchangeID || len(a.Contents) != 1 || a.Contents[0].SSRC != offer.Contents[0].SSRC {
					t.Errorf("answer %+v to %+v", a, next)
				}
				peer.talk(us, uint16(1000*n+1000))
				us.talk(peer, uint16(1000*n+1000))
			}
		})
	}
}

// TestPeerAnswersWithItsOwnContents: there are programs that do, and mean that they accept ours.
func TestPeerAnswersWithItsOwnContents(t *testing.T) {
	t.Parallel()
	c, m := newMiddled(t, Config{Version: "9.0.0", P2P: true})
	var ours signal.ID
	m.fromCaller = func(msg signal.Message) {
		if n, ok := msg.(signal.NegotiateChannels); ok && ours == 0 {
			ours = n.ExchangeID
		}
		m.sayToCallee(msg)
	}
	m.fromCallee = func(msg signal.Message) {
		if n, ok := msg.(signal.NegotiateChannels); ok && n.ExchangeID == ours {
			n.Contents[0].SSRC = signal.ID(c.callee.engine.ssrc)
			msg = n
		}
		m.sayToCaller(msg)
	}
	c.run()
	c.established()
}
