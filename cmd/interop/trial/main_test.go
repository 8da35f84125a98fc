package trial_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"switchgram/cmd/interop/trial"
	"switchgram/cmd/switchgram/peer"
)

// beAPeer in the environment makes this binary a peer instead of a test.
const beAPeer = "SWITCHGRAM_TEST_BE_A_PEER"

func TestMain(m *testing.M) {
	if os.Getenv(beAPeer) == "" {
		goleak.VerifyTestMain(m)
		return
	}
	if err := peer.Run(context.Background(), os.Stdin, os.Stdout, peer.Options{Loopback: true}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// ourselves is our engine, in this binary.
func ourselves() trial.Program {
	return trial.Program{Name: "ours", Command: []string{os.Args[0]}, Env: []string{beAPeer + "=1"}}
}

// One call of our engine with itself, through a TURN server on loopback.
func Example() {
	result, err := trial.Trial{
		Version:  "13.0.0",
		Programs: [2]trial.Program{ourselves(), ourselves()},
		Path:     trial.Path{TURN: true},
		Here:     true,
	}.Run(context.Background())
	fmt.Println(err, result.Failure, result.Connected > 0, result.Heard[trial.Caller].Share > 0.9)
	// Output: <nil>  true true
}
