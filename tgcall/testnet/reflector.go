package testnet

import (
	"context"
	"crypto/rand"

	"github.com/gotd/td/tg"

	"switchgram/tgcall/testnet/reflectors"
)

// reflectorID is the id of the network's reflector, the same in every call.
const reflectorID = 70368744177664

// startReflector runs the reflector that the options ask for, if any.
func (n *Network) startReflector(ctx context.Context) (err error) {
	if n.o.Reflector == nil {
		return nil
	}
	if n.reflector, err = reflectors.Listen(*n.o.Reflector); err != nil {
		return err
	}
	n.tasks.Go(func() {
		if err := n.reflector.Run(ctx); err != nil {
			n.log.Error("reflector stopped", "err", err)
		}
	})
	return nil
}

// newPeerTag is the peer tag of a call's caller.
func newPeerTag() (tag [16]byte) {
	_, _ = rand.Read(tag[:]) // never fails: crypto/rand
	tag[0] &^= 1
	return tag
}

// reflectors names the reflector to one side: the peer tags of the two differ in one bit.
func (c *call) reflectors(s *side) []tg.PhoneConnectionClass {
	if c.n.reflector == nil {
		return nil
	}
	tag := c.peerTag
	if s == &c.callee {
		tag[0] |= 1
	}
	addr := c.n.reflector.Addr()
	return []tg.PhoneConnectionClass{&tg.PhoneConnection{
		TCP: c.n.o.ReflectorTCP, ID: reflectorID, IP: addr.Addr().String(), Port: int(addr.Port()), PeerTag: tag[:],
	}}
}
