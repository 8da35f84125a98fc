package sound

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Signal is a tone that a telephone network tells callers something by.
type Signal uint8

// The signals of ITU-T E.180 that a caller may be played.
const (
	Ringback   Signal = iota // the callee's telephone rings
	Busy                     // the callee is in a call
	Congestion               // the network, or a line, has no room
)

// String is how Parse spells it.
func (s Signal) String() string {
	switch s {
	case Ringback:
		return "ringback"
	case Busy:
		return "busy"
	default:
		return "congestion"
	}
}

// ErrCountry is in the error about a country whose tones we do not know.
var ErrCountry = errors.New("no tones known for this country")

// signals are the tones by ISO 3166 country code: Ringback, Busy, Congestion, as published in "Various tones used in national networks (according
// to ITU-T Recommendation E.180)", annex to ITU Operational Bulletin 781 (2003); for gb by BT SIN 350, for au by ACIF S002, for ru by
// GOST 45.223. An element is a frequency in Hz, two at once (+), or one modulated by another (*), and its milliseconds; 0 is a pause.
var signals = map[string][3]string{
	"at": {"420/1000,0/5000", "420/400,0/400", "420/200,0/200"},
	"au": {"413+438/400,0/200,413+438/400,0/2000", "425/375,0/375", "425/375,0/375,420/375,0/375"},
	"be": {"425/1000,0/3000", "425/500,0/500", "425/167,0/167"},
	"bg": {"425/1000,0/4000", "425/500,0/500", "425/250,0/250"},
	"br": {"425/1000,0/4000", "425/250,0/250", "425/250,0/250,425/750,0/250"},
	"ch": {"425/1000,0/4000", "425/500,0/500", "425/200,0/200"},
	"cn": {"450/1000,0/4000", "450/350,0/350", "450/700,0/700"},
	"cz": {"425/1000,0/4000", "425/330,0/330", "425/165,0/165"},
	"de": {"425/1000,0/4000", "425/480,0/480", "425/240,0/240"},
	"dk": {"425/1000,0/4000", "425/500,0/500", "425/200,0/200"},
	"ee": {"425/1000,0/4000", "425/300,0/300", "425/200,0/200"},
	"es": {"425/1500,0/3000", "425/200,0/200", "425/200,0/200,425/200,0/200,425/200,0/600"},
	"fi": {"425/1000,0/4000", "425/300,0/300", "425/200,0/200"},
	"fr": {"440/1500,0/3500", "440/500,0/500", "440/250,0/250"},
	"gb": {"400+450/400,0/200,400+450/400,0/2000", "400/375,0/375", "400/400,0/350,400/225,0/525"},
	"gr": {"425/1000,0/4000", "425/300,0/300", "425/200,0/200"},
	"hu": {"425/1250,0/3750", "425/300,0/300", "425/300,0/300"},
	"id": {"425/1000,0/4000", "425/500,0/500", "425/250,0/250"},
	"il": {"414/1000,0/3000", "414/500,0/500", "414/250,0/250"},
	"in": {"400*25/400,0/200,400*25/400,0/2000", "400/750,0/750", "400/250,0/250"},
	"it": {"425/1000,0/4000", "425/500,0/500", "425/200,0/200"},
	"jp": {"400*16/1000,0/2000", "400/500,0/500", "400/500,0/500"},
	"lt": {"425/1000,0/4000", "425/350,0/350", "425/200,0/200"},
	"mx": {"425/1000,0/4000", "425/250,0/250", "425/250,0/250"},
	"nl": {"425/1000,0/4000", "425/500,0/500", "425/250,0/250"},
	"no": {"425/1000,0/4000", "425/500,0/500", "425/200,0/200"},
	"nz": {"400+450/400,0/200,400+450/400,0/2000", "400/500,0/500", "400/250,0/250"},
	"pl": {"425/1000,0/4000", "425/500,0/500", "425/500,0/500"},
	"pt": {"425/1000,0/5000", "425/500,0/500", "425/200,0/200"},
	"ru": {"425/1000,0/4000", "425/350,0/350", "425/175,0/175"},
	"se": {"425/1000,0/5000", "425/250,0/250", "425/250,0/750"},
	"sg": {"425*24/400,0/200,425*24/400,0/2000", "425/750,0/750", "425/250,0/250"},
	"us": {"440+480/2000,0/4000", "480+620/500,0/500", "480+620/250,0/250"},
	"za": {"400*33/400,0/200,400*33/400,0/2000", "400/500,0/500", "400/250,0/250"},
}

const (
	// signalPeak is the peak of a tone: 10 dB below 1 mW, as E.180 §9 wants it, which is 3.14 dB below the loudest sine of G.711.
	signalPeak = 0.22

	modulation = 0.9 // depth, where one frequency modulates another
	edge       = 2 * time.Millisecond
)

// Cadence is a Source of a signal: tones and pauses again and again, without end.
type Cadence struct {
	beats []beat
	now   int // which beat
	at    int // sample of it
	rate  int
}

// A beat is one element of a cadence.
type beat struct {
	hz, second float64 // 0: none
	modulated  bool    // by the second; otherwise both sound
	d          time.Duration
}

// NewSignal returns a signal as it is in a country, by its ISO 3166 code. The error is ErrCountry.
func NewSignal(s Signal, country string) (*Cadence, error) {
	all, ok := signals[strings.ToLower(country)]
	if !ok || int(s) >= len(all) {
		return nil, fmt.Errorf("play %v of %q: %w", s, country, ErrCountry)
	}
	return newCadence(all[s]), nil
}

// newCadence is what an entry of the table says.
func newCadence(entry string) *Cadence {
	c := &Cadence{}
	for element := range strings.SplitSeq(entry, ",") {
		c.beats = append(c.beats, parseBeat(element))
	}
	return c
}

// parseBeat reads an element of the table.
func parseBeat(s string) (b beat) {
	tones, ms, _ := strings.Cut(s, "/")
	first, second, modulated := strings.Cut(tones, "*")
	if !modulated {
		first, second, _ = strings.Cut(tones, "+")
	}
	n, _ := strconv.Atoi(ms)
	b.hz, _ = strconv.ParseFloat(first, 64)
	b.second, _ = strconv.ParseFloat(second, 64)
	b.d, b.modulated = time.Duration(n)*time.Millisecond, modulated
	return b
}

// Fill goes on with the signal.
func (c *Cadence) Fill(pcm []int16, rate int) int {
	if c.rate != 0 {
		c.at = c.at * rate / c.rate
	}
	c.rate = rate
	for i := range pcm {
		b := c.beats[c.now]
		n := int(b.d * time.Duration(rate) / time.Second)
		rise := float64(min(c.at, n-c.at)) / (edge.Seconds() * float64(rate))
		pcm[i] = int16(math.Round(math.MaxInt16 * signalPeak * min(rise, 1) * b.sample(float64(c.at)/float64(rate))))
		if c.at++; c.at >= n {
			c.at, c.now = 0, (c.now+1)%len(c.beats)
		}
	}
	return len(pcm)
}

// sample is at t seconds after the beat began, -1 to 1.
func (b beat) sample(t float64) float64 {
	first, second := math.Sin(2*math.Pi*b.hz*t), math.Sin(2*math.Pi*b.second*t)
	switch {
	case b.modulated:
		return first * (1 + modulation*second) / (1 + modulation)
	case b.second != 0:
		return (first + second) / math.Sqrt2
	default:
		return first
	}
}
