package engine

import (
	"slices"
	"testing"
	"time"

	"switchgram/tgcall/engine/internal/path"
	"switchgram/tgcall/signal"
)

var versions = []string{"13.0.0", "12.0.0", "9.0.0", "8.0.0", "7.0.0"}

// hurry notices the loss of a path soon.
var hurry = timing{tick: 20 * time.Millisecond, tell: 20 * time.Millisecond, path: path.Timing{
	Keepalive: 50 * time.Millisecond, Disconnected: 500 * time.Millisecond,
	Overdue: 200 * time.Millisecond, Dead: 200 * time.Millisecond, Alive: 500 * time.Millisecond, Gap: 300 * time.Millisecond,
}}

func TestBothHearEachOther(t *testing.T) {
	for way, port := range ways(t) {
		for _, v := range versions {
			t.Run(v+" "+way, func(t *testing.T) {
				t.Parallel()
				c := newCall(t, Config{Version: v, P2P: true, Port: port}, weather{})
				c.run()
				c.established()
				if port == nil { // who speaks to itself by one port finds the far end elsewhere
					c.caller.awaitEvent(PairChanged{"host", "host"})
				}
			})
		}
	}
}

func TestOnlyRelaysAreUsedWithoutP2P(t *testing.T) {
	server := turnServer(t)
	for way, port := range ways(t) {
		for _, v := range versions {
			t.Run(v+" "+way, func(t *testing.T) {
				t.Parallel()
				c := newCall(t, Config{Version: v, Servers: []Server{server}, Port: port}, weather{})
				c.run()
				c.established()
				c.caller.awaitRelay()
				c.callee.awaitRelay()
			})
		}
	}
}

func TestSlowSignalling(t *testing.T) {
	for way, port := range ways(t) {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			c := newCall(t, Config{Version: "13.0.0", P2P: true, Port: port}, weather{delay: 100 * time.Millisecond})
			c.run()
			c.established()
		})
	}
}

func TestThirtyPercentOfTheSignallingLost(t *testing.T) {
	for way, port := range ways(t) {
		for _, v := range []string{"13.0.0", "9.0.0", "8.0.0"} {
			t.Run(v+" "+way, func(t *testing.T) {
				t.Parallel()
				c := newCall(t, Config{Version: v, P2P: true, Port: port}, weather{loss: 0.3, delay: 5 * time.Millisecond, seed: 7})
				c.run()
				c.established()
			})
		}
	}
}

// TestSignallingInDisorder: 7.0.0 repairs no order, so an offer may overtake an answer.
func TestSignallingInDisorder(t *testing.T) {
	for _, v := range []string{"13.0.0", "9.0.0", "7.0.0"} {
		t.Run(v, func(t *testing.T) {
			t.Parallel()
			c := newCall(t, Config{Version: v, P2P: true}, weather{reorder: 0.4})
			c.run()
			c.established()
		})
	}
}

func TestWithoutSCTPAsACustomParameterSays(t *testing.T) {
	t.Parallel()
	c := newCall(t, Config{Version: "13.0.0", P2P: true, CustomParameters: []byte(`{"network_signaling_nosctp":true}`)}, weather{})
	c.run()
	c.established()
}

// TestCalleeStartsLate: what came before its engine ran is not lost.
func TestCalleeStartsLate(t *testing.T) {
	for way, port := range ways(t) {
		for _, v := range versions {
			t.Run(v+" "+way, func(t *testing.T) {
				t.Parallel()
				hold := make(chan struct{})
				c := newCall(t, Config{Version: v, P2P: true, Port: port}, weather{hold: hold})
				c.caller.run()
				close(hold) // the caller's blobs reach an engine that does not run yet
				c.caller.awaitEvent(StateChanged{WaitInit})
				c.callee.run()
				c.established()
			})
		}
	}
}

func TestMuteIsToldAndStopsTheSound(t *testing.T) {
	t.Parallel()
	c := newCall(t, Config{Version: "13.0.0", P2P: true, timing: hurry}, weather{})
	c.run()
	c.established()
	c.callee.awaitEvent(RemoteMedia{Muted: false, Video: "inactive"})
	c.caller.engine.Mute(true)
	c.callee.awaitEvent(RemoteMedia{Muted: true, Video: "inactive"})
	if err := c.caller.engine.WriteRTP(sound(5000)); err != ErrMuted {
		t.Errorf("a muted microphone sends: %v", err)
	}
	c.caller.engine.Mute(false)
	c.callee.await("unmute", func() bool {
		return c.callee.events[len(c.callee.events)-1] == RemoteMedia{Muted: false, Video: "inactive"}
	})
	c.talk(6000)
}

func TestStartsMuted(t *testing.T) {
	t.Parallel()
	c := newCall(t, Config{Version: "9.0.0", P2P: true, Muted: true, timing: hurry}, weather{})
	c.run()
	c.callee.awaitEvent(RemoteMedia{Muted: true, Video: "inactive"})
	c.caller.awaitEvent(RemoteMedia{Muted: true, Video: "inactive"})
}

