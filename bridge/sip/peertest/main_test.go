// Package peertest has no code: its tests make package sip talk to SIP programs that are not ours. They install as the Makefile's
// TEST_PACKAGES; a missing one fails the tests that need it.
package peertest

import (
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// A fifth of what RFC 3261 says, so that giving somebody up (64*T1) takes 6 seconds and not half a minute.
	sip.SetTimers(100*time.Millisecond, 800*time.Millisecond, time.Second)
	goleak.VerifyTestMain(m)
}
