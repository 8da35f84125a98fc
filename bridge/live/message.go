package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/room"
	"switchgram/bridge/route"
	"switchgram/bridge/sound"
)

const (
	messageRate = 16000                  // Hz: what recognisers of speech want
	messageTick = 20 * time.Millisecond  // of a block of the mix
	firstWord   = 10 * time.Second       // for the caller to begin
	speech      = 100 * time.Millisecond // of sound is more than a click
)

// TakeMessage implements route.MessageTaker.
func (ch *channel) TakeMessage(ctx context.Context, m route.Message) (file string, err error) {
	if ch.r.o.Messages == "" {
		return "", errors.New("no folder for messages")
	}
	tap, err := ch.call.Tap(ctx, room.TapOptions{Mix: 250})
	if err != nil {
		return "", err
	}
	defer tap.Close()
	path := filepath.Join(ch.r.o.Messages, fmt.Sprintf("%s-%d.wav", ch.ID(), time.Now().UnixMilli()))
	f, err := sound.CreateWAV(path, messageRate)
	if err != nil {
		return "", err
	}
	said := ch.listen(ctx, tap, m, f)
	if err := f.Close(); err != nil || !said {
		return "", errors.Join(err, os.Remove(path))
	}
	return path, nil
}

// listen writes what the caller says, and tells whether that was anything.
func (ch *channel) listen(ctx context.Context, tap *room.Tap, m route.Message, f *sound.WAVFile) bool {
	ctx, stop := context.WithTimeout(ctx, m.Longest)
	defer stop()
	var pressing sync.WaitGroup
	defer pressing.Wait()
	defer stop()
	if m.Terminators != "" {
		pressing.Go(func() {
			o := bridge.CollectOptions{Max: mostKeys, Terminators: m.Terminators, FirstTimeout: m.Longest, BetweenTimeout: m.Longest}
			if got, err := ch.call.Collect(ctx, o); err == nil && got.Terminator != 0 {
				stop()
			}
		})
	}
	rates, ears := room.NewResampler(room.MixRate, messageRate), attention{message: m}
	var pcm []int16
	for {
		select {
		case <-ctx.Done():
			return ears.heard()
		case block, more := <-tap.Mix():
			if !more || ears.take(block.PCM) {
				return ears.heard()
			}
			pcm = rates.Convert(block.PCM, pcm[:0])
			f.Write(pcm)
		}
	}
}

// attention tells when somebody has said all.
type attention struct {
	message route.Message
	spoken  time.Duration // louder than silence
	silent  time.Duration // since
}

// take listens to 20 ms, and tells whether that was the end.
func (a *attention) take(pcm []int16) bool {
	if loudness(pcm) >= a.message.Threshold {
		a.spoken, a.silent = a.spoken+messageTick, 0
		return false
	}
	a.silent += messageTick
	if a.message.Silence == 0 {
		return false
	}
	if !a.heard() {
		return a.silent >= max(firstWord, a.message.Silence)
	}
	return a.silent >= a.message.Silence
}

func (a *attention) heard() bool { return a.spoken >= speech }

// loudness is the mean of what samples are without their sign, which is how FreeSWITCH counts.
func loudness(pcm []int16) int {
	sum := 0
	for _, s := range pcm {
		sum += max(int(s), -int(s))
	}
	return sum / max(len(pcm), 1)
}
