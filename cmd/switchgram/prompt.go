package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"

	"switchgram/tgcall/account"
)

// prompt asks the person at the terminal. It implements account.Prompt.
type prompt struct {
	in       *bufio.Reader
	out      io.Writer
	terminal int    // file descriptor; -1: the answers come from elsewhere
	phone    string // asked for only if empty
}

func newPrompt(s surroundings, phone string) *prompt {
	p := &prompt{in: bufio.NewReader(s.in), out: s.err, terminal: -1, phone: phone}
	if f, ok := s.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.terminal = int(f.Fd())
	}
	return p
}

// Phone asks for the account's number, unless it was given with the command.
func (p *prompt) Phone(ctx context.Context, a account.Ask) (string, error) {
	if p.phone != "" && a.Try == 1 {
		return p.phone, nil
	}
	return p.ask(ctx, a, "Phone number of the account (+…)")
}

// Code asks for the code that Telegram has just sent.
func (p *prompt) Code(ctx context.Context, a account.Ask) (string, error) {
	return p.ask(ctx, a, "Login code (sent "+printable(a.Hint)+")")
}

// Password asks for the two-step password without showing it.
func (p *prompt) Password(ctx context.Context, a account.Ask) (string, error) {
	question := "Two-step password"
	if a.Hint != "" {
		question += " (hint: " + printable(a.Hint) + ")"
	}
	return p.secret(ctx, a, question)
}

func (p *prompt) ask(ctx context.Context, a account.Ask, question string) (string, error) {
	p.question(a, question)
	text, err := answer(ctx, p.line)
	if err != nil {
		fmt.Fprintln(p.out) // no newline came from the terminal
	}
	return text, err
}

func (p *prompt) line() (string, error) {
	text, err := p.in.ReadString('\n')
	if err != nil && text == "" {
		return "", fmt.Errorf("no answer: %w", err)
	}
	return strings.TrimSpace(text), nil
}

// secret asks for what the terminal must not show.
func (p *prompt) secret(ctx context.Context, a account.Ask, question string) (string, error) {
	if p.terminal < 0 {
		return p.ask(ctx, a, question)
	}
	before, err := term.GetState(p.terminal)
	if err != nil {
		return "", fmt.Errorf("terminal: %w", err)
	}
	p.question(a, question)
	defer fmt.Fprintln(p.out)
	text, err := answer(ctx, func() (string, error) {
		b, err := term.ReadPassword(p.terminal)
		return string(b), err
	})
	if err != nil {
		return "", errors.Join(err, term.Restore(p.terminal, before))
	}
	return text, nil
}

func (p *prompt) question(a account.Ask, question string) {
	if a.Err != nil {
		fmt.Fprintf(p.out, "  %v\n", a.Err)
	}
	fmt.Fprintf(p.out, "%s: ", question)
}

// answer waits for what read reads, or for ctx to end: nobody can take back a read from a terminal, so its goroutine then ends with the
// program, which is about to.
func answer(ctx context.Context, read func() (string, error)) (string, error) {
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := read()
		done <- result{text, err}
	}()
	select {
	case r := <-done:
		return r.text, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// printable keeps what a terminal shows as itself: text from outside could carry escape sequences, or turn the line around.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return -1
	}, s)
}

// nameOf is a person's name, or what else there is to call them.
func nameOf(p account.Person) string {
	if name := strings.TrimSpace(printable(p.FirstName + " " + p.LastName)); name != "" {
		return name
	}
	return "somebody without a name"
}