func TestPeerThatHangsUpIsMissedAtOnce(t *testing.T) {
	for way, port := range ways(t) {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			c := newCall(t, Config{Version: "13.0.0", P2P: true, Port: port}, weather{})
			c.run()
			c.established()
			c.caller.cancel()
			c.caller.awaitEnd(nil)
			c.callee.awaitState(Reconnecting) // with the timing of a real call: pings would miss it only after 6 s
			c.callee.later(time.Hour)
			c.callee.awaitEnd(ErrPeerClosed)
			if err := c.callee.engine.WriteRTP(sound(1)); err != ErrNotReady {
				t.Errorf("WriteRTP after the end: %v", err)
			}
		})
	}
}

func TestPeerThatIsKilledIsMissedAfterAWhile(t *testing.T) {
	t.Parallel()
	wall := newFirewall(t)
	c := newCall(t, Config{Version: "13.0.0", P2P: true, timing: hurry, net: wall}, weather{})
	c.run()
	c.established()
	wall.all.Store(true)
	c.caller.awaitState(Reconnecting)
	c.callee.awaitState(Reconnecting)
	c.caller.later(time.Hour)
	c.callee.later(time.Hour)
	c.caller.awaitEnd(ErrNoMedia)
	c.callee.awaitEnd(ErrNoMedia)
	c.caller.awaitState(Failed)
}

func TestPathThatComesBackIsEstablishedAgain(t *testing.T) {
	t.Parallel()
	wall := newFirewall(t)
	c := newCall(t, Config{Version: "9.0.0", P2P: true, timing: hurry, net: wall}, weather{})
	c.run()
	c.established()
	wall.all.Store(true)
	c.caller.awaitState(Reconnecting)
	c.callee.awaitState(Reconnecting)
	wall.all.Store(false)
	c.established()
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	c := newCall(t, Config{Version: "13.0.0", P2P: true}, weather{loss: 1})
	c.caller.run()
	c.caller.awaitEvent(StateChanged{WaitInit})
	c.caller.later(time.Hour)
	c.caller.awaitEnd(ErrNoMedia)
}

// TestDirectPathDiesAndARelayIsLeft: pion's agent alone would stay on the dead path for the rest of the call.
func TestDirectPathDiesAndARelayIsLeft(t *testing.T) {
	t.Parallel()
	wall := newFirewall(t)
	c := newCall(t, Config{Version: "13.0.0", P2P: true, timing: hurry, net: wall, Servers: []Server{turnServer(t)}}, weather{})
	c.run()
	c.established()
	c.caller.awaitEvent(PairChanged{"host", "host"})
	wall.direct.Store(true)
	for _, s := range []*side{c.caller, c.callee} {
		s.await("relay", func() bool {
			return slices.ContainsFunc(s.events, func(e Event) bool { p, ok := e.(PairChanged); return ok && p.Local == "relay" })
		})
	}
	c.talk(1000)
}

// later lets the clocks of an engine see that time has passed.
func (s *side) later(d time.Duration) {
	s.t.Helper()
	s.engine.do(func() { s.engine.loop.lookAtClock(time.Now().Add(d)) })
}

// TestBrowserAnswers: it wants to be the DTLS client, and says nothing before it has setup and offer.
func TestBrowserAnswers(t *testing.T) {
	t.Parallel()
	c, m := newMiddled(t, Config{Version: "13.0.0", P2P: true})
	m.fromCaller = func(msg signal.Message) { m.sayToCallee(withSetup(msg, "passive")) }
	var held []signal.Message
	answered := false
	m.fromCallee = func(msg signal.Message) {
		held = append(held, withSetup(msg, "active"))
		if _, ok := msg.(signal.NegotiateChannels); ok {
			answered = true
		}
		if !answered {
			return
		}
		for _, msg := range held {
			m.sayToCaller(msg)
		}
		held = nil
	}
	c.run()
	c.established()
	if c.caller.engine.loop.client() {
		t.Error("the caller is DTLS client of a browser that wants to be")
	}
}

// TestMessagesInAnyOrder: Telegram's engine sends them from different threads.
func TestMessagesInAnyOrder(t *testing.T) {
	kind := func(m signal.Message) int {
		switch m.(type) {
		case signal.InitialSetup:
			return 0
		case signal.NegotiateChannels:
			return 1
		default:
			return 2
		}
	}
	for _, order := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			c, m := newMiddled(t, Config{Version: "8.0.0", P2P: true})
			var held [3]signal.Message
			m.fromCaller = func(msg signal.Message) {
				k := kind(msg)
				if held[k] != nil || k == 2 && held[0] == nil {
					m.sayToCallee(msg)
					return
				}
				held[k] = msg
				if held[0] != nil && held[1] != nil && held[2] != nil {
					for _, k := range order {
						m.sayToCallee(held[k])
					}
				}
			}
			c.run()
			c.established()
		})
	}
}

