// Switchgram bridges Telegram voice calls, FreeSWITCH and browsers. `switchgram --help` lists what it can do.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set at build time by `make build`.
var version = "unknown"

const description = `A bridge between Telegram voice calls, FreeSWITCH and SIP telephones.

Try it without an account or a PBX:   switchgram demo
Set it up:   1. copy switchgram.example.yaml to switchgram.yaml and edit it
             2. switchgram login -l LINE     (once for each line)
             3. switchgram run`

// commands is the command line.
type commands struct {
	Run          runCommand          `cmd:"" help:"Serve the lines of the configuration until SIGTERM or Ctrl-C."`
	Login        loginCommand        `cmd:"" help:"Log a line's Telegram account in, by code or QR."`
	Call         callCommand         `cmd:"" help:"Place one Telegram call, play and record, and print what happens."`
	Demo         demoCommand         `cmd:"" help:"Make calls between simulated Telegram users and telephones, and print how they went. Needs no account, no FreeSWITCH, no internet."`
	Peer         peerCommand         `cmd:"" help:"Run the call engine for one call, signalling on standard input and output (docs/peer.md)."`
	HashPassword hashPasswordCommand `cmd:"" help:"Read a password and print its hash for the configuration's users."`
	Version      versionCommand      `cmd:"" help:"Print the version."`

	LogLevel  slog.Level `help:"Least important messages to log: debug, info, warn or error." default:"info" env:"SWITCHGRAM_LOG_LEVEL"`
	LogFormat string     `help:"text or json." enum:"text,json" default:"text" env:"SWITCHGRAM_LOG_FORMAT"`
}

func main() {
	var c commands
	k := kong.Parse(&c, kong.Name("switchgram"), kong.Description(description), kong.UsageOnError())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	k.BindTo(ctx, (*context.Context)(nil))
	err := k.Run(newLogger(c.LogLevel, c.LogFormat))
	if err == nil {
		return
	}
	if !errors.Is(err, errSilent) {
		fmt.Fprintln(os.Stderr, "switchgram:", err)
	}
	os.Exit(1)
}

// errSilent ends the program with status 1 when everything was said already.
var errSilent = errors.New("failed")

func newLogger(level slog.Level, format string) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, o))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, o))
}

type versionCommand struct{}

// Run prints the version, and that of the compiler and the platform for bug reports.
func (versionCommand) Run() error {
	fmt.Printf("switchgram %s\n", version)
	if info, ok := debug.ReadBuildInfo(); ok {
		fmt.Println(info.GoVersion)
	}
	return nil
}
