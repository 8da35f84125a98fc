package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gotd/td/session"

	"switchgram/cmd/switchgram/program"
	"switchgram/tgcall/testnet"
)

// lines of the bridge: their names, which of FreeSWITCH's users they are, and what else their configuration says.
var lines = []struct {
	name     string
	user     int
	settings string
}{
	{"udp", lineUDP, "sip: {transport: udp, %s}\n    digits: {telegram: tones}"},
	{"tcp", lineTCP, "sip: {transport: tcp, %s}\n    digits: {telegram: tones}"},
	{"info", lineINFO, "sip: {transport: udp, %s}\n    digits: {dtmf: info, telegram: tones}"},
	{"inband", lineInband, "sip: {transport: udp, %s}\n    digits: {dtmf: inband, inband: detect, telegram: tones}"},
}

const parking = "switchgram-test" // the extension of -config

// configuration is what the bridge's file would say.
func (w *world) configuration(ctx context.Context, dir string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "telegram: {api_id: 1, api_hash_file: %q}\n", filepath.Join(dir, "hash"))
	fmt.Fprintf(&b, "sip: {listen: [\"udp:%[1]s\", \"tcp:%[1]s\"]}\nring_timeout: 20s\n", netip.AddrPortFrom(w.ours, uint16(w.o.port)))
	if err := os.WriteFile(filepath.Join(dir, "socket"), []byte(w.o.password), 0o600); err != nil {
		return "", err
	}
	fmt.Fprintf(&b, "freeswitch: {event_socket: %q, password_file: %q}\nlines:\n", w.o.address, filepath.Join(dir, "socket"))
	for _, l := range lines {
		user := w.o.users[l.user]
		password, err := w.fs.passwordOf(ctx, user)
		if err != nil {
			return "", err
		}
		file := filepath.Join(dir, l.name)
		if err := os.WriteFile(file, []byte(password), 0o600); err != nil {
			return "", err
		}
		identity := fmt.Sprintf("registrar: %q, user: %q, password_file: %q, expires: 60s", w.fs.sip, user, file)
		fmt.Fprintf(&b, "  - name: %s\n    to: sip:%s\n    max_calls: 4\n    %s\n", l.name, parking, fmt.Sprintf(l.settings, identity))
	}
	return b.String(), nil
}

// startProgram runs the bridge as `switchgram run` would.
func (w *world) startProgram(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "freeswitchtest-")
	if err != nil {
		return err
	}
	w.always.add(func() { _ = os.RemoveAll(dir) })
	text, err := w.configuration(ctx, dir)
	if err != nil {
		return err
	}
	config, err := program.Read("freeswitchtest.yaml", strings.NewReader(text))
	if err != nil {
		return err
	}
	for i, l := range lines {
		w.accounts[l.name] = w.net.AddUser(testnet.UserOptions{Phone: fmt.Sprintf("99966100100%d", i+1), Username: "line_" + l.name, FirstName: "Line", LastName: l.name})
	}
	if w.program, err = program.New(config, program.Options{Sink: w, Log: w.log, Network: w.telegram()}); err != nil {
		return err
	}
	w.runProgram(context.WithoutCancel(ctx))
	return w.connected(ctx)
}

func (w *world) telegram() *program.Network {
	return &program.Network{
		AppID: w.net.AppID(), AppHash: w.net.AppHash(), DCList: w.net.DCList(), PublicKey: w.net.PublicKey(),
		Session: func(account string) session.Storage { return w.accounts[account].Session(context.Background()) },
	}
}

func (w *world) runProgram(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		if err := w.program.Run(ctx); err != nil {
			w.log.Error("the bridge ended", "err", err)
		}
	})
	w.always.add(func() { cancel(); done.Wait() })
}

// connected returns when both sides of every line are up.
func (w *world) connected(ctx context.Context) error {
	t := time.NewTicker(20 * time.Millisecond)
	defer t.Stop()
	for {
		down := w.down()
		if len(down) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %s", context.Cause(ctx), strings.Join(down, "; "))
		case <-t.C:
		}
	}
}

// down says what is not up.
func (w *world) down() (all []string) {
	for _, l := range w.program.Lines() {
		for side, s := range map[string]program.SideStatus{"telegram": l.Telegram, "sip": l.SIP} {
			if !s.Up {
				all = append(all, fmt.Sprintf("line %s: %s %s %v", l.Line, side, s.State, s.Err))
			}
		}
	}
	return all
}
