package template

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

type filter func(string) string

// plainFilters take no argument.
var plainFilters = map[string]filter{
	"uri": Query.Apply, "html": HTML.Apply, "slack": Slack.Apply, "upper": strings.ToUpper, "lower": strings.ToLower, "trim": strings.TrimSpace,
	"json": quoted, "digits": Digits, "e164": E164, "reverse": Reverse, "mask": Mask,
}

func parseFilter(s string) (filter, error) {
	name, argument, hasArgument := strings.Cut(s, ":")
	if f, ok := plainFilters[name]; ok && !hasArgument {
		return f, nil
	}
	switch name {
	case "default":
		return func(s string) string {
			if s == "" {
				return argument
			}
			return s
		}, nil
	case "left", "right":
		n, err := strconv.Atoi(argument)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("filter %s:%s: want a number of characters", name, argument)
		}
		return cut(name == "left", n), nil
	}
	return nil, fmt.Errorf("there is no filter %q", s)
}

func cut(left bool, n int) filter {
	return func(s string) string {
		r := []rune(s)
		switch {
		case len(r) <= n:
			return s
		case left:
			return string(r[:n])
		}
		return string(r[len(r)-n:])
	}
}

// quoted is the value between the quotes of a JSON text.
func quoted(s string) string {
	data, err := json.Marshal(s)
	if err != nil {
		return "" // texts can be marshalled
	}
	return string(data[1 : len(data)-1])
}

// Digits are the digits of a text.
func Digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// E164 is a number as "+" and digits, if it was written internationally: +49 30 123, 0049 30 123. Another number becomes its digits.
func E164(s string) string {
	digits := Digits(s)
	switch {
	case digits == "":
		return ""
	case strings.HasPrefix(strings.TrimSpace(s), "+"):
		return "+" + digits
	case strings.HasPrefix(digits, "00"):
		return "+" + digits[2:]
	}
	return digits
}

// Reverse is a text backwards, character by character.
func Reverse(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

// Mask hides all but the last four characters.
func Mask(s string) string {
	r := []rune(s)
	for i := range len(r) - 4 {
		r[i] = '*'
	}
	return string(r)
}
