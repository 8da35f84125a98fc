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
	files   string              // what their names begin with; empty: there are none, and nobody else can come by the session
	journal *tgcall.FileJournal // of live calls, while Run runs; nil: none is kept
	command string              // that logs the line in
}

// Login finds the line's login in the state folder, which is made at the first use, and with it the key that seals sessions. Network is where
// the account lives; nil: Telegram.
func (c *Config) Login(l *line.Line, n *Network, log *slog.Logger) (*Login, error) {
	g := &Login{Line: l, network: n, command: c.loginCommand(l)}
	g.options = account.Options{AppID: c.Telegram.APIID, ImportContacts: l.Import, Log: log}
	if err := g.useProxy(c); err != nil {
		return nil, err
	}
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

// useProxy has Telegram reached through the configuration's proxy.
func (g *Login) useProxy(c *Config) error {
	if c.Telegram.Proxy == "" {
		return nil
	}
	secret, err := c.secret("telegram.proxy_secret", c.Telegram.proxySecret())
	if err != nil {
		return err
	}
	if g.options.Resolver, err = account.NewProxy(c.Telegram.Proxy, secret); err != nil {
		return c.wrong("telegram.proxy", err)
	}
	return nil
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
	g.files = filepath.Join(c.State, g.Line.Account)
	if g.options.Session, err = account.NewFileSession(g.files+".session", key); err != nil {
		return err
	}
	if g.options.Ledger, err = account.OpenLedger(g.files + ".ledger"); err != nil {
		return err
	}
	g.options.Peers, err = account.NewFilePeers(g.files + ".people")
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

// OnMissed has f told of calls that were missed while the account was not connected. It is called before Run.
func (g *Login) OnMissed(f func(account.Missed)) { g.options.OnMissed = f }

// Open takes the account, until release is called. If somebody else has it, the error is ErrInUse: Telegram ends a session that is used from
// two places.
func (g *Login) Open(onState func(account.State)) (a *account.Account, release func(), err error) {
	o := g.options
	o.OnState = onState
	if a, err = account.New(o); err != nil {
		return nil, nil, err
	}
	if g.files == "" {
		return a, func() {}, nil
	}
	if release, err = lockFile(g.files + ".lock"); err != nil {
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
	switch {
	case err != nil:
	case len(stored) == 0: // no need to ask telegram
		err = account.ErrLoginNeeded
	default:
		err = g.journalled(func() error { return a.Run(ctx, serve) })
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

// journalled keeps the journal of live calls open while run runs.
func (g *Login) journalled(run func() error) (err error) {
	if g.files == "" {
		return run()
	}
	if g.journal, err = tgcall.OpenJournal(g.files + ".calls"); err != nil {
		return err
	}
	err = run()
	err = errors.Join(err, g.journal.Close())
	g.journal = nil
	return err
}

// CallOptions are those of the line's calls, while Run runs; the caller says what becomes of incoming ones.
func (g *Login) CallOptions(s *account.Session) tgcall.Options {
	o := tgcall.Options{Self: s.Self().ID, Engine: g.Engine(), Log: g.options.Log}
	if g.journal != nil {
		o.Journal = g.journal
	}
	return o
}

// Engine is how the line's media travels.
func (g *Login) Engine() tgcall.EngineOptions {
	return tgcall.EngineOptions{Loopback: g.network != nil, RelayOnly: g.Line.Media == line.Relay}
}
