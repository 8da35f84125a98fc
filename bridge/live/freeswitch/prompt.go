package freeswitch

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"switchgram/bridge/route"
	"switchgram/esl"
)

// legs are FreeSWITCH's words for who hears something.
var legs = map[route.Listener]esl.Leg{route.BLeg: esl.BLeg, route.Both: esl.Both}

// Play implements route.Player.
func (c *Channel) Play(ctx context.Context, p route.Prompt) error {
	if err := c.terminators(ctx, p.Terminators); err != nil {
		return err
	}
	for _, s := range p.Sounds {
		stopped, err := c.play(ctx, s, p.To)
		if err != nil || stopped {
			return err
		}
	}
	return nil
}

// terminators are the keys that stop what is played next.
func (c *Channel) terminators(ctx context.Context, keys string) error {
	if keys == "" {
		keys = "none"
	}
	return c.setAll(ctx, map[string]string{"playback_terminators": keys, "playback_terminator_used": ""})
}

// play plays one sound, and tells whether a key has stopped it.
func (c *Channel) play(ctx context.Context, s route.Sound, to route.Listener) (stopped bool, err error) {
	app, arg, err := c.sound(s)
	if err != nil {
		return false, err
	}
	if to != route.ALeg {
		return false, c.s.Broadcast(ctx, c.s.UUID(), arg, legs[to]) // it does not say when it is over
	}
	e, err := c.run(ctx, app, arg)
	if err != nil {
		return false, err
	}
	if e.Get("Application-Response") == "FILE NOT FOUND" {
		return false, fmt.Errorf("play %q: FreeSWITCH does not find it", s.Name)
	}
	return e.Variable("playback_terminator_used") != "", nil
}

// sound is the application that makes a sound, with its argument.
func (c *Channel) sound(s route.Sound) (app, arg string, err error) {
	if s.Kind == route.Say {
		language, err := join(" ", orElse(s.Language, "en"), "NUMBER", orElse(s.Method, "PRONOUNCED"))
		return "say", language + " " + esl.AppText(s.Name), err
	}
	arg, err = c.file(s)
	return "playback", arg, err
}

// file is a sound as FreeSWITCH opens it.
func (c *Channel) file(s route.Sound) (string, error) {
	switch s.Kind {
	case route.File:
		if c.o.Sound == nil {
			return esl.AppText(s.Name), nil
		}
		path, err := c.o.Sound(s.Name)
		return esl.AppText(path), err
	case route.Tone:
		return "tone_stream://" + esl.AppText(strings.ReplaceAll(s.Name, " ", "")), nil
	case route.Silence:
		return "silence_stream://" + strconv.FormatInt(s.Length.Milliseconds(), 10), nil
	case route.Stream:
		return stream(s.Name)
	default:
		return "", errors.New("words cannot wait for keys")
	}
}

// stream is how FreeSWITCH opens a URL.
func stream(url string) (string, error) {
	word, err := esl.Word(url)
	switch {
	case err != nil:
		return "", err
	case strings.HasPrefix(word, "http://"), strings.HasPrefix(word, "https://"):
		return "http_cache://" + word, nil
	case strings.HasPrefix(word, "shout://"):
		return word, nil
	default:
		return "", fmt.Errorf("play %.60q: want http:// or https://", url)
	}
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// digitsVariable is where FreeSWITCH puts the keys that were pressed.
const digitsVariable = "switchgram_digits"

// Collect implements route.Collector.
func (c *Channel) Collect(ctx context.Context, o route.Collection) (string, error) {
	if o.Flush {
		if err := c.FlushDigits(ctx); err != nil {
			return "", err
		}
	}
	prompt, err := c.prompt(o.Prompt)
	if err != nil {
		return "", err
	}
	between := o.Between
	if between == 0 {
		between = o.Timeout
	}
	e, err := c.run(ctx, "play_and_get_digits", strings.Join([]string{
		strconv.Itoa(max(o.Min, 1)), strconv.Itoa(max(o.Max, o.Min, 1)), "1", milliseconds(o.Timeout), orElse(o.Terminators, "none"),
		prompt, "silence_stream://1", digitsVariable, ".+", milliseconds(between),
	}, " "))
	if err != nil {
		return "", err
	}
	return e.Variable(digitsVariable), nil
}

// prompt is several sounds as one file.
func (c *Channel) prompt(all []route.Sound) (string, error) {
	var files []string
	for _, s := range all {
		file, err := c.file(s)
		if err != nil {
			return "", err
		}
		if strings.ContainsAny(file, " !") { // FreeSWITCH separates there
			return "", fmt.Errorf("play %q: %w", s.Name, esl.ErrUnsafe)
		}
		files = append(files, file)
	}
	switch len(files) {
	case 0:
		return "silence_stream://1", nil
	case 1:
		return files[0], nil
	default:
		return "file_string://" + strings.Join(files, "!"), nil
	}
}

func milliseconds(d time.Duration) string {
	if d <= 0 {
		d = 3 * time.Second
	}
	return strconv.FormatInt(max(d.Milliseconds(), 1), 10)
}

// FlushDigits implements route.Flusher.
func (c *Channel) FlushDigits(ctx context.Context) error { return c.simple(ctx, "flush_dtmf") }