// TestOfferOvertakesTheAnswer: gotd says each message once and from several threads, and offers as soon as it is connected, whether it has
// read our offer or not.
func TestOfferOvertakesTheAnswer(t *testing.T) {
	for _, v := range []string{"9.0.0", "8.0.0", "7.0.0"} {
		t.Run(v, func(t *testing.T) {
			t.Parallel()
			c, m := newMiddled(t, Config{Version: v, P2P: true})
			var answer signal.Message
			m.fromCallee = func(msg signal.Message) {
				_, negotiates := msg.(signal.NegotiateChannels)
				switch {
				case negotiates && answer == nil:
					answer = msg
				case negotiates:
					m.sayToCaller(msg)
					m.sayToCaller(answer)
				default:
					m.sayToCaller(msg)
				}
			}
			c.run()
			c.established()
		})
	}
}

func TestCameraOfThePeerIsAnsweredWithAudioAlone(t *testing.T) {
	t.Parallel()
	c, m := newMiddled(t, Config{Version: "13.0.0", P2P: true})
	answers := make(chan signal.NegotiateChannels, 16)
	var offered signal.ID
	m.fromCaller = func(msg signal.Message) {
		if n, ok := msg.(signal.NegotiateChannels); ok && offered == 0 {
			offered = n.ExchangeID
			n.Contents = append(n.Contents, signal.Content{
				Type: "video", SSRC: 77, PayloadTypes: []signal.PayloadType{{ID: 100, Name: "H264", Clockrate: 90000}},
			})
			msg = n
		}
		m.sayToCallee(msg)
	}
	m.fromCallee = func(msg signal.Message) {
		if n, ok := msg.(signal.NegotiateChannels); ok {
			answers <- n
		}
		m.sayToCaller(msg)
	}
	c.run()
	c.established()
	if a := <-answers; a.ExchangeID != offered || len(a.Contents) != 1 || a.Contents[0].Type != "audio" {
		t.Errorf("answer %+v to offer %v", a, offered)
	}
}

func TestSomebodyInTheMiddleOfTheMediaIsRefused(t *testing.T) {
	for _, who := range []string{"caller", "callee"} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			c, m := newMiddled(t, Config{Version: "13.0.0", P2P: true})
			forge := func(say func(signal.Message)) func(signal.Message) {
				return func(msg signal.Message) {
					if s, ok := msg.(signal.InitialSetup); ok {
						f := s.Fingerprints[0]
						f.Fingerprint = "00" + f.Fingerprint[2:]
						if f == s.Fingerprints[0] {
							f.Fingerprint = "01" + f.Fingerprint[2:]
						}
						s.Fingerprints = []signal.Fingerprint{f}
						msg = s
					}
					say(msg)
				}
			}
			deceived := c.callee
			if who == "caller" {
				deceived, m.fromCallee = c.caller, forge(m.sayToCaller)
			} else {
				m.fromCaller = forge(m.sayToCallee)
			}
			c.run()
			deceived.awaitEnd(ErrFingerprint)
			if s := deceived.engine.Stats(); s.Sent != 0 || s.Received != 0 {
				t.Errorf("sound went through: %+v", s)
			}
		})
	}
}

func TestRepeatedSetupAndForeignCertificateInMidCallChangeNothing(t *testing.T) {
	t.Parallel()
	c, m := newMiddled(t, Config{Version: "13.0.0", P2P: true})
	setups := make(chan signal.InitialSetup, 16)
	m.fromCaller = func(msg signal.Message) {
		if s, ok := msg.(signal.InitialSetup); ok {
			setups <- s
		}
		m.sayToCallee(msg)
	}
	answered := make(chan struct{}, 16)
	m.fromCallee = func(msg signal.Message) {
		if _, ok := msg.(signal.InitialSetup); ok {
			answered <- struct{}{}
		}
		m.sayToCaller(msg)
	}
	c.run()
	c.established()
	setup := <-setups
	<-answered
	m.sayToCallee(setup)
	<-answered // a callee answers each
	foreign := setup.Fingerprints[0]
	foreign.Fingerprint = "AA:AA" + foreign.Fingerprint[5:]
	setup.Fingerprints, setup.Ufrag = []signal.Fingerprint{foreign}, "else"
	m.sayToCallee(setup)
	<-answered
	c.talk(500)
}

// TestCallerWhoNeverOffers: the callee waits for a while and then begins.
func TestCallerWhoNeverOffers(t *testing.T) {
	t.Parallel()
	c, m := newMiddled(t, Config{Version: "13.0.0", P2P: true, timing: timing{tick: 20 * time.Millisecond, offer: 200 * time.Millisecond}})
	offers := make(chan signal.NegotiateChannels, 1)
	m.fromCaller = func(msg signal.Message) {
		if n, ok := msg.(signal.NegotiateChannels); ok {
			select {
			case offers <- n: // late
			default:
				m.sayToCallee(msg)
			}
			return
		}
		m.sayToCallee(msg)
	}
	m.fromCallee = func(msg signal.Message) {
		m.sayToCaller(msg)
		if _, ok := msg.(signal.NegotiateChannels); ok && offers != nil {
			m.sayToCallee(<-offers) // crosses the callee's
			offers = nil
		}
	}
	c.run()
	c.established()
}
