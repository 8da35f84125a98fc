package esltest

import (
	"context"
	"testing"
)

// TestExpandsLikeFreeSWITCH: as a FreeSWITCH 1.11 was seen to expand the argument of the application "log".
func TestExpandsLikeFreeSWITCH(t *testing.T) {
	s := start(t, Options{})
	s.HandleAPI("say", func(_ context.Context, args string) string { return "said " + args })
	c := s.NewChannel(ChannelOptions{Variables: []Header{{Name: "a", Value: "x"}, {Name: "trap", Value: "${say(caught)}"}, {Name: "b_x", Value: "deep"}}})
	for text, want := range map[string]string{
		"no variables":      "no variables",
		"${a}${a} ${none}.": "xx .",
		"${b_${a}}":         "deep",
		"${say(it ${a})}!":  "said it x!",
		"${say it}":         "said it",
		"${trap}":           "said caught", // foreign text that became a variable
		`\${a}`:             "${a}",
		`\\${a}`:            `\x`,
		`it\'s`:             "its",
		"${a":               "x",
		"costs $5":          "costs $5",
	} {
		if got := c.expand(text, 0); got != want {
			t.Errorf("%s became %q, want %q", text, got, want)
		}
	}
}
