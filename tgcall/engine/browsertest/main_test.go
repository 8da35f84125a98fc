// Package browsertest lets Chromium's WebRTC call the engine, and the engine call it: a page of our own speaks Telegram's messages as
// Telegram Web does, whose peers know neither reflectors nor renomination, answer as DTLS client and restart ICE.
//
// The messages are made and read in the browser; what carries them, package signal, is ours on both sides.
package browsertest

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
