package sound

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// defaultAmplitude is 10 dB below the loudest sine.
const defaultAmplitude = 0.3

// Parse reads what to play: "sine:<Hz>[:<amplitude 0 to 1>]", "silence", "ringback:<country>", "busy:<country>" or "congestion:<country>" with an
// ISO 3166 code, or the name of a WAV, MP3 or Ogg/Opus file, looped. The error names the text.
func Parse(spec string) (Source, error) {
	if spec == "silence" {
		return Silence{}, nil
	}
	if args, ok := strings.CutPrefix(spec, "sine:"); ok {
		return parseTone(spec, args)
	}
	for _, s := range []Signal{Ringback, Busy, Congestion} {
		if country, ok := strings.CutPrefix(spec, s.String()+":"); ok {
			return NewSignal(s, country)
		}
	}
	return openFile(spec)
}

// openFile reads a file to be looped.
func openFile(spec string) (Source, error) {
	f, err := os.Open(spec)
	if err != nil {
		return nil, fmt.Errorf("play: %w", err)
	}
	defer f.Close()
	src, err := read(f, spec)
	if err != nil {
		return nil, fmt.Errorf("play %q: %w", spec, err)
	}
	src.(interface{ Loop() }).Loop()
	return src, nil
}

// read reads a file of the kind that its name says.
func read(f io.Reader, name string) (Source, error) {
	switch {
	case isOpusFile(name):
		return ReadOpus(f)
	case strings.HasSuffix(name, ".mp3"):
		return ReadMP3(f)
	}
	return ReadWAV(f)
}

var errTone = errors.New("want sine:<Hz>[:<amplitude>], 20 to 20000 Hz, amplitude 0 to 1")

func parseTone(spec, args string) (Source, error) {
	first, second, given := strings.Cut(args, ":")
	hz, err := strconv.ParseFloat(first, 64)
	amplitude := defaultAmplitude
	if given && err == nil {
		amplitude, err = strconv.ParseFloat(second, 64)
	}
	if err != nil || !(hz >= 20 && hz <= 20000) || !(amplitude >= 0 && amplitude <= 1) {
		return nil, fmt.Errorf("play %q: %w", spec, errTone)
	}
	return NewTone(hz, amplitude), nil
}
