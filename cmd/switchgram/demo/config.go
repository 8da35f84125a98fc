package demo

import (
	_ "embed"
	"os"
	"path/filepath"
	"text/template"
	"time"

	"switchgram/cmd/switchgram/program"
)

// settings is the demo's configuration; templates of notifications are in it, so that ours begin with << here.
//
//go:embed demo.yaml
var settings string

// configFile is the name of what becomes of it in the demo's folder.
const configFile = "switchgram.yaml"

// config writes the configuration and its secrets, as a person would, and reads it.
func (w *world) config() (*program.Config, error) {
	t, err := template.New(configFile).Delims("<<", ">>").Parse(settings)
	if err != nil {
		return nil, err
	}
	for name, secret := range map[string]string{"password": w.password, "slack": w.slack.URL() + "/services/T0/B0/x"} {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(secret), 0o600); err != nil {
			return nil, err
		}
	}
	path := filepath.Join(w.dir, configFile)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	err = t.Execute(f, struct {
		AppID     int
		Ring      time.Duration
		Registrar string
		Lines     []account
	}{w.net.AppID(), ringFor, w.exchange.Addr().String(), lines})
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return nil, err
	}
	return program.Load(path)
}
