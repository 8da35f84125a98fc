package live

import (
	"context"
	"errors"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/route"
)

// longestPrompt is how long a file, or a prompt that waits for keys, may last.
const longestPrompt = 10 * time.Minute

// errPressed ends a prompt.
var errPressed = errors.New("a key was pressed")

// Play implements route.Player.
func (ch *channel) Play(ctx context.Context, p route.Prompt) error {
	src, err := ch.r.sounds.all(p.Sounds)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, longestPrompt)
	defer cancel()
	if p.Terminators == "" || p.To == route.BLeg {
		return ch.play(ctx, bridge.Sound{Source: src, To: hearers[p.To]})
	}
	_, err = ch.promptFor(ctx, bridge.Sound{Source: src, To: hearers[p.To]}, bridge.CollectOptions{
		Max: mostKeys, Terminators: p.Terminators, FirstTimeout: longestPrompt, BetweenTimeout: longestPrompt,
	})
	return err
}

// hearers are the bridge's words for who hears something.
var hearers = map[route.Listener]bridge.Hearers{route.ALeg: bridge.TheCaller, route.BLeg: bridge.TheCallee, route.Both: bridge.Everybody}

// play plays to whoever is there to hear it.
func (ch *channel) play(ctx context.Context, s bridge.Sound) error {
	err := ch.call.Play(ctx, s)
	if errors.Is(err, bridge.ErrVerb) {
		return ErrUnanswered
	}
	return err
}

// promptFor plays until enough was pressed, or to the end. Keys that were pressed and are not the end of it stay for whoever asks next.
func (ch *channel) promptFor(ctx context.Context, s bridge.Sound, o bridge.CollectOptions) (got bridge.Collected, err error) {
	playing, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var pressing sync.WaitGroup
	var failed error
	pressing.Go(func() {
		if got, failed = ch.call.Collect(playing, o); failed == nil {
			stop(errPressed)
		}
	})
	err = ch.play(playing, s)
	stop(errPlayed)
	pressing.Wait()
	switch {
	case errors.Is(err, errPressed):
		err = nil
	case err == nil && failed != nil && !errors.Is(failed, errPlayed):
		err = failed
	}
	return got, err
}

// errPlayed ends waiting for keys.
var errPlayed = errors.New("the prompt is over")

// mostKeys is how many are taken at once.
const mostKeys = 64

// Collect implements route.Collector. Keys count that the caller writes in the chat, where the line has them.
func (ch *channel) Collect(ctx context.Context, c route.Collection) (string, error) {
	if c.Flush {
		if err := ch.FlushDigits(ctx); err != nil {
			return "", err
		}
	}
	o := bridge.CollectOptions{Max: min(max(c.Max, 1), mostKeys), Terminators: c.Terminators, FirstTimeout: c.Timeout, BetweenTimeout: c.Between}
	first, done, err := ch.firstKey(ctx, c.Prompt, &o)
	if err != nil || done {
		return first, err
	}
	rest, err := ch.call.Collect(ctx, o)
	return first + rest.Digits, unanswered(err)
}

// firstKey plays the prompt until a key is pressed, and has o say what to wait for then. Done: that was all.
func (ch *channel) firstKey(ctx context.Context, prompt []route.Sound, o *bridge.CollectOptions) (key string, done bool, err error) {
	if len(prompt) == 0 {
		return "", false, nil
	}
	src, err := ch.r.sounds.all(prompt)
	if err != nil {
		return "", false, err
	}
	got, err := ch.promptFor(ctx, bridge.Sound{Source: src}, bridge.CollectOptions{
		Max: 1, Terminators: o.Terminators, FirstTimeout: longestPrompt, BetweenTimeout: longestPrompt,
	})
	if err != nil || got.Digits == "" {
		return "", err != nil || got.Terminator != 0, err
	}
	if o.Max--; o.Max == 0 {
		return got.Digits, true, nil
	}
	o.FirstTimeout = o.BetweenTimeout
	return got.Digits, false, nil
}

func unanswered(err error) error {
	if errors.Is(err, bridge.ErrVerb) {
		return ErrUnanswered
	}
	return err
}

// FlushDigits implements route.Flusher.
func (ch *channel) FlushDigits(ctx context.Context) error {
	_, err := ch.call.Collect(ctx, bridge.CollectOptions{Max: 1, FirstTimeout: time.Nanosecond, Flush: true})
	return unanswered(err)
}
