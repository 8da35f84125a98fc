package sound

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// What a tone of TGML may be: enough for every telephone network, and no more than somebody listens to.
const (
	maxBeats = 64
	maxBeat  = time.Minute
	maxLoops = 1000
)

var errTGML = errors.New("no tone of TGML")

// ParseTGML reads a tone as FreeSWITCH's tone_stream does (Tone Generation Markup Language), as far as telephone networks use it: elements
// "%(on,off,hz)" or "%(on,off,hz,hz)" with milliseconds, separated by semicolons, and before them "L=n", how often all of them are to sound. Without
// L they sound once. The error names the text.
func ParseTGML(text string) (Source, error) {
	c, loops := &Cadence{}, 1
	for element := range strings.SplitSeq(text, ";") {
		var err error
		switch name, value, _ := strings.Cut(strings.TrimSpace(element), "="); {
		case name == "":
		case name == "L" || name == "loops":
			loops, err = strconv.Atoi(value)
		default:
			err = c.addTGML(name)
		}
		if err != nil || loops < 1 || loops > maxLoops || len(c.beats) > maxBeats {
			return nil, fmt.Errorf("tone %.60q: want L=n;%%(on,off,hz[,hz]), with milliseconds", text)
		}
	}
	if len(c.beats) == 0 {
		return nil, fmt.Errorf("tone %.60q: has no %%(on,off,hz)", text)
	}
	once := time.Duration(0)
	for _, b := range c.beats {
		once += b.d
	}
	return &limited{from: c, left: once * time.Duration(loops)}, nil
}

// addTGML adds a tone and its pause.
func (c *Cadence) addTGML(element string) error {
	inner, ok := strings.CutPrefix(strings.ReplaceAll(element, " ", ""), "%(")
	inner, closed := strings.CutSuffix(inner, ")")
	fields := strings.Split(inner, ",")
	if !ok || !closed || len(fields) < 3 || len(fields) > 4 {
		return errTGML
	}
	numbers := make([]float64, 4)
	for i, field := range fields {
		n, err := strconv.ParseFloat(field, 64)
		if err != nil || !(n >= 0) || n > float64(maxBeat.Milliseconds()) {
			return errTGML
		}
		numbers[i] = n
	}
	on, off := time.Duration(numbers[0])*time.Millisecond, time.Duration(numbers[1])*time.Millisecond
	if on <= 0 || numbers[2] < 20 || numbers[2] > 20000 || numbers[3] > 20000 {
		return errTGML
	}
	c.beats = append(c.beats, beat{hz: numbers[2], second: numbers[3], d: on})
	if off > 0 {
		c.beats = append(c.beats, beat{d: off})
	}
	return nil
}
