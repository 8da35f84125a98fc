package program

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"

	"switchgram/bridge/line"
	"switchgram/tgcall"
	"switchgram/tgcall/account"
)

// Network is a Telegram network on this machine, for tests and the demo.
type Network struct {
	AppID     int
	AppHash   string
	DCList    dcs.List
	PublicKey telegram.PublicKey

	// Session is a logged-in session of the account; nil: sessions are kept in the state folder, as those of Telegram are.
	Session func(account string) session.Storage
}

// Login is a line's login to Telegram: the account's session, and the people it has met. Its methods may be called concurrently.
type Login struct {
	Line    *line.Line
	network *Network
	options account.Options
	lock    string // file; empty: nobody else can come by the session
	command string // that logs the line in
}

// Login finds the line's login in the state folder, which is made at the first use, and with it the key that seals sessions. Network is where
// the account lives; nil: Telegram.
func (c *Config) Login(l *line.Line, n *Network, log *slog.Logger) (*Login, error) {
	g := &Login{Line: l, network: n, command: c.loginCommand(l)}
	g.options = account.Options{AppID: c.Telegram.APIID, Log: log}
	if n != nil {
		g.options.DCList, g.options.PublicKeys = n.DCList, []telegram.PublicKey{n.PublicKey}
		g.options.AppID, g.options.AppHash = n.AppID, n.AppHash
		if n.Session != nil {
			g.options.Session = n.Session(l.Account)
			return g, nil
		}
	}
	if n == nil {
		var err error
		if g.options.AppHash, err = c.secret("telegram.api_hash", line.SecretRef{Env: c.Telegram.APIHashEnv, File: c.Telegram.APIHashFile}); err != nil {
			return nil, err
		}
	}
	return g, g.keepIn(c)
}

// keepIn keeps the login in the state folder.
func (g *Login) keepIn(c *Config) error {
	if err := os.MkdirAll(c.State, 0o700); err != nil {
		return c.wrong("state", err)
	}
	key, err := account.LoadKey(filepath.Join(c.State, "sessions.key"))
	if err != nil {
		return err
	}
	file := filepath.Join(c.State, g.Line.Account)
	g.lock = file + ".lock"
	if g.options.Session, err = account.NewFileSession(file+".session", key); err != nil {
		return err
	}
	g.options.Peers, err = account.NewFilePeers(file + ".people")
	return err
}

// loginCommand is what somebody has to type to log the line in.
func (c *Config) loginCommand(l *line.Line) string {
	command := []string{"switchgram login"}
	if c.path != "" && c.path != DefaultPath {
		command = append(command, "-c", c.path)
	}
	return strings.Join(append(command, "-l", l.Name), " ")
}

// ErrInUse says that another process uses the account.
var ErrInUse = errors.New("the account is in use by another switchgram: end that first")

// Open takes the account, until release is called. If somebody else has it, the error is ErrInUse: Telegram ends a session that is used from
// two places.
func (g *Login) Open(onState func(account.State)) (a *account.Account, release func(), err error) {
	o := g.options
	o.OnState = onState
	if a, err = account.New(o); err != nil {
		return nil, nil, err
	}
	if g.lock == "" {
		return a, func() {}, nil
	}
	if release, err = lockFile(g.lock); err != nil {
		return nil, nil, fmt.Errorf("line %s: %w", g.Line.Name, err)
	}
	return a, release, nil
}

// Run connects the account and calls serve, as account.Run does. If nobody has logged in the error says how to.
func (g *Login) Run(ctx context.Context, onState func(account.State), serve func(context.Context, *account.Session) error) error {
	a, release, err := g.Open(onState)
	if err != nil {
		return err
	}
	defer release()
	stored, err := g.stored(ctx)
	if err == nil && len(stored) == 0 { // no need to ask telegram
		err = account.ErrLoginNeeded
	}
	if err == nil {
		err = a.Run(ctx, serve)
	}
	if errors.Is(err, account.ErrLoginNeeded) || errors.Is(err, account.ErrRevoked) {
		return &LoginError{Line: g.Line.Name, Command: g.command, err: err}
	}
	return err
}

// LoginError says that a line is not logged in, or not any more, and what to do about it.
type LoginError struct {
	Line    string
	Command string // to run
	err     error
}

// Error names the line, and the command that logs it in.
func (e *LoginError) Error() string {
	return fmt.Sprintf("line %s: %v; run: %s", e.Line, e.err, e.Command)
}

// Unwrap is account.ErrLoginNeeded or ErrRevoked.
func (e *LoginError) Unwrap() error { return e.err }

// stored is the session as it is kept; empty if nobody has logged in.
func (g *Login) stored(ctx context.Context) ([]byte, error) {
	s, err := g.options.Session.LoadSession(ctx)
	if errors.Is(err, session.ErrNotFound) {
		return nil, nil
	}
	return s, err
}

// Engine is how the line's media travels.
func (g *Login) Engine() tgcall.EngineOptions {
	return tgcall.EngineOptions{Loopback: g.network != nil, RelayOnly: g.Line.Media == line.Relay}
}
