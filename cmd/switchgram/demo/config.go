package demo

import (
	"bytes"
	_ "embed"
	"os"
	"path/filepath"
	"text/template"
	"time"

	"switchgram/bridge/line"
	"switchgram/cmd/switchgram/program"
)

// settings is the demo's configuration; templates of notifications are in it, so that ours begin with << here.
//
//go:embed demo.yaml
var settings string

// agentRoute is the script that decides about calls for the agent.
//
//go:embed routes/agent.json
var agentRoute string

// configFile is the name of what becomes of it in the demo's folder.
const configFile = "switchgram.yaml"

// config writes the configuration and its secrets, as a person would, and reads it.
func (w *world) config() (*program.Config, error) {
	for name, secret := range map[string]string{"password": w.password, "slack": w.slack.URL() + "/services/T0/B0/x"} {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(secret), 0o600); err != nil {
			return nil, err
		}
	}
	hash, err := line.HashPassword(w.password)
	if err != nil {
		return nil, err
	}
	facts := facts{w.net.AppID(), ringFor, w.exchange.Addr().String(), w.crm, agent, hash.Text(), lines}
	if err := os.Mkdir(filepath.Join(w.dir, "routes"), 0o700); err != nil {
		return nil, err
	}
	for name, text := range map[string]string{configFile: settings, "routes/agent.json": agentRoute} {
		if err := w.write(name, text, facts); err != nil {
			return nil, err
		}
	}
	config, err := program.Load(filepath.Join(w.dir, configFile))
	if err == nil {
		config.Verto.Demo = program.Demonstration{User: agent, Password: w.password}
	}
	return config, err
}

// facts are what a run's files have to know of it.
type facts struct {
	AppID     int
	Ring      time.Duration
	Registrar string
	CRM       string
	Agent     string
	Hash      string // of the agent's password
	Lines     []account
}

// write writes a file of the demo's, filled in.
func (w *world) write(name, text string, f facts) error {
	t, err := template.New(name).Delims("<<", ">>").Parse(text)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, f); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(w.dir, name), b.Bytes(), 0o600)
}
