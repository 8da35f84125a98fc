package line

import (
	"slices"
	"strings"
)

// Digits is how keys that are pressed travel over a line.
type Digits struct {
	DTMF     string `yaml:"dtmf"`     // how the switch is told of them: auto, rfc4733, info or inband; empty: auto
	Inband   string `yaml:"inband"`   // tones of the switch, where it says digits not otherwise: off or detect; empty: off
	Telegram string `yaml:"telegram"` // how people on Telegram hear of them: silence or tones; empty: silence
	Chat     string `yaml:"chat"`     // what they write during the call, if it is all digits: digits or ignore; empty: digits
}

// check completes the configuration, or reports what is wrong with it to say, by field.
func (d *Digits) check(say func(field, format string, args ...any)) {
	for _, f := range []struct {
		name  string
		value *string
		words []string // the first is meant where none is given
	}{
		{"dtmf", &d.DTMF, []string{"auto", "rfc4733", "info", "inband"}},
		{"inband", &d.Inband, []string{"off", "detect"}},
		{"telegram", &d.Telegram, []string{"silence", "tones"}},
		{"chat", &d.Chat, []string{"digits", "ignore"}},
	} {
		if *f.value == "" {
			*f.value = f.words[0]
		}
		if !slices.Contains(f.words, *f.value) {
			say("digits."+f.name, "%q: want %s", *f.value, strings.Join(f.words, ", "))
		}
	}
}
