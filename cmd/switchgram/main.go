// Switchgram bridges Telegram voice calls, FreeSWITCH and browsers. `switchgram --help` lists what it can do.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"switchgram/cmd/switchgram/bench/rival"
	"switchgram/cmd/switchgram/program"
)

// version is set at build time by `make build`.
var version = "unknown"

// description is a Go doc comment: what is indented keeps its lines.
const description = `A bridge between Telegram voice calls, FreeSWITCH and SIP telephones.

Try it, without an account or a PBX:

	switchgram demo

Set it up:

	1. copy switchgram.example.yaml to switchgram.yaml and edit it
	2. switchgram login -l LINE     (once for each line)
	3. switchgram run`

// commands is the command line.
type commands struct {
	Run          runCommand          `cmd:"" help:"Serve the lines of the configuration until SIGTERM or Ctrl-C."`
	Login        loginCommand        `cmd:"" help:"Log a line's Telegram account in, by code or QR."`
	Privacy      privacyCommand      `cmd:"" help:"Show who may call a line's Telegram account and what they see of it, or set that."`
	Call         callCommand         `cmd:"" help:"Place one Telegram call, play and record, and print what happens."`
	Demo         demoCommand         `cmd:"" help:"Make calls between simulated Telegram users and telephones, and print how they went. Needs no account, no FreeSWITCH, no internet."`
	Peer         peerCommand         `cmd:"" help:"Run the call engine for one call, signalling on standard input and output (docs/peer.md)."`
	Bench        benchCommand        `cmd:"" help:"Measure what calls cost: processor, memory, delay, loss."`
	Doctor       doctorCommand       `cmd:"" help:"Check the set-up, and say what is wrong and how to mend it."`
	HashPassword hashPasswordCommand `cmd:"" help:"Read a password and print its hash for the configuration's users."`
	Recordings   recordingsCommand   `cmd:"" help:"List recordings, or finish those that an earlier run has left."`
	Calls        callsCommand        `cmd:"" help:"Search the calls that were, note something on one, export or erase."`
	Notify       notifyCommand       `cmd:"" help:"List notifications, send them again, or try an endpoint."`
	Route        routeCommand        `cmd:"" help:"Check, try, show and import routing scripts."`
	Line         lineCommand         `cmd:"" help:"Try the rules of a line."`
	Config       configCommand       `cmd:"" help:"Print what other programs need for the configuration."`
	JavaScript   javascriptWorker    `cmd:"" name:"javascript-worker" hidden:""`
	Version      versionCommand      `cmd:"" help:"Print the version."`

	LogLevel  slog.Level `help:"Least important messages to log: debug, info, warn or error." default:"info" env:"SWITCHGRAM_LOG_LEVEL"`
	LogFormat string     `help:"text or json." enum:"text,json" default:"text" env:"SWITCHGRAM_LOG_FORMAT"`
}

// surroundings are what a command works in.
type surroundings struct {
	in       io.Reader
	out, err io.Writer
	network  *program.Network // nil: Telegram
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends us at once
	os.Exit(run(ctx, os.Args[1:], surroundings{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// Statuses of the program's end.
const (
	succeeded = iota
	failed
	misused
)

// run runs a command line and returns the status to end with.
func run(ctx context.Context, args []string, s surroundings) int {
	var c commands
	helped := false
	parser := kong.Must(&c, kong.Name("switchgram"), kong.Description(description), kong.Writers(s.out, s.err),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Vars{"against": rival.Usage}, kong.Exit(func(int) { helped = true }))
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(twoDashes(parser.Model.Node, args))
	switch {
	case helped: // kong parses on after it has shown the help
		return succeeded
	case err != nil:
		complain(s.err, misuse(err))
		return misused
	}
	k.BindTo(ctx, (*context.Context)(nil))
	err = k.Run(newLogger(s.err, c.LogLevel, c.LogFormat), s)
	switch {
	case err == nil:
		return succeeded
	case errors.Is(err, errSilent):
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		complain(s.err, errors.New("interrupted"))
	default:
		complain(s.err, err)
	}
	return failed
}

// twoDashes lets people write -once for --once, as many Go programs have it.
func twoDashes(of *kong.Node, args []string) []string {
	long := map[string]bool{}
	_ = kong.Visit(of, func(node kong.Visitable, next kong.Next) error { // no error to begin with
		if f, ok := node.(*kong.Flag); ok {
			long[f.Name] = true
		}
		return next(nil)
	})
	var all []string
	for _, arg := range args {
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		if strings.HasPrefix(arg, "-") && len(name) > 1 && long[name] {
			arg = "-" + arg
		}
		all = append(all, arg)
	}
	return all
}

// misuse says where to read how a command is used.
func misuse(err error) error {
	command := "switchgram"
	if parse := (*kong.ParseError)(nil); errors.As(err, &parse) && parse.Context.Command() != "" {
		command += " " + parse.Context.Command()
	}
	return fmt.Errorf("%w\nsee %s --help", err, command)
}

// complain prints an error, which may be several.
func complain(to io.Writer, err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintln(to, "switchgram:", line)
	}
}

// errSilent ends the program with status 1 when everything was said already.
var errSilent = errors.New("failed")

func newLogger(to io.Writer, level slog.Level, format string) *slog.Logger {
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: plainError}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(to, o))
	}
	return slog.New(slog.NewTextHandler(to, o))
}

// plainError logs an error's text: slog would ask those that carry a stack for all of it.
func plainError(_ []string, a slog.Attr) slog.Attr {
	if err, ok := a.Value.Any().(error); ok {
		a.Value = slog.StringValue(err.Error())
	}
	return a
}

type versionCommand struct{}

// Run prints the version, and that of the compiler and the platform for bug reports.
func (versionCommand) Run(s surroundings) error {
	_, err := fmt.Fprintf(s.out, "switchgram %s\n%s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
