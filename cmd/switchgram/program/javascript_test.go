package program_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"switchgram/bridge"
	"switchgram/cmd/switchgram/program"
)

func TestACallIsDecidedInJavaScript(t *testing.T) {
	for settings, want := range map[string]string{
		"  js: {enabled: true}\n": "it is even!",
		"":                        "it is nothing!",
	} {
		t.Run(want, func(t *testing.T) {
			w := newTown(t, nil)
			script := `{"name": "x", "context": "public", "destination_number": "1", "callflow": [
				{"js": {"data": "return ${caller_id_number|digits} % 2 ? 'odd' : 'even'", "setVar": "v"}}, {"log": "it is ${v|default:nothing}!"}, {"hangup": 17}]}`
			h := build(t, plan{state: t.TempDir(), settings: routesAt(t, w.routes(script), "1") + settings})
			_, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
			h.must(err)
			if h.log.await(h.ctx, want); h.outcome().Cause != bridge.UserBusy {
				t.Error("the script did not go on")
			}
		})
	}
}

// TestNothingOfScriptsIsLeftWhenTheProgramHasEnded: neither a process that JavaScript ran in, nor the open journal.
func TestNothingOfScriptsIsLeftWhenTheProgramHasEnded(t *testing.T) {
	w, state := newTown(t, nil), t.TempDir()
	script := `{"name": "x", "context": "public", "destination_number": "1", "callflow": [{"js": {"data": "return 1 + 1", "setVar": "v"}}, {"log": "it is ${v}!"}, {"hangup": 17}],
		"onDisconnect": [{"log": "all is done"}]}`
	h := build(t, plan{state: state, settings: routesAt(t, w.routes(script), "1") + "  js: {enabled: true}\n"})
	_, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	h.log.await(h.ctx, "all is done")
	journal := filepath.Join(state, "scripts", "journal")
	if len(workers(t)) > 1 || !isOpen(t, journal) { // one, unless the machine was so busy that its second was over
		t.Fatalf("workers %q, journal open: %t", workers(t), isOpen(t, journal))
	}

	h.end()
	h.must(next(h, h.done))

	if left := workers(t); len(left) > 0 || isOpen(t, journal) {
		t.Errorf("left are workers %q, journal open: %t", left, isOpen(t, journal))
	}
}

// workers are the processes that this one has begun for JavaScript, as /proc/PID.
func workers(t *testing.T) (all []string) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	child := fmt.Appendf(nil, "\nPPid:\t%d\n", os.Getpid())
	for _, p := range processes {
		status, err := os.ReadFile(filepath.Join(p, "status"))
		if err != nil || !bytes.Contains(status, child) {
			continue // it has ended meanwhile, or is somebody else's
		}
		if command, err := os.ReadFile(filepath.Join(p, "cmdline")); err == nil && bytes.Contains(command, []byte(program.JavaScriptWorker)) {
			all = append(all, p)
		}
	}
	return all
}

// isOpen tells whether this process has a file open.
func isOpen(t *testing.T, path string) bool {
	t.Helper()
	open, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range open {
		if to, err := os.Readlink(fd); err == nil && to == path {
			return true
		}
	}
	return false
}
