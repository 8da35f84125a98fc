// Package dtmf makes and finds the tones of telephone digits (ITU-T Q.23). Tones plays digits, a Detector finds them in sound by the
// limits of ITU-T Q.24: all of 320 digits with noise 15 dB below them, or coded by G.711 or Opus, and none in three quarters of an hour
// of speech in five languages. Neither may be used by two goroutines at once.
package dtmf

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// Rate is that of the sound a Detector looks at, in Hz.
const Rate = 8000

// The frequencies of ITU-T Q.23 in Hz, and the digit of each row and column.
var (
	rows    = [4]float64{697, 770, 852, 941}
	columns = [4]float64{1209, 1336, 1477, 1633}
)

const keys = "123A456B789C*0#D"

// ErrDigit is in every error about a text that is not all digits.
var ErrDigit = errors.New("want digits 0 to 9, A to D, * and #")

// The usual length of a digit and of the pause after it.
const (
	DefaultOn  = 100 * time.Millisecond
	DefaultOff = 100 * time.Millisecond
)

const (
	// low and high are the peaks of the two tones: 11 and 9 dB below full scale. The high one is 2 dB louder, as telephones have it,
	// since lines weaken it more.
	low  = 0.28
	high = 0.35

	// soft is how long a tone takes to rise and to fall, so that it does not click.
	soft = 2 * time.Millisecond
)

// Tones is digits to be played, one after another.
type Tones struct {
	digits  string
	on, off time.Duration

	rate int
	at   int // sample of the digit and its pause
}

// New returns the tones of digits, each for on with a pause of off after it; 0 is the default for either.
func New(digits string, on, off time.Duration) (*Tones, error) {
	digits = strings.ToUpper(digits)
	if i := strings.IndexFunc(digits, func(r rune) bool { return !strings.ContainsRune(keys, r) }); i >= 0 || digits == "" {
		return nil, fmt.Errorf("play digits %q: %w", digits, ErrDigit)
	}
	if on <= 0 {
		on = DefaultOn
	}
	if off <= 0 {
		off = DefaultOff
	}
	return &Tones{digits: digits, on: on, off: off}, nil
}

// Fill writes the next samples at rate in Hz and returns how many there were: fewer than len(pcm) when the last pause is over.
func (t *Tones) Fill(pcm []int16, rate int) (n int) {
	if rate != t.rate && t.rate != 0 {
		t.at = t.at * rate / t.rate
	}
	t.rate = rate
	whole := t.samples(t.on) + t.samples(t.off)
	for n < len(pcm) && t.digits != "" {
		pcm[n] = t.sample()
		n++
		if t.at++; t.at >= whole {
			t.at, t.digits = 0, t.digits[1:]
		}
	}
	return n
}

func (t *Tones) samples(d time.Duration) int { return int(d * time.Duration(t.rate) / time.Second) }

func (t *Tones) sample() int16 {
	on, edge := t.samples(t.on), t.samples(soft)
	if t.at >= on {
		return 0
	}
	i := strings.IndexByte(keys, t.digits[0])
	phase := 2 * math.Pi * float64(t.at) / float64(t.rate)
	v := low*math.Sin(rows[i/4]*phase) + high*math.Sin(columns[i%4]*phase)
	if rise := min(t.at, on-t.at); rise < edge {
		v *= float64(rise) / float64(edge)
	}
	return int16(math.Round(v * math.MaxInt16))
}
