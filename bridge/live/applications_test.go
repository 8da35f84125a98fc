package live_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/notify/notifytest"
	"switchgram/bridge/route/folder"
	"switchgram/bridge/route/numberlist"
)

// applied are steps, and what v is when they are done, on a call of Ann, +4930123456.
var applied = []struct{ steps, want string }{
	{`{"start": {}}, {"setVar": ["v=${caller_id_name}"]}`, `Ann ${x} "O'Neil`},
	{`{"setVar": {"a": "1", "all:b": "2", "nolocal:c": "3", "local:d": "4"}}, {"setVar": "v=${a}${b}${c}${d}"}`, "1234"},
	{`{"setVar": "v=x"}, {"unSet": ["v"]}`, ""},
	{`{"setArray": {"all": ["x", "y"]}}, {"setVar": "v=${all[1]}"}`, "y"},
	{`{"setVar": "w=1"}, {"exportVars": ["w"]}, {"setVar": "v=${w}"}`, "1"},
	{`{"if": {"expression": "${caller_id_number} == '+4930123456'", "then": [{"setVar": "v=then"}], "else": [{"setVar": "v=else"}]}}`, "then"},
	{`{"switch": {"variable": "${caller_id_number|left:3}", "case": {"+49": [{"setVar": "v=near"}], "default": [{"setVar": "v=far"}]}}}`, "near"},
	{`{"setVar": "v=0"}, {"while": {"condition": "${v} < 3", "do": [{"math": {"fn": "add", "data": ["${v}", 1], "setVar": "v"}}]}}`, "3"},
	{`{"goto": "on"}, {"setVar": "v=never"}, {"tag": "on", "setVar": "v=${v}on"}`, "on"},
	{`{"function": {"name": "f", "actions": [{"setVar": "v=${who}"}]}}, {"execute": {"name": "f", "args": {"who": "Bob"}}}`, "Bob"},
	{`{"schema": "other"}`, "other"},
	{`{"log": "x"}, {"log": {"level": "debug", "message": "y"}}, {"dump": {}}, {"sleep": 1}, {"softSleep": 1}, {"setVar": "v=slept"}`, "slept"},
	{`{"string": {"fn": "slice", "data": "${caller_id_number|digits}", "args": [-4], "setVar": "v"}}`, "3456"},
	{`{"string": {"fn": "HMAC-SHA256", "data": "x", "args": ["k"], "setVar": "v"}}, {"string": {"fn": "length", "data": "${v}", "setVar": "v"}}`, "64"},
	{`{"math": {"fn": "max", "data": [3, 9, 4], "setVar": "v"}}`, "9"},
	{`{"cache": {"method": "add", "key": "k", "value": "x"}}, {"cache": {"method": "get", "key": "k", "setVar": "v"}}, {"cache": {"method": "remove", "key": "k"}}`, "x"},
	{`{"timezone": "Asia/Kathmandu"}, {"setVar": "v=&strftime(%z)"}`, "+0545"},
	{`{"calendar": {"name": "always", "setVar": "v"}}`, "true"},
	{`{"calendar": {"name": "never", "extended": true, "setVar": "v"}}`, "ahead"},
	{`{"list": {"list": {"name": "vip"}, "destination": "${caller_id_number}", "actions": [{"setVar": "v=vip"}]}}`, "vip"},
	{`{"blackList": {"name": "vip", "actions": [{"setVar": "v=listed"}]}}, {"blackList": "nuisance"}`, "listed"},
	{`{"listAdd": {"list": {"name": "nuisance"}, "destination": "+15550100"}}, {"blackList": {"name": "nuisance", "number": "1 555 0100", "actions": [{"setVar": "v=added"}]}}`, "added"},
	{`{"limit": {"name": "hotline", "setVar": "v"}}`, "false"},
	{`{"if": {"expression": "&limit('hotline,1')", "then": [], "else": [{"setVar": "v=full"}]}}`, "full"},
	{`{"updateCid": {"name": "Sales", "number": "100"}}, {"setVar": "v=${effective_caller_id_name} ${effective_caller_id_number}"}`, "Sales 100"},
	{`{"updateCid": {"destination": "${caller_id_number|right:3}"}}, {"setVar": "v=${destination_number}"}`, "456"},
	{`{"userData": {"name": "101", "var": "email", "setVar": "v"}}`, "email of 101"},
	{`{"userData": {"name": "101@office.example", "var": "email", "setVar": "v"}}`, "email of 101 in office.example"},
	{`{"ringReady": {}}, {"preAnswer": {}}, {"answer": "180 Ringing"}, {"answer": "200 OK"}, {"answer": ""}, {"setVar": "v=answered"}`, "answered"},
	{`{"flushDTMF": true}, {"playback": {"type": "silence", "name": "20"}}, {"playback": {"files": [{"type": "tone", "name": "%(20,0,800)"}]}}, {"setVar": "v=played"}`, "played"},
	{`{"httpRequest": {"url": "TOWN/ask", "responseCode": "local:code", "exportVariables": {"v": "rows.#(n==2).name"}}}`, "Bob"},
	{`{"trigger": {"disconnected": [{"httpRequest": {"url": "TOWN/triggered"}}]}}, {"setVar": "v=set"}`, "set"},
}

