package engine

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net"
	"sync"
	"testing"

	"github.com/pion/stun/v3"
	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"

	"switchgram/tgcall/signal"
)

// hostile is a network that adds to every packet what an attacker could send with the sender's address.
type hostile struct{ transport.Net }

// ListenUDP opens sockets of host candidates.
func (h hostile) ListenUDP(network string, addr *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := h.Net.ListenUDP(network, addr)
	if err != nil {
		return nil, err
	}
	return &hostileConn{UDPConn: conn}, nil
}

type hostileConn struct {
	transport.UDPConn
	mu   sync.Mutex
	last []byte // sent before
}

// WriteTo sends the packet, and more.
func (c *hostileConn) WriteTo(p []byte, to net.Addr) (int, error) {
	n, err := c.UDPConn.WriteTo(p, to)
	for _, b := range c.more(p) {
		_, _ = c.UDPConn.WriteTo(b, to)
	}
	return n, err
}

// more repeats this packet and the one before, and makes up some.
func (c *hostileConn) more(p []byte) [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.last
	c.last = bytes.Clone(p)
	huge := make([]byte, 60000)
	_, _ = rand.Read(huge)
	huge[0] = 0x80
	return [][]byte{c.last, before, {}, {0x80}, huge, soundOfNobody(), check(), clientHello(), flipped(p)}
}

// flipped is a packet of sound or a check with a bit changed on the way.
func flipped(p []byte) []byte {
	b := bytes.Clone(p)
	if len(b) > 20 && (b[0] < 4 || b[0] >= 128) {
		b[len(b)-1] ^= 1
		return b
	}
	return nil
}

// soundOfNobody is SRTP with another SSRC and other keys.
func soundOfNobody() []byte {
	b := make([]byte, 100)
	_, _ = rand.Read(b)
	b[0], b[1] = 0x80, 111
	return b
}

// check is a connectivity check of somebody who does not know the password.
func check() []byte {
	return stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername("a:b"), stun.NewShortTermIntegrity("no"), stun.Fingerprint).Raw
}

// clientHello begins a DTLS handshake that makes no sense (RFC 6347 §4.2.2).
func clientHello() []byte {
	b := []byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	b = append(b, 1, 0, 0, 4, 0, 9, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4)
	binary.BigEndian.PutUint16(b[11:], uint16(len(b)-13))
	return b
}

// TestAttackerOnThePathOnlyWastesItsTime: everything is heard, once.
func TestAttackerOnThePathOnlyWastesItsTime(t *testing.T) {
	n, err := stdnet.NewNet()
	if err != nil {
		t.Fatal(err)
	}
	for way, port := range ways(t) {
		for _, v := range []string{"13.0.0", "9.0.0"} {
			t.Run(v+" "+way, func(t *testing.T) {
				t.Parallel()
				there := Config{Version: v, P2P: true, net: hostile{n}}
				here := there
				here.Port = port
				c := newUnequalCall(t, there, here, weather{})
				c.run()
				c.established()
				c.talk(1000)
				c.caller.checkOnce()
				c.callee.checkOnce()
				if st := c.callee.engine.Stats(); st.Refused == 0 {
					t.Errorf("the attacker was not there: %+v", st)
				}
			})
		}
	}
}

// checkOnce fails if a packet was heard twice.
func (s *side) checkOnce() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[uint16]bool{}
	for _, p := range s.heard {
		if seen[p.SequenceNumber] {
			s.t.Errorf("%s heard packet %d twice", s.name, p.SequenceNumber)
		}
		seen[p.SequenceNumber] = true
	}
}

// TestThousandBlobsThatMakeNoSense: and repeated ones, before and in the call.
func TestThousandBlobsThatMakeNoSense(t *testing.T) {
	for _, v := range versions {
		t.Run(v, func(t *testing.T) {
			t.Parallel()
			c := newCall(t, Config{Version: v, P2P: true}, weather{})
			junk := func() {
				for n := range 1000 {
					b := make([]byte, n)
					_, _ = rand.Read(b)
					c.caller.engine.Receive(b)
					c.callee.engine.Receive(b)
				}
				c.caller.engine.Receive(make([]byte, 1<<20))
			}
			junk()
			c.run()
			c.established()
			junk()
			c.talk(1000)
		})
	}
}

// TestThousandCandidates: each is well made, and none is of use.
func TestThousandCandidates(t *testing.T) {
	t.Parallel()
	c, m := newMiddled(t, Config{Version: "13.0.0", P2P: true})
	m.fromCaller = func(msg signal.Message) {
		if _, ok := msg.(signal.InitialSetup); ok {
			defer m.sayToCallee(candidates(1000))
		}
		m.sayToCallee(msg)
	}
	c.run()
	c.established()
	m.sayToCaller(candidates(1000))
	c.talk(1000)
}

func candidates(n int) (m signal.Candidates) {
	for i := range n {
		m.Candidates = append(m.Candidates, signal.Candidate{SDPString: fmt.Sprintf("candidate:1 1 udp 5 127.0.1.1 %d typ host", i+1)})
	}
	return m
}
