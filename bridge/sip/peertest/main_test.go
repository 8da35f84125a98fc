// Package peertest has no code: its tests make package sip talk to SIP programs that are not ours. They install as the Makefile's
// TEST_PACKAGES; a missing one fails the tests that need it.
package peertest

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
