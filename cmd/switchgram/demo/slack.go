package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"switchgram/bridge/notify/notifytest"
)

// toldWithin is how long a missed call may take to be told.
const toldWithin = answerWithin

func (w *world) startSlack(context.Context, Options) (err error) {
	if w.slack, err = notifytest.NewReceiver(); err != nil {
		return err
	}
	w.onClose(w.slack.Close)
	return nil
}

// told waits for what "Slack" is told of a missed call.
func (w *world) told(ctx context.Context) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, toldWithin)
	defer cancel()
	got, err := w.slack.Next(ctx)
	if err != nil {
		return nil, fmt.Errorf("slack was not told that the call was missed: %w", err)
	}
	if !json.Valid(got.Body) {
		return nil, fmt.Errorf("slack was told %q, which is not JSON", got.Body)
	}
	return got.Body, nil
}

// showTold prints what "Slack" was told of the last call that was missed.
func showTold(out io.Writer, rows []*Row) {
	var missed []*Row
	for _, r := range rows {
		if r.Told != nil {
			missed = append(missed, r)
		}
	}
	if len(missed) == 0 {
		return
	}
	last := missed[len(missed)-1]
	fmt.Fprintf(out, "\n%d calls from Telegram were missed, and a small \"Slack\" on this machine was told. Of %s → %s it got:\n\n", len(missed), last.From, last.To)
	for line := range strings.Lines(strings.TrimSpace(string(last.Told))) {
		fmt.Fprintf(out, "  %s", line)
	}
	fmt.Fprintln(out)
}