// neighbours are all ours, and have all variables.
type neighbours struct{}

// UserData implements route.Directory.
func (neighbours) UserData(domain, user, variable string) (string, bool) {
	if domain != "" {
		user += " in " + domain
	}
	return variable + " of " + user, true
}

// TestWhatApplicationsDoToACall that runs: after the steps, which end well, v is what is wanted.
func TestWhatApplicationsDoToACall(t *testing.T) {
	w := newTown(t)
	w.Say("/ask", notifytest.Answer{Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"rows": [{"n": 1, "name": "Ann"}, {"n": 2, "name": "Bob"}]}`})
	var steps []string
	for i, one := range applied {
		steps = append(steps, `{"setVar": ["v=", "local:last_error="]}`, one.steps,
			fmt.Sprintf(`{"httpRequest": {"url": "TOWN/row", "data": {"row": "%d", "v": "${v}", "error": "${last_error}"}}}`, i))
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.json":                `{"name": "r", "context": "public", "destination_number": ["1"], "callflow": [` + strings.Join(steps, ", ") + `, {"break": true}, {"httpRequest": {"url": "TOWN/never"}}]}`,
		"b.json":                `{"name": "other", "context": "private", "callflow": [{"setVar": "v=other"}]}`,
		"calendars/always.json": `{"name": "always", "timezone": "Europe/Kyiv", "accept": [{"days": [1,2,3,4,5,6,7], "start": "00:00", "end": "24:00"}]}`,
		"calendars/never.json":  `{"name": "never", "timezone": "Europe/Kyiv", "from": "2999-01-01", "accept": []}`,
		"lists/vip.txt":         "+4930123456\n", "lists/nuisance.txt": "+15550199\n", "limits.json": `{"hotline": 1}`,
	} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(replaced(text, w.URL())), 0o600))
	}
	f, err := folder.Open(dir, folder.Options{})
	must(t, err)
	client := newClient()
	defer client.Close()
	o := options(f, client)
	o.Scripts.Lists, err = numberlist.OpenKeeper(t.TempDir(), nil)
	must(t, err)
	o.Scripts.Directory = neighbours{}
	r, _ := run(t, o)
	b, err := bridge.New(bridge.Options{Default: r, Sink: r})
	must(t, err)

	b.Handle(t.Context(), newCaller(), bridge.Address{Scheme: "sip", User: "1000"})

	for i, one := range applied {
		if strings.Contains(one.steps, "TOWN/ask") {
			w.hears(t, "/ask")
		}
		var told struct{ Row, V, Error string }
		must(t, json.Unmarshal(w.hears(t, "/row").Body, &told))
		if told.Row != fmt.Sprint(i) || told.V != one.want || told.Error != "" {
			t.Errorf("%s\n%+v, want %q", one.steps, told, one.want)
		}
	}
	w.hears(t, "/triggered")
}

// TestStringsOnACall goes through every fn, of a name that is not of ASCII.
func TestStringsOnACall(t *testing.T) {
	for fn, c := range map[string]struct{ args, want string }{
		"length": {`[]`, "9"}, "indexOf": {`["л"]`, "1"}, "lastIndexOf": {`["a"]`, "8"}, "search": {`["/[a-z]/"]`, "7"}, "slice": {`[-3]`, "Ola"},
		"substring": {`[3, 1]`, "ль"}, "substr": {`[1, 2]`, "ль"}, "replace": {`["/[а-я]/g", "."]`, "О.... Ola"}, "toUpperCase": {`[]`, "ОЛЬГА OLA"},
		"toLowerCase": {`[]`, "ольга ola"}, "trim": {`[]`, "Ольга Ola"}, "charAt": {`[99]`, ""}, "charCodeAt": {`[0]`, "1054"}, "split": {`[" ", 1]`, "Ola"},
		"reverse": {`[]`, "alO агьлО"}, "base64": {`["encoder"]`, "0J7Qu9GM0LPQsCBPbGE="}, "MD5": {`[]`, "935a593758764ed7fe4e85d73384c363"},
	} {
		got := spoken(t, fmt.Sprintf(`{"string": {"fn": %q, "data": "Ольга Ola", "args": %s, "setVar": "v"}}`, fn, c.args))
		if got != c.want {
			t.Errorf("%s%s is %q, want %q", fn, c.args, got, c.want)
		}
	}
}

// spoken runs steps on a call, and returns what v is then.
func spoken(t *testing.T, steps string) string {
	t.Helper()
	w := newTown(t)
	client := newClient()
	defer client.Close()
	script := `{"name": "r", "context": "public", "destination_number": ["1"], "callflow": [` + steps + `, {"httpRequest": {"url": "TOWN/v", "data": {"v": "${v}"}}}]}`
	r, stop := run(t, options(folderOf(t, w.URL(), script), client))
	defer stop()
	b, err := bridge.New(bridge.Options{Default: r, Sink: r})
	must(t, err)
	b.Handle(t.Context(), newCaller(), bridge.Address{Scheme: "sip", User: "1000"})
	var told struct{ V string }
	must(t, json.Unmarshal(w.hears(t, "/v").Body, &told))
	return told.V
}

// TestHangupWordsOnACall: names of FreeSWITCH's and numbers of Q.850.
func TestHangupWordsOnACall(t *testing.T) {
	for text, want := range map[string]bridge.Cause{
		`"USER_BUSY"`: bridge.UserBusy, `21`: bridge.CallRejected, `{"cause": "NO_ANSWER"}`: bridge.NoAnswer, `{}`: bridge.NormalClearing, `"ALLOTTED_TIMEOUT"`: bridge.NoAnswer,
	} {
		script := `{"name": "r", "context": "public", "destination_number": ["1"], "callflow": [{"hangup": ` + text + `}, {"answer": ""}]}`
		r, stop := run(t, options(folderOf(t, "", script), nil))
		b, err := bridge.New(bridge.Options{Default: r, Sink: r})
		must(t, err)
		if out := b.Handle(t.Context(), newCaller(), bridge.Address{Scheme: "sip", User: "1000"}); out.Cause != want {
			t.Errorf("hangup %s: %s, want %s", text, out.Cause, want)
		}
		stop()
	}
}

// TestACallEndsWhenItsScriptHasSaid, in the middle of whatever goes on then.
func TestACallEndsWhenItsScriptHasSaid(t *testing.T) {
	for _, step := range []string{`{"scheduleHangup": {"seconds": 1, "cause": "USER_BUSY"}}`, `{"schedule": {"action": "hangup", "seconds": 1, "data": "USER_BUSY"}}`} {
		script := `{"name": "r", "context": "public", "destination_number": ["1"], "callflow": [{"answer": ""}, {"scheduleHangup": 3600}, ` + step + `, {"sleep": 3600000}]}`
		r, stop := run(t, options(folderOf(t, "", script), nil))
		b, err := bridge.New(bridge.Options{Default: r, Sink: r})
		must(t, err)
		began := time.Now()
		out := b.Handle(t.Context(), newCaller(), bridge.Address{Scheme: "sip", User: "1000"})
		if took := time.Since(began); out.Cause != bridge.UserBusy || took < time.Second {
			t.Errorf("%s: %s after %s", step, out.Cause, took)
		}
		stop()
	}
}

// TestCookiesAreKeptForAsLongAsTheScriptSays asks with those of the answer before, or without.
func TestCookiesAreKeptForAsLongAsTheScriptSays(t *testing.T) {
	const script = `{"name": "r", "context": "public", "destination_number": ["1"], "callflow": [
		{"httpRequest": {"url": "TOWN/login", "cookieJar": "long"}}, {"httpRequest": {"url": "TOWN/login", "cookieJar": "short", "ttl": 1}}, {"sleep": 1100},
		{"httpRequest": {"url": "TOWN/long", "cookieJar": "long"}}, {"httpRequest": {"url": "TOWN/short", "cookieJar": "short"}}]}`
	w := newTown(t)
	w.Say("/login", notifytest.Answer{Header: http.Header{"Set-Cookie": {"session=7"}}})
	client := newClient()
	defer client.Close()
	r, _ := run(t, options(folderOf(t, w.URL(), script), client))
	b, err := bridge.New(bridge.Options{Default: r, Sink: r})
	must(t, err)
	b.Handle(t.Context(), newCaller(), bridge.Address{Scheme: "sip", User: "1000"})
	var cookies []string
	for _, path := range []string{"/login", "/login", "/long", "/short"} {
		cookies = append(cookies, w.hears(t, path).Header.Get("Cookie"))
	}
	if !slices.Equal(cookies, []string{"", "", "session=7", ""}) {
		t.Errorf("asked with %q", cookies)
	}
}
