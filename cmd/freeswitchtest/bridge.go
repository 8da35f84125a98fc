package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gotd/td/session"

	"switchgram/bridge/sip"
	"switchgram/cmd/switchgram/program"
	"switchgram/tgcall/testnet"
)

// line is one of the bridge's: its name, which of FreeSWITCH's users it is, and what else its configuration says.
type line struct {
	name     string
	user     int
	settings string
}

var lines = []line{
	{"udp", lineUDP, "sip: {transport: udp, %s}\n    digits: {telegram: tones}"},
	{"tcp", lineTCP, "sip: {transport: tcp, %s}\n    digits: {telegram: tones}"},
	{"info", lineINFO, "sip: {transport: udp, %s}\n    digits: {dtmf: info, telegram: tones}"},
	{"inband", lineInband, "sip: {transport: udp, %s}\n    digits: {dtmf: inband, inband: detect, telegram: tones}"},
	{"tls", lineTLS, "sip: {transport: tls, %s}"}, // last: not everywhere
}

// lines are those that there can be.
func (w *world) lines() []line {
	if w.o.ca == "" || !w.fs.tls.IsValid() {
		return lines[:len(lines)-1]
	}
	return lines
}

// Names of -config.
const (
	parking     = "switchgram-test"      // the extension, a gateway, the queue
	registering = "switchgram-test-user" // a gateway that registers with us, and its password
	ownPhone    = "switchgram-test-own"  // a telephone that does, and its password
)

// configuration is what the bridge's file would say.
func (w *world) configuration(ctx context.Context, dir string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "telegram: {api_id: 1, api_hash_file: %q}\n", filepath.Join(dir, "hash"))
	fmt.Fprintf(&b, "sip: {listen: [\"udp:%[1]s\", \"tcp:%[1]s\"], tls: {ca: %[2]q}, session_expires: %[3]s}\nring_timeout: 20s\n", netip.AddrPortFrom(w.ours, uint16(w.o.port)), w.o.ca, sessionTimer)
	if err := os.WriteFile(filepath.Join(dir, "socket"), []byte(w.o.password), 0o600); err != nil {
		return "", err
	}
	fmt.Fprintf(&b, "freeswitch: {event_socket: %q, password_file: %q}\n", w.o.address, filepath.Join(dir, "socket"))
	fmt.Fprintf(&b, "state: %q\nstore: %q\n", filepath.Join(dir, "state"), filepath.Join(dir, "calls.db"))
	fmt.Fprintf(&b, "routes:\n  directory: %q\n  freeswitch: {socket: %q, allow: [%s], number: %s}\n",
		w.routes, netip.AddrPortFrom(w.ours, 0), netip.PrefixFrom(w.fs.sip.Addr(), w.fs.sip.Addr().BitLen()), parking)
	b.WriteString(exampleSettings)
	fmt.Fprintf(&b, "verto: {listen: \"127.0.0.1:0\", login: {freeswitch: %q}}\nusers:\n  - {name: %q, lines: [udp]}\n", w.fs.domain, w.o.users[vertoUser])
	for _, user := range []string{registering, ownPhone} {
		digest, err := sip.Digest("MD5", user, "switchgram", user)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "  - {name: %s, sip_digest: %q, lines: [udp]}\n", user, digest)
	}
	b.WriteString("lines:\n")
	for _, l := range w.lines() {
		user := w.o.users[l.user]
		password, err := w.fs.passwordOf(ctx, user)
		if err != nil {
			return "", err
		}
		file := filepath.Join(dir, l.name)
		if err := os.WriteFile(file, []byte(password), 0o600); err != nil {
			return "", err
		}
		registrar := w.fs.sip
		if l.user == lineTLS {
			registrar = w.fs.tls
		}
		identity := fmt.Sprintf("registrar: %q, user: %q, password_file: %q, expires: 60s", registrar, user, file)
		fmt.Fprintf(&b, "  - name: %s\n    to: sip:%s\n    max_calls: 4\n    %s\n", l.name, parking, fmt.Sprintf(l.settings, identity))
	}
	return b.String(), nil
}

// startProgram runs the bridge as `switchgram run` would, and returns when all is up.
func (w *world) startProgram(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "freeswitchtest-")
	if err != nil {
		return err
	}
	w.always.add(func() { _ = os.RemoveAll(dir) })
	w.routes = filepath.Join(dir, "routes")
	if err := errors.Join(os.Mkdir(w.routes, 0o700), w.startTown()); err != nil {
		return err
	}
	if w.config, err = w.configuration(ctx, dir); err != nil {
		return err
	}
	for i, l := range w.lines() {
		w.accounts[l.name] = w.net.AddUser(testnet.UserOptions{Phone: fmt.Sprintf("99966100100%d", i+1), Username: "line_" + l.name, FirstName: "Line", LastName: l.name})
	}
	w.always.add(func() { w.stopProgram() })
	if err := w.runProgram(ctx); err != nil {
		return err
	}
	return w.connected(ctx)
}

// runProgram begins to run the bridge, until stopProgram.
func (w *world) runProgram(ctx context.Context) error {
	config, err := program.Read("freeswitchtest.yaml", strings.NewReader(w.config))
	if err != nil {
		return err
	}
	if w.program, err = program.New(config, program.Options{Sink: w, Log: w.log, Network: w.telegram()}); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var done sync.WaitGroup
	done.Go(func() {
		if err := w.program.Run(ctx); err != nil {
			w.log.Error("the bridge ended", "err", err)
		}
	})
	w.stopProgram = func() { cancel(); done.Wait() }
	return nil
}

func (w *world) telegram() *program.Network {
	return &program.Network{
		AppID: w.net.AppID(), AppHash: w.net.AppHash(), DCList: w.net.DCList(), PublicKey: w.net.PublicKey(),
		Session: func(account string) session.Storage { return w.accounts[account].Session(context.Background()) },
	}
}

// connected returns when the event socket is up, and both sides of every line.
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
	if s := w.program.EventSocket(); !s.Up {
		all = append(all, fmt.Sprintf("event socket: %v", s.Err))
	}
	return all
}
