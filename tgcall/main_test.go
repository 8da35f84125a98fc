package tgcall_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(crashEnv) != "" { // we are the process that a test kills
		runCrashing()
		return
	}
	goleak.VerifyTestMain(m)
}
