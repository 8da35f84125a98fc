package trial_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"switchgram/cmd/interop/trial"
)

// shell is a program that is a line of shell.
func shell(script string) trial.Program {
	return trial.Program{Name: "theirs", Command: []string{"sh", "-c", script}}
}

func TestWhatIsWrongWithAProgramIsNamed(t *testing.T) {
	const hello = `echo '{"versions":["13.0.0"]}'; read start; `
	for name, c := range map[string]struct{ script, want string }{
		"not there":        {"exec /nowhere/peer", "callee ended (exit status 127)"},
		"leaves at once":   {"exit 0", "callee ended (ended) before it said what it speaks"},
		"crashes":          {hello + "echo 'out of paint' >&2; exit 3", "callee ended (exit status 3) out of paint before it connected"},
		"fails":            {hello + `echo '{"state":"Failed"}'; exec cat >/dev/null`, "callee said Failed before it connected"},
		"complains":        {hello + `echo '{"error":"no such version"}'; exec cat >/dev/null`, `callee said "no such version" before it connected`},
		"speaks otherwise": {hello + `echo hello; exec cat >/dev/null`, `callee said "said what is no line of docs/peer.md"`},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := trial.Trial{
				Version: "13.0.0", Programs: [2]trial.Program{ourselves(), shell(c.script)}, Path: trial.Path{Direct: true}, Here: true,
			}.Run(t.Context())
			if err != nil || !strings.Contains(r.Failure, c.want) {
				t.Errorf("failure %q, %v; want %q", r.Failure, err, c.want)
			}
		})
	}
}

func TestACallThatIsGivenUpLeavesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var log strings.Builder
	lines := writer(func(b []byte) {
		log.Write(b)
		if strings.Contains(log.String(), "start callee") {
			cancel()
		}
	})
	_, err := trial.Trial{
		Version: "13.0.0", Programs: [2]trial.Program{ourselves(), ourselves()}, Path: trial.Path{Direct: true}, Here: true, Log: lines,
	}.Run(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if strings.Contains(log.String(), `"signaling"`) || strings.Contains(log.String(), `"key"`) {
		t.Errorf("the log has secrets in it: %s", log.String())
	}
}

type writer func([]byte)

// Write implements io.Writer.
func (w writer) Write(b []byte) (int, error) { w(b); return len(b), nil }

func TestAProgramIsAskedWhatItCanDo(t *testing.T) {
	o, err := trial.Ask(t.Context(), ourselves())
	if err != nil || !slices.Contains(o.Versions, "13.0.0") || len(o.Without) > 0 {
		t.Errorf("%+v, %v", o, err)
	}
	o, err = trial.Ask(t.Context(), shell(`echo '{"versions":["9.0.0"],"without":["nosctp","tcp-reflectors"]}'; read quit`))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		t    trial.Trial
		want string
	}{
		"offered":       {trial.Trial{Version: "9.0.0", Path: trial.Path{ReflectorUDP: true}}, ""},
		"other version": {trial.Trial{Version: "13.0.0"}, "does not speak 13.0.0"},
		"other path":    {trial.Trial{Version: "9.0.0", Path: trial.Path{ReflectorTCP: true}}, "has no tcp-reflectors"},
		"other framing": {trial.Trial{Version: "9.0.0", Trouble: trial.Trouble{Needs: []trial.Ability{trial.NoSCTP}}}, "has no nosctp"},
	} {
		if got := o.Missing(c.t); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAMuteIsToldAndHeard(t *testing.T) {
	r, err := trial.Trial{
		Version: "9.0.0", Programs: [2]trial.Program{ourselves(), ourselves()}, Path: trial.Path{Direct: true},
		Trouble: trial.Trouble{Event: trial.Mute, SignallingLoss: 0.3, SignallingDelay: time.Millisecond}, Seed: 7, Here: true,
	}.Run(t.Context())
	if err != nil || r.Failure != "" {
		t.Errorf("%+v, %v", r, err)
	}
}
