package testnet

import (
	"slices"
	"testing"
)

func TestMergeVersions(t *testing.T) {
	for _, c := range []struct{ a, b, want []string }{
		{[]string{"13.0.0", "9.0.0"}, []string{"9.0.0", "13.0.0"}, []string{"13.0.0"}},
		{[]string{"8.0.0", "9.0.0"}, []string{"8.0.0", "9.0.0", "13.0.0"}, []string{"9.0.0"}}, // 13 sorts before 9 as text
		{[]string{"13.0.0"}, []string{"9.0.0"}, nil},
		{nil, []string{"9.0.0", "2.4.4"}, []string{"2.4.4"}}, // apps that name no version
		{nil, []string{"9.0.0"}, nil},
	} {
		if got := mergeVersions(c.a, c.b); !slices.Equal(got, c.want) {
			t.Errorf("%v and %v have %v in common, want %v", c.a, c.b, got, c.want)
		}
	}
}
