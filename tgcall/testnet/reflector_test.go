package testnet_test

import (
	"testing"

	"github.com/gotd/td/tg"

	"switchgram/tgcall/testnet"
	"switchgram/tgcall/testnet/reflectors"
)

// TestReflectorIsNamedToBothSides: by peer tags that differ in one bit, other ones in each call.
func TestReflectorIsNamedToBothSides(t *testing.T) {
	n := start(t, testnet.Options{Reflector: &reflectors.Options{}, ReflectorTCP: true})
	a, b := annAndBob(n)
	ann, bob := device(t, n, a), device(t, n, b)
	c := establish(t, ann, bob, "bob")
	callers, callees := c.callerHas.Connections[0].(*tg.PhoneConnection), c.calleeHas.Connections[0].(*tg.PhoneConnection)
	if callers.ID != callees.ID || callers.Port != callees.Port || !callers.TCP || len(callers.PeerTag) != 16 {
		t.Errorf("%v, %v", callers, callees)
	}
	if callers.PeerTag[0]^callees.PeerTag[0] != 1 || callers.PeerTag[0]&1 != 0 || string(callers.PeerTag[1:]) != string(callees.PeerTag[1:]) {
		t.Errorf("peer tags %x, %x", callers.PeerTag, callees.PeerTag)
	}
}
