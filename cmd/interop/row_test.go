package main

import (
	"strings"
	"testing"
	"time"

	"switchgram/cmd/interop/trial"
)

// good is a run that passed.
func good(connected time.Duration, shares [2]float64, direct bool) run {
	return run{1, trial.Result{Connected: connected, Heard: [2]trial.Tone{{Hz: 440, Share: shares[0]}, {Hz: 1300, Share: shares[1]}}, Direct: direct}}
}

func TestRowsShowTheWorst(t *testing.T) {
	c := cell{version: "13.0.0", path: direct, trouble: cut}
	hurt := good(300*time.Millisecond, [2]float64{0.9, 1}, true)
	hurt.result.Silence = [2]time.Duration{3 * time.Second, 4500 * time.Millisecond}
	for name, x := range map[string]struct {
		row  row
		want string
	}{
		"once": {
			row{cell: c, runs: []run{good(200*time.Millisecond, [2]float64{1, 1}, true)}},
			"13.0.0 ours direct cut 1/1 200 1.00 1.00 - direct",
		},
		"twice": {
			row{cell: c, runs: []run{good(200*time.Millisecond, [2]float64{1, 0.95}, false), hurt}},
			"13.0.0 ours direct cut 2/2 200-300 0.90 0.95 4.5 both",
		},
		"one failed": {
			row{cell: c, runs: []run{hurt, {8, trial.Result{Failure: "caller said Failed"}}}},
			"13.0.0 ours direct cut 1/2 300 0.90 1.00 4.5 direct FAILED: caller said Failed (seed 8)",
		},
		"all failed": {
			row{cell: c, runs: []run{{8, trial.Result{Failure: "this"}}, {9, trial.Result{Failure: "that"}}, {10, trial.Result{Failure: "this"}}}},
			"13.0.0 ours direct cut 0/3 - - - - - FAILED: this (seed 8, 10); that (seed 9)",
		},
		"not offered": {
			row{cell: c, notOffered: "their program does not speak 13.0.0"},
			"13.0.0 ours direct cut - - - - - - not offered: their program does not speak 13.0.0",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			if err := table(&b, []*row{&x.row}); err != nil {
				t.Fatal(err)
			}
			line := strings.Split(b.String(), "\n")[1]
			if got := strings.Join(strings.Fields(line), " "); got != x.want {
				t.Errorf("%s\nwant %s", got, x.want)
			}
		})
	}
}

func TestCellsMatchPatterns(t *testing.T) {
	for pattern, want := range map[string]string{
		"13.0.0 ours direct none": "13.0.0 ours direct none",
		"* cut":                   "13.0.0 ours direct+turn cut,13.0.0 ours direct+reflector cut,9.0.0 ours direct+turn cut,9.0.0 ours direct+reflector cut",
		"7* turn *,8* all *":      "8.0.0 ours all none,7.0.0 ours turn none",
		"* theirs *":              "",
	} {
		cells, err := only(matrix(true), pattern)
		var names []string
		for _, c := range cells {
			names = append(names, c.name())
		}
		if got := strings.Join(names, ","); err != nil || got != want {
			t.Errorf("%q matches %s, %v; want %s", pattern, got, err, want)
		}
	}
}
