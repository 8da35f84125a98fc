package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"switchgram/tgcall/account"
)

// prompt asks the person at the terminal. It implements account.Prompt.
type prompt struct {
	in    *bufio.Reader
	out   io.Writer
	phone string // asked for only if empty
}

func newPrompt(phone string) *prompt {
	return &prompt{in: bufio.NewReader(os.Stdin), out: os.Stderr, phone: phone}
}

// Phone asks for the account's number, unless it was given with the command.
func (p *prompt) Phone(_ context.Context, a account.Ask) (string, error) {
	if p.phone != "" && a.Try == 1 {
		return p.phone, nil
	}
	return p.ask(a, "Phone number of the account (+…)")
}

// Code asks for the code that Telegram has just sent.
func (p *prompt) Code(_ context.Context, a account.Ask) (string, error) {
	return p.ask(a, "Login code (sent by "+printable(a.Hint)+")")
}

// Password asks for the two-step password without showing it.
func (p *prompt) Password(_ context.Context, a account.Ask) (string, error) {
	question := "Two-step password"
	if a.Hint != "" {
		question += " (hint: " + printable(a.Hint) + ")"
	}
	return p.secret(a, question)
}

func (p *prompt) ask(a account.Ask, question string) (string, error) {
	p.question(a, question)
	answer, err := p.in.ReadString('\n')
	if err != nil && answer == "" {
		return "", fmt.Errorf("read answer: %w", err)
	}
	return strings.TrimSpace(answer), nil
}

func (p *prompt) secret(a account.Ask, question string) (string, error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return p.ask(a, question)
	}
	p.question(a, question)
	defer fmt.Fprintln(p.out)
	answer, err := term.ReadPassword(int(os.Stdin.Fd()))
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	return string(answer), nil
}

func (p *prompt) question(a account.Ask, question string) {
	if a.Err != nil {
		fmt.Fprintf(p.out, "  %v\n", a.Err)
	}
	fmt.Fprintf(p.out, "%s: ", question)
}

// printable keeps what a terminal shows as itself: text from outside could carry escape sequences.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return -1
		}
		return r
	}, s)
}
