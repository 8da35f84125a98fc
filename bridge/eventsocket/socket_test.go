package eventsocket

import (
	"testing"

	"switchgram/bridge"
	"switchgram/esl"
	"switchgram/esl/esltest"
)

func TestTellsThatFreeSWITCHMayHaveForgottenUs(t *testing.T) {
	h := build(t)
	next(h, h.returned)

	h.fs.Down()
	h.must(h.fs.Up())
	next(h, h.returned)

	next(h, h.ups)
	h.fs.FireNamed("CUSTOM", esltest.Header{Name: "Event-Subclass", Value: "sofia::profile_start"})
	next(h, h.returned)
}

func TestOptionsAreChecked(t *testing.T) {
	whom := func(string, string) (bridge.Address, error) { return bridge.Address{}, nil }
	for name, o := range map[string]Options{
		"nobody decides":        {Client: esl.ClientOptions{Address: "127.0.0.1:8021"}},
		"no address":            {Whom: whom},
		"password of two lines": {Whom: whom, Client: esl.ClientOptions{Address: "127.0.0.1:8021", Options: esl.Options{Password: "a\nb"}}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
