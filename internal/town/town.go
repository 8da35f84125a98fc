// Package town is whom the scripts of docs/routes talk to when tests run them: one server on this machine that plays Slack, Pushover and the CRM,
// and what stands beside the scripts in their folder.
package town

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"switchgram/bridge/notify/notifytest"
)

// Town is that server. What is under /slack is Slack's, what is under /pushover Pushover's, and the rest is the CRM's.
type Town struct{ *notifytest.Receiver }

// Open serves until Close.
func Open() (*Town, error) {
	r, err := notifytest.NewReceiver()
	if err != nil {
		return nil, err
	}
	t := &Town{r}
	t.SayJSON("/ServiceModel/AuthService.svc/Login", `{"Code": 0}`, "BPMSESSIONID=s1; HttpOnly")
	return t, nil
}

// SayJSON has it answer so to requests of a path from now on, perhaps with cookies.
func (t *Town) SayJSON(path, body string, cookies ...string) {
	t.Say(path, notifytest.Answer{Header: http.Header{"Content-Type": {"application/json"}, "Set-Cookie": cookies}, Body: body})
}

// Asked waits for the next request to a path, and passes over others.
func (t *Town) Asked(ctx context.Context, path string) (notifytest.Request, error) {
	for {
		r, err := t.Next(ctx)
		if err != nil || r.Path == path {
			return r, err
		}
	}
}

// Local is a script with this town's addresses in place of those on the internet.
func (t *Town) Local(script string) string {
	return strings.NewReplacer("https://crm.example", t.URL(), "https://api.pushover.net", t.URL()+"/pushover").Replace(script)
}

// Furnish puts into a folder of routes what the scripts of docs/routes have beside them: an office that is closed, a caller who is not welcome, and
// secrets, which stand in files of another folder. Both are made if they are not there.
func (t *Town) Furnish(routes, secrets string) error {
	var all []string
	for name, value := range map[string]string{
		"slack_missed_hook": t.URL() + "/slack", "pushover_user": "po-user", "pushover_token": "po-token", "crm_token": "crm-token", "crm_user": "robot",
		"crm_password": `pass"word`, "crm_need_callback_id": "need", "crm_channel_380445550300": "channel", "ms_tts_key": "ms-key", "stt_key": "stt-key",
	} {
		path := filepath.Join(secrets, name)
		if err := write(path, value); err != nil {
			return err
		}
		all = append(all, fmt.Sprintf("%q: {\"file\": %q}", name, path))
	}
	return errors.Join(
		write(filepath.Join(routes, "secrets.json"), "{"+strings.Join(all, ", ")+"}"),
		write(filepath.Join(routes, "limits.json"), `{"hotline": 5}`),
		write(filepath.Join(routes, "lists/spam.txt"), "+15550100\n"),
		write(filepath.Join(routes, "calendars/office.json"), `{"name": "office", "timezone": "Europe/Kyiv", "accept": []}`),
	)
}

func write(path, text string) error {
	return errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600))
}
