package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"switchgram/cmd/interop/trial"
	"switchgram/cmd/switchgram/peer"
	"switchgram/tgcall/testnet/lan"
)

// beAPeer in the environment makes this binary a peer instead of a test; its value "loopback" one on loopback.
const beAPeer = "SWITCHGRAM_TEST_BE_A_PEER"

func TestMain(m *testing.M) {
	if how := os.Getenv(beAPeer); how != "" {
		if err := peer.Run(context.Background(), os.Stdin, os.Stdout, peer.Options{Loopback: how == "loopback"}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := lan.Enter(); err != nil {
		fmt.Fprintf(os.Stderr, "%v: the calls between hosts are left out, those on loopback are made\n", err)
	}
	goleak.VerifyTestMain(m)
}

// shortForm is a dozen cells that have a bit of everything.
const shortForm = "13.0.0 * direct none,13.0.0 * reflector-udp none,13.0.0 * reflector-tcp none,9.0.0 * turn none,8.0.0 * all none,7.0.0 * turn none," +
	"13.0.0 * direct signalling-loss,9.0.0 * direct late-deaf,13.0.0 * direct mute,9.0.0 * direct+reflector cut,13.0.0 * turn media-loss,13.0.0 * direct nosctp"

// onLoopback is what can be tried where networks cannot be made.
const onLoopback = "13.0.0 * direct none,13.0.0 * reflector-udp none,13.0.0 * reflector-tcp none,9.0.0 * turn none,7.0.0 * direct none," +
	"13.0.0 * direct signalling-loss,9.0.0 * direct late-deaf,13.0.0 * direct mute"

// ground tells where calls can be made: here, on loopback, or between hosts; and how peers are told.
func ground() (here bool, how string) {
	if lan.Enter() != nil {
		return true, "loopback"
	}
	return false, "host"
}

func TestOurEngineWithItself(t *testing.T) {
	here, how := ground()
	patterns := shortForm
	if here {
		patterns = onLoopback
	}
	r := &runner{repeat: 1, parallel: 6, seed: 1, here: here, progress: t.Output()}
	r.ours = trial.Program{Name: "ours", Command: []string{os.Args[0]}, Env: []string{beAPeer + "=" + how}}
	r.theirs = r.ours
	cells, err := only(matrix(true), patterns)
	if err != nil || len(cells) != strings.Count(patterns, ",")+1 {
		t.Fatalf("%d cells, %v", len(cells), err)
	}
	offer, err := trial.Ask(t.Context(), r.ours)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := r.run(t.Context(), cells, offer, offer)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range rows {
		if w.word() != "ok" {
			t.Errorf("%s: %s", w.cell.name(), w.why())
		}
	}
}

// script writes a program that is a few lines of shell.
func script(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "peer")
	if err := os.WriteFile(name, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	return name
}

// interop runs a command line.
func interop(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e strings.Builder
	here, _ := ground()
	status = start(t.Context(), args, here, &o, &e)
	return status, o.String(), e.String()
}

func TestACallThatFailsIsNamedAndEndsWithStatusOne(t *testing.T) {
	_, how := ground()
	t.Setenv(beAPeer, how)
	broken := script(t, `echo '{"versions":["13.0.0"],"without":["tcp-reflectors"]}'; read start; echo '{"state":"Failed"}'; exec cat >/dev/null`)
	logs := t.TempDir()
	table := filepath.Join(logs, "table.md")
	json := filepath.Join(logs, "rows.json")
	status, out, errs := interop(t, "-ours", os.Args[0], "-peer", broken, "-only", "* ours turn none,13.0.0 ours reflector-tcp none",
		"-logs", logs, "-markdown", table, "-json", json)
	if status != failed {
		t.Errorf("status %d: %s", status, errs)
	}
	for _, want := range []string{"FAILED: callee said Failed before it connected (seed 1)", "not offered: their program does not speak 9.0.0", "their program has no tcp-reflectors"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in the table:\n%s", want, out)
		}
	}
	if !strings.Contains(errs, "1 of 1 done, 0 running  13.0.0 ours turn none: FAILED") {
		t.Errorf("progress:\n%s", errs)
	}
	for name, want := range map[string]string{
		table: "| 13.0.0 | ours | turn | none | 0/1 |", json: `"failure": "callee said Failed before it connected"`,
		filepath.Join(logs, "13.0.0_ours_turn_none_1.log"): "failure: callee said Failed",
	} {
		text, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v, no %q in\n%s", name, err, want, text)
		}
	}
}

func TestMisuseIsExplained(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"unknown option":  {[]string{"-fast"}, "-fast"},
		"words":           {[]string{"native"}, `what is "native"?`},
		"no such cell":    {[]string{"-only", "14*"}, `"14*" matches none`},
		"bad pattern":     {[]string{"-only", "["}, "syntax error"},
		"no times":        {[]string{"-repeat", "0"}, "at least 1"},
		"no program":      {[]string{"-ours", "/nowhere/peer"}, "/nowhere/peer: "},
		"unknown ability": {[]string{"-ours", script(t, `echo '{"versions":["13.0.0"]}'; read quit`), "-without", "taste"}, "want some of tcp-reflectors"},
	} {
		t.Run(name, func(t *testing.T) {
			status, _, errs := interop(t, c.args...)
			if status != misused || !strings.Contains(errs, c.want) {
				t.Errorf("status %d, %q; want %q", status, errs, c.want)
			}
		})
	}
}

func TestHelpTeaches(t *testing.T) {
	status, out, _ := interop(t, "-help")
	for _, want := range []string{"make interop PEER=", "late, late-deaf", "-parallel many", "Status 0"} {
		if status != succeeded || !strings.Contains(out, want) {
			t.Errorf("status %d, no %q in the help:\n%s", status, want, out)
		}
	}
}

func TestTheListNamesEveryCellOnce(t *testing.T) {
	for _, args := range [][]string{{"-list"}, {"-list", "-peer", "theirs"}} {
		_, out, _ := interop(t, args...)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		seen := map[string]bool{}
		for _, l := range lines {
			if seen[l] {
				t.Errorf("%s: twice", l)
			}
			seen[l] = true
		}
		if theirs := strings.Contains(out, "theirs"); theirs != (len(args) > 1) || len(lines) < 50 {
			t.Errorf("%v: %d lines, the other calls: %t", args, len(lines), theirs)
		}
	}
}
