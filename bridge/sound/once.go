package sound

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"time"
)

// Once reads what is to be played once, again and again: "beep", or the name of a WAV, MP3 or Ogg/Opus file. Each call of the function makes it anew, and
// all may be played at once. The error names the text.
func Once(spec string) (func() Source, error) {
	if spec == "beep" {
		return func() Source { return &limited{from: NewTone(beepHz, beepPeak), left: beepLength} }, nil
	}
	return fileMaker(spec)
}

// Again reads what is to be played without end: "chime", which is for who waits, or the name of a file. Otherwise it is as Once.
func Again(spec string) (func() Source, error) {
	if spec == "chime" {
		return func() Source { return newCadence(chime) }, nil
	}
	once, err := fileMaker(spec)
	if err != nil {
		return nil, err
	}
	return func() Source {
		src := once()
		if file, ok := src.(interface{ Loop() }); ok {
			file.Loop()
		}
		return src
	}, nil
}

// chime says every five seconds, softly, that somebody still waits: the notes of a chord, as Cadence writes them.
const chime = "523/250,659/250,784/500,0/4000"

// fileMaker reads a file once, to be played often.
func fileMaker(spec string) (func() Source, error) {
	f, err := os.Open(spec)
	if err != nil {
		return nil, fmt.Errorf("play: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxOgg))
	if err != nil {
		return nil, fmt.Errorf("play: %w", err)
	}
	if _, err := read(bytes.NewReader(text), spec); err != nil {
		return nil, fmt.Errorf("play %q: %w", spec, err)
	}
	return func() Source {
		src, err := read(bytes.NewReader(text), spec)
		if err != nil { // it was good a moment ago
			return Silence{}
		}
		return src
	}, nil
}

// The beep that tells of a recording: the pitch that 47 CFR §64.501 once asked of telephone companies in the USA, at the level of our other
// signals.
const (
	beepHz     = 1400
	beepPeak   = signalPeak
	beepLength = 400 * time.Millisecond
)

// limited is the beginning of a Source.
type limited struct {
	from Source
	left time.Duration
}

// Fill goes on with the Source, until there was enough of it.
func (l *limited) Fill(pcm []int16, rate int) int {
	n := min(len(pcm), int(l.left*time.Duration(rate)/time.Second))
	n = l.from.Fill(pcm[:n], rate)
	l.left -= time.Duration(n) * time.Second / time.Duration(rate)
	return n
}
