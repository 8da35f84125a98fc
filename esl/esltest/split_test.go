package esltest

import (
	"slices"
	"testing"
)

// What FreeSWITCH was seen to make of these.
func TestSplitsLikeFreeSWITCH(t *testing.T) {
	for _, c := range []struct {
		in        string
		delimiter byte
		most      int
		want      []string
	}{
		{"a b", ' ', 10, []string{"a", "b"}},
		{" a", ' ', 10, []string{"", "a"}},
		{"a 'b c' d", ' ', 10, []string{"a", "b c", "d"}},
		{`O\'Brien x`, ' ', 10, []string{"O'Brien", "x"}},
		{"O'Brien x", ' ', 10, []string{"O'Brien", "x"}},
		{"x a b c", ' ', 2, []string{"x", "a b c"}},
		{`foo a'b c'd`, ' ', 2, []string{"foo", "ab cd"}},
		{`foo a\sb`, ' ', 3, []string{"foo", "a b"}},
		{`foo ''`, ' ', 3, []string{"foo", ""}},
		{`a=1,b=x\,y`, ',', 10, []string{"a=1", "b=x,y"}},
		{`v=a=b`, '=', 2, []string{"v", "a=b"}},
		{`a\\b`, ',', 2, []string{`a\b`}},
		{`a\qb`, ',', 2, []string{`a\qb`}},
		{"", ',', 2, nil},
	} {
		if got := split(c.in, c.delimiter, c.most); !slices.Equal(got, c.want) {
			t.Errorf("split(%q, %q, %d) = %q, want %q", c.in, c.delimiter, c.most, got, c.want)
		}
	}
}
