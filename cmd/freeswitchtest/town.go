package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"switchgram/bridge/notify/notifytest"
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
	if w.town, err = notifytest.NewReceiver(); err != nil {
		return err
	}
	w.always.add(w.town.Close)
	w.crmSays("/ServiceModel/AuthService.svc/Login", `{"Code": 0}`, "BPMSESSIONID=s1; HttpOnly")
	var secrets []string
	for name, value := range map[string]string{
		"slack_missed_hook": w.town.URL() + "/slack", "pushover_user": "po-user", "pushover_token": "po-token", "crm_token": "crm-token", "crm_user": "robot",
		"crm_password": `pass"word`, "crm_need_callback_id": "need", "crm_channel_380445550300": "channel", "ms_tts_key": "ms-key", "stt_key": "stt-key",
	} {
		path := filepath.Join(filepath.Dir(w.routes), name)
		if err := os.WriteFile(path, []byte(value), 0o600); err != nil {
			return err
		}
		secrets = append(secrets, fmt.Sprintf("%q: {\"file\": %q}", name, path))
	}
	for name, text := range map[string]string{
		"secrets.json":          "{" + strings.Join(secrets, ", ") + "}",
		"limits.json":           "{}",
		"lists/spam.txt":        "+15550100\n",
		"calendars/office.json": `{"name": "office", "timezone": "Europe/Kyiv", "accept": []}`,
	} {
		path := filepath.Join(w.routes, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			return err
		}
	}
	return nil
}

// crmSays has the CRM answer so to requests of a path, perhaps with cookies.
func (w *world) crmSays(path, body string, cookies ...string) {
	w.town.Say(path, notifytest.Answer{Header: http.Header{"Content-Type": {"application/json"}, "Set-Cookie": cookies}, Body: body})
}

// requested waits for a request to a path, and passes over others.
func (w *world) requested(ctx context.Context, path string) (notifytest.Request, error) {
	ctx, cancel := context.WithTimeout(ctx, eventTime)
	defer cancel()
	for {
		r, err := w.town.Next(ctx)
		if err != nil || r.Path == path {
			return r, err
		}
	}
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
	swaps = append(swaps, "https://crm.example", w.town.URL(), "https://api.pushover.net", w.town.URL()+"/pushover")
	return strings.NewReplacer(swaps...).Replace(string(text)), nil
}
