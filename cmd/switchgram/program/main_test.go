package program_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(play(role)) // we are a peer that a test wants to kill
	}
	goleak.VerifyTestMain(m)
}
