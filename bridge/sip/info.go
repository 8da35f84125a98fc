package sip

import (
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// infoKey is how long a key is taken for that INFO does not say.
const infoKey = 160 * time.Millisecond

// onInfo takes digits told by INFO, and answers 200 whatever else it says, as RFC 6086 §4.2.2 allows.
func (d *Dialog) onInfo(c *arrival) {
	kind, _, _ := strings.Cut(either(c.req, "Content-Type", "c"), ";")
	digit, ok := parseInfo(strings.ToLower(strings.TrimSpace(kind)), string(c.req.Body()))
	if ok {
		d.emit(digit) // first: the next key may be told as soon as this is answered
	}
	c.respond(sip.StatusOK)
}

// parseInfo reads application/dtmf-relay ("Signal=5\r\nDuration=160") and application/dtmf ("5").
func parseInfo(kind, body string) (Digit, bool) {
	signal, duration := "", infoKey
	switch kind {
	case "application/dtmf":
		signal = strings.TrimSpace(body)
	case "application/dtmf-relay":
		for line := range strings.Lines(body) {
			k, v, _ := strings.Cut(line, "=")
			switch v = strings.TrimSpace(v); strings.ToLower(strings.TrimSpace(k)) {
			case "signal":
				signal = v
			case "duration":
				if ms, err := strconv.ParseUint(v, 10, 16); err == nil && ms > 0 {
					duration = time.Duration(ms) * time.Millisecond
				}
			}
		}
	}
	key, ok := infoKeys[strings.ToUpper(signal)]
	return Digit{Key: key, Duration: duration}, ok
}

// infoKeys are the spellings of keys; some telephones count * and # as 10 and 11.
var infoKeys = map[string]rune{"0": '0', "1": '1', "2": '2', "3": '3', "4": '4', "5": '5', "6": '6', "7": '7', "8": '8', "9": '9',
	"*": '*', "#": '#', "10": '*', "11": '#', "A": 'A', "B": 'B', "C": 'C', "D": 'D'}
