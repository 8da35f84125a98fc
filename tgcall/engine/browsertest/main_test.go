// Package browsertest lets Chromium's WebRTC call the engine, and the engine call it: a page of our own speaks Telegram's messages as
// Telegram Web does, whose peers know neither reflectors nor renomination, answer as DTLS client and restart ICE.
//
// The messages are made and read in the browser; what carries them, package signal, is ours on both sides.
package browsertest

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	_ = flag.Set("test.parallel", "6") // calls; they wait more than they work, so that is more than most machines have processors
	goleak.VerifyTestMain(m)
}
