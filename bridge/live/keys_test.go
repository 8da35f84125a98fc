package live_test

import (
	"encoding/json"
	"strings"
	"testing"

	"switchgram/bridge"
	"switchgram/bridge/live"
)

// TestKeysOfACaller are pressed as soon as the script asks for them.
func TestKeysOfACaller(t *testing.T) {
	const (
		forever = `{"type": "silence", "name": "3600000"}`
		held    = `{"httpRequest": {"url": "TOWN/hold", "timeout": 30000}}` // until the keys were pressed
	)
	for name, c := range map[string]struct{ step, keys, v, failed string }{
		"enough":                  {`{"playback": {"files": [` + forever + `], "getDigits": {"setVar": "v", "max": 3}}}`, "123", "123", ""},
		"ended by a key":          {`{"playback": {"files": [` + forever + `], "getDigits": {"setVar": "v", "max": 9, "timeout": 3600000, "terminators": "#"}}}`, "12#", "12", ""},
		"of a pattern":            {`{"playback": {"files": [` + forever + `], "getDigits": {"setVar": "v", "max": 1, "tries": 3, "regexp": "^[2-3]$"}}}`, "193", "3", ""},
		"of no pattern":           {`{"playback": {"files": [` + forever + `], "getDigits": {"setVar": "v", "max": 1, "tries": 2, "regexp": "^[2-3]$"}}}`, "19", "", ""},
		"too few":                 {`{"playback": {"files": [` + forever + `], "getDigits": {"setVar": "v", "min": 2, "max": 4, "timeout": 50}}}`, "1", "", ""},
		"none":                    {`{"playback": {"type": "silence", "name": "20", "getDigits": {"setVar": "v", "timeout": 50}}}`, "", "", "no_dtmf"},
		"none of a prompt":        {`{"playback": {"type": "silence", "name": "3600000", "terminator": "*"}}, {"setVar": "v=stopped"}`, "*", "stopped", ""},
		"of a menu":               {`{"ivr": {"greet": ` + forever + `, "options": {"1": [{"setVar": "v=one"}], "9": [{"setVar": "v=nine"}]}}}`, "9", "nine", ""},
		"of nothing in a menu":    {`{"ivr": {"greet": {"type": "silence", "name": "20"}, "tries": 2, "timeout": 50, "options": {"1": []}, "default": [{"setVar": "v=nothing"}]}}`, "5", "nothing", ""},
		"pressed before, gone":    {held + `, {"flushDTMF": true}, {"playback": {"type": "silence", "name": "20", "getDigits": {"setVar": "v", "timeout": 50}}}`, "7", "", "no_dtmf"},
		"pressed before, flushed": {held + `, {"playback": {"type": "silence", "name": "20", "getDigits": {"setVar": "v", "timeout": 50, "flushDTMF": true}}}`, "7", "", "no_dtmf"},
		"pressed before":          {held + `, {"playback": {"type": "silence", "name": "20", "getDigits": {"setVar": "v"}}}`, "7", "7", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			release := w.Hold("/hold")
			client := newClient()
			defer client.Close()
			script := `{"name": "r", "context": "public", "destination_number": ["1"], "callflow": [{"answer": ""}, {"httpRequest": {"url": "TOWN/ready"}}, ` + c.step +
				`, {"httpRequest": {"url": "TOWN/v", "data": {"v": "${v}", "error": "${last_error}"}}}]}`
			r, _ := run(t, options(folderOf(t, w.URL(), script), client))
			heard := pressed{r, make(chan struct{}, 8)}
			b, err := bridge.New(bridge.Options{Default: r, Sink: heard})
			must(t, err)
			ann, over := newCaller(), make(chan struct{})
			go func() {
				defer close(over)
				b.Handle(t.Context(), ann, bridge.Address{Scheme: "sip", User: "1000"})
			}()
			w.hears(t, "/ready")
			for _, key := range c.keys {
				ann.events <- bridge.Digit{Key: key}
				<-heard.keys
			}
			release()
			if strings.Contains(c.step, "/hold") {
				w.hears(t, "/hold")
			}
			var told struct{ V, Error string }
			must(t, json.Unmarshal(w.hears(t, "/v").Body, &told))
			if told.V != c.v || told.Error != c.failed {
				t.Errorf("%s of %q: %+v", strings.TrimSpace(c.step), c.keys, told)
			}
			<-over
		})
	}
}

// pressed tells when a key has reached the call.
type pressed struct {
	*live.Router
	keys chan struct{}
}

// Publish implements bridge.Sink.
func (p pressed) Publish(ev bridge.Event) {
	if ev.Kind == bridge.CallDigit {
		p.keys <- struct{}{}
	}
	p.Router.Publish(ev)
}
