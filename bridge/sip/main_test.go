package sip_test

import (
	"os"
	"testing"
	"time"

	sipgo "github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"
)

// TestMain shortens the transaction timers, so that what waits for 64 times T1 can be tested, and counts goroutines at the end.
func TestMain(m *testing.M) {
	sipgo.SetTimers(30*time.Millisecond, 120*time.Millisecond, 150*time.Millisecond)
	sipgo.Timer_D = 2 * time.Second
	goleak.VerifyTestMain(m, goleak.Cleanup(os.Exit))
}
