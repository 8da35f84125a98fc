package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"switchgram/cmd/switchgram/demo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func run(t *testing.T, o demo.Options) ([]demo.Row, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var out bytes.Buffer
	o.Once, o.JSON = true, true
	err := demo.Run(ctx, &out, o)
	var rows []demo.Row
	for d := json.NewDecoder(&out); ; {
		var r demo.Row
		if e := d.Decode(&r); errors.Is(e, io.EOF) {
			return rows, err
		} else if e != nil {
			t.Fatal(e)
		}
		rows = append(rows, r)
	}
}

func TestEveryCallOfTheDemoGoesAsExpected(t *testing.T) {
	rows, err := run(t, demo.Options{})
	if err != nil {
		t.Error(err)
	}
	if len(rows) != 10 {
		t.Errorf("%d rows, want 10", len(rows))
	}
	told := 0
	for _, r := range rows {
		if len(r.Told) > 0 {
			told++
			if !strings.Contains(string(r.Told), "Missed call from Ann Ahlers") {
				t.Errorf("%s: slack was told %s", r.Call, r.Told)
			}
		}
		if len(r.Problems) > 0 {
			t.Errorf("%s: %s", r.Call, strings.Join(r.Problems, "; "))
		}
		if talked := r.Caller != nil; talked != (r.MOS > 0) {
			t.Errorf("%s: opinion %.1f, and somebody heard something: %v", r.Call, r.MOS, talked)
		}
	}
	if told != 2 {
		t.Errorf("slack was told of %d missed calls, want 2", told)
	}
}

// TestTheDemoFailsWhenNobodyHearsAnything: the tones really travel through the bridge.
func TestTheDemoFailsWhenNobodyHearsAnything(t *testing.T) {
	rows, err := run(t, demo.Options{MediaLoss: 1})
	if !errors.Is(err, demo.ErrUnexpected) {
		t.Errorf("got %v, want ErrUnexpected", err)
	}
	for _, r := range rows {
		if strings.HasPrefix(r.To, "verto:") { // its sound goes by no telephone
			continue
		}
		if talked := r.Caller != nil; talked == r.OK() {
			t.Errorf("%s: ok is %v, and somebody was to hear something: %v", r.Call, r.OK(), talked)
		}
	}
}

func TestTheTableStaysUpUntilCtrlC(t *testing.T) {
	ctx, ctrlC := context.WithCancel(t.Context())
	out, seen := io.Pipe()
	done := make(chan error, 1)
	go func() {
		defer seen.Close()
		done <- demo.Run(ctx, seen, demo.Options{})
	}()
	var text strings.Builder
	buf := make([]byte, 4096)
	for !strings.Contains(text.String(), "Ctrl-C ends it.") {
		n, err := out.Read(buf)
		if err != nil {
			t.Fatalf("it ended: %v\n%s", err, text.String())
		}
		text.Write(buf[:n])
	}
	ctrlC()
	if err := <-done; err != nil {
		t.Errorf("%v\n%s", err, text.String())
	}
	for _, want := range []string{"caller hears", "relay opus", "transcode", "SIP server  127.0.0.1:", "http://127.0.0.1:", "dial tg+999662001001"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("nothing of %q in:\n%s", want, text.String())
		}
	}
}

func ExampleRun() {
	if err := demo.Run(context.Background(), os.Stdout, demo.Options{Once: true}); err != nil {
		log.Fatal(err)
	}
}
