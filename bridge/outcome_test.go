package bridge

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestLastLineOfACallShowsEveryDelay(t *testing.T) {
	start := time.Now()
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	for want, times := range map[string]Times{
		"dur.ring=1s dur.accept=2s dur.media=3s dur.connect=4s dur.talk=5s": {start, at(1), at(3), at(6), at(10), at(15)},
		"dur.ring=1s dur.accept=2s\n":                                       {Started: start, Ringing: at(1), Accepted: at(3), Ended: at(9)},
		"msg=ended\n":                                                       {Started: start, Ended: at(9)},
	} {
		var out bytes.Buffer
		slog.New(slog.NewTextHandler(&out, nil)).Info("ended", "dur", times)
		if !strings.Contains(out.String(), want) {
			t.Errorf("logged %s, want %s", out.String(), want)
		}
	}
}
