package peer_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
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
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	if err := peer.Run(context.Background(), os.Stdin, os.Stdout, peer.Options{Loopback: true, Log: log}); err != nil {
		log.Error("peer", "err", err)
		os.Exit(1)
	}
}

// call is one between two peers on loopback.
func call(t *testing.T, version string, path trial.Path, trouble trial.Trouble) {
	t.Helper()
	ourselves := trial.Program{Name: "peer", Command: []string{os.Args[0]}, Env: []string{beAPeer + "=1"}}
	r, err := trial.Trial{
		Version: version, Programs: [2]trial.Program{ourselves, ourselves}, Path: path, Trouble: trouble, Seed: 1, Here: true, Log: t.Output(),
	}.Run(t.Context())
	if err != nil || r.Failure != "" {
		t.Errorf("%s, %v", r.Failure, err)
	}
}

func TestTwoPeersHearEachOther(t *testing.T) {
	for _, version := range []string{"13.0.0", "12.0.0", "9.0.0", "8.0.0", "7.0.0"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			call(t, version, trial.Path{Direct: true}, trial.Trouble{})
		})
	}
}

func TestAMutedPeerSaysSoAndIsHeardAgain(t *testing.T) {
	t.Parallel()
	call(t, "13.0.0", trial.Path{TURN: true}, trial.Trouble{SignallingLoss: 0.3, Event: trial.Mute})
}

func TestWrongCommandsAreNamedAndCostNothing(t *testing.T) {
	key := strings.Repeat("00", 256)
	for name, test := range map[string]struct{ line, want string }{
		"no json":          {"hello", "line is no command"},
		"unknown command":  {`{"cmd":"dance"}`, `unknown cmd \"dance\"`},
		"short key":        {`{"cmd":"start","version":"13.0.0","key":"00"}`, "key must be 256 bytes of hex"},
		"unknown version":  {`{"cmd":"start","version":"2.4.4","key":"` + key + `"}`, "2.4.4"},
		"bad rhythm":       {`{"cmd":"start","version":"13.0.0","key":"` + key + `","audioEvery":-1}`, "audioEvery -1"},
		"bad tone":         {`{"cmd":"start","version":"13.0.0","key":"` + key + `","play":"sine:loud"}`, "sine:loud"},
		"bad parameters":   {`{"cmd":"start","version":"13.0.0","key":"` + key + `","customParameters":[]}`, "custom parameters"},
		"mute before call": {`{"cmd":"mute","value":true}`, "no call runs"},
		"bad base64":       {`{"signaling":"?"}`, "line is no command"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			in := strings.NewReader(test.line + "\n" + `{"cmd":"stop"}` + "\n" + `{"cmd":"quit"}` + "\n")
			if err := peer.Run(t.Context(), in, &out, peer.Options{Loopback: true}); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(out.String(), test.want) || !strings.Contains(out.String(), `"stopped":{}`) {
				t.Errorf("want an error with %q, and that it went on:\n%s", test.want, out.String())
			}
		})
	}
}

func FuzzLines(f *testing.F) {
	f.Add(`{"signaling":"AAAA"}`)
	f.Add(`{"cmd":"start","version":"13.0.0","key":"00","rtcServers":[{"id":1}]}`)
	f.Add(`{"cmd":"mute"}` + "\n" + `{"cmd":"stop"}`)
	f.Fuzz(func(t *testing.T, lines string) {
		if strings.Contains(lines, "record") || strings.Contains(lines, "play") {
			return // these name files
		}
		if err := peer.Run(t.Context(), strings.NewReader(lines), io.Discard, peer.Options{Loopback: true}); err != nil {
			t.Fatal(err)
		}
	})
}

func ExampleRun() {
	in := strings.NewReader(`{"cmd":"quit"}` + "\n")
	if err := peer.Run(context.Background(), in, os.Stdout, peer.Options{}); err != nil {
		fmt.Println(err)
	}
	// It prints the versions it speaks, and leaves.
}
