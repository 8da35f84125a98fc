package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"switchgram/bridge/notify/notifytest"
	"switchgram/internal/town"
)

// exampleSettings is what the example scripts need of the bridge: they ask servers on this machine, dial one mobile telephone, speak and understand.
const exampleSettings = `  allow: [127.0.0.0/8]
  dial: {country: US, allow: ["+` + mobileNumber + `"]}
  speak: [{name: espeak, command: [espeak-ng, --stdin, --stdout]}]
  hear: [{name: deaf, command: [sh, -c, "test -s \"$1\" && echo please call me back", sh, "{file}"]}]
`

// startTown is before the bridge: it serves Slack, Pushover and the CRM, and lays out what the example scripts have beside them. Their office is
// closed.
func (w *world) startTown() (err error) {
	if w.town, err = town.Open(); err != nil {
		return err
	}
	w.always.add(w.town.Close)
	return w.town.Furnish(w.routes, filepath.Dir(w.routes))
}

// requested waits for a request to a path, and passes over others.
func (w *world) requested(ctx context.Context, path string) (notifytest.Request, error) {
	ctx, cancel := context.WithTimeout(ctx, eventTime)
	defer cancel()
	return w.town.Asked(ctx, path)
}

// saying is requested, of one that has to have these words in its body.
func (w *world) saying(ctx context.Context, path string, words ...string) error {
	r, err := w.requested(ctx, path)
	if err != nil {
		return fmt.Errorf("%s was not asked: %w", path, err)
	}
	for _, word := range words {
		if !strings.Contains(string(r.Body), word) {
			return fmt.Errorf("%s was asked %s, without %s", path, r.Body, word)
		}
	}
	return nil
}

// example is one of the example scripts, for the servers of the town. Pairs of words say what else is to be replaced.
func (w *world) example(file string, swaps ...string) (string, error) {
	text, err := os.ReadFile(filepath.Join(w.o.examples, file))
	if errors.Is(err, fs.ErrNotExist) {
		return "", missing(w.o.examples + " has no " + file + ", see -examples")
	} else if err != nil {
		return "", err
	}
	for i := 0; i < len(swaps); i += 2 {
		if !strings.Contains(string(text), swaps[i]) {
			return "", fmt.Errorf("%s has no %s to be replaced", file, swaps[i])
		}
	}
	return w.town.Local(strings.NewReplacer(swaps...).Replace(string(text))), nil
}
