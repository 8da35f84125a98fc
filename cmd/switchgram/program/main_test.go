package program_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"switchgram/bridge/route/javascript"
	"switchgram/cmd/switchgram/program"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(play(role)) // we are a peer that a test wants to kill
	}
	if len(os.Args) == 2 && os.Args[1] == program.JavaScriptWorker {
		if err := javascript.Serve(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}
