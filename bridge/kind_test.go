package bridge

import (
	"slices"
	"testing"
)

func TestPatternsChooseKindsOfEvents(t *testing.T) {
	for pattern, want := range map[string][]EventKind{
		"line.*":      {LineUp, LineDown},
		"call.missed": {CallMissed},
		"*":           EventKinds,
		"call.digit":  nil, // nobody is told of keys
		"call.[":      nil,
		"":            nil,
	} {
		if got := KindsLike(pattern); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", pattern, got, want)
		}
	}
}
