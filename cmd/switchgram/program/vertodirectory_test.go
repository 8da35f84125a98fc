package program_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"switchgram/bridge/sip"
	"switchgram/verto/vertotest"
)

// directory is FreeSWITCH's of voice.example: users by id, as find_user_xml prints what stands within them.
type directory map[string]string

const (
	secret  = `right & <"secret">`
	granted = `<variables><variable name="effective_caller_id_name" value="Extension"/><variable name="switchgram_lines" value="main"/></variables>`
)

// withDirectory is a house whose FreeSWITCH has a directory. It tells what FreeSWITCH was asked.
func withDirectory(t *testing.T, users directory, configured string) (h *house, fs *socket, asked chan string) {
	t.Helper()
	fs, settings := openSocket(t)
	asked = make(chan string, 64)
	fs.HandleAPI("find_user_xml", func(_ context.Context, args string) string {
		asked <- args
		for id, within := range users {
			if strings.EqualFold(args, "id "+id+" voice.example") {
				return `<user id="` + id + `" domain-name="voice.example">` + within + "</user>"
			}
		}
		return "-ERR can't find user\n"
	})
	h = lay(t, plan{settings: settings + "\nverto: {listen: \"127.0.0.1:0\", login: {freeswitch: voice.example}}\nusers:" + configured})
	h.log.await(h.ctx, "users of freeswitch may log in")
	return h, fs, asked
}

func param(name, value string) string {
	return fmt.Sprintf(`<params><param name=%q value="%s"/></params>`, name, strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;").Replace(value))
}

// wantRefused has a page log in, and be told that.
func (h *house) wantRefused(name, password string, want vertotest.Error) {
	h.t.Helper()
	refused := (*vertotest.Error)(nil)
	if err := h.logIn(name, password); !errors.As(err, &refused) || refused.Code != want.Code || refused.Message != want.Message {
		h.t.Errorf("%q with %q: %v, want %v", name, password, err, &want)
	}
}

var (
	wrongLogin = vertotest.Error{Code: -32001, Message: "Authentication Failure"}
	noLogin    = vertotest.Error{Code: -32002, Message: "Login is not possible now"} // upon which pages try again
)

func TestUsersOfFreeSWITCHsDirectoryLogInWithItsPasswords(t *testing.T) {
	digest, err := sip.Digest("MD5", "1001", "voice.example", secret)
	if err != nil {
		t.Fatal(err)
	}
	h, _, _ := withDirectory(t, directory{
		"1000": param("password", secret) + granted,
		"1001": param("a1-hash", strings.ToUpper(digest)) + granted,
		"1002": `<params><param name="password" value="of the telephone"/><param name="jsonrpc-password" value="of pages"/></params>` + granted,
		"1003": param("password", "") + granted,
		"1004": param("password", secret),
		"1005": param("password", secret),
		"ann":  param("password", secret) + granted,
	}, "\n  - {name: \"1005\", lines: [main]}")

	for _, name := range []string{"1000", "1000@voice.example", "1000@Voice.Example", "1001", "1005", "ann"} {
		h.must(h.logIn(name, secret))
	}
	h.must(h.logIn("1002", "of pages"))
	h.wantRefused("1002", "of the telephone", wrongLogin)
	h.wantRefused("1000", "wrong", wrongLogin)
	h.wantRefused("1001", digest, wrongLogin)
	h.wantRefused("1003", "", wrongLogin)
	h.wantRefused("1004", secret, wrongLogin) // who has no line, here or there
	h.wantRefused("ANN", secret, wrongLogin)  // whom FreeSWITCH finds
	h.wantRefused("nobody", secret, wrongLogin)
	h.log.never("right &") // of the secret, what a log writes as it is
}

func TestUsersOfOtherDomainsAreRefused(t *testing.T) {
	h, _, asked := withDirectory(t, directory{"1000": param("password", secret) + granted}, " []")
	h.wantRefused("1000@other.example", secret, wrongLogin)
	h.log.await(h.ctx, "verto.login.freeswitch has those of voice.example")
	if len(asked) > 0 {
		t.Errorf("FreeSWITCH was asked %q", <-asked)
	}
}

func TestHostileNamesAreNoCommands(t *testing.T) {
	h, _, asked := withDirectory(t, directory{"1000": param("password", secret) + granted}, " []")
	for _, name := range []string{"1000 voice.example", "1000\n\napi hupall", "${user_data(1000 param password)}", "1000'", `10\s00`, "", "a/b", "é", strings.Repeat("9", 100)} {
		if err := h.logIn(name, secret); err == nil {
			t.Errorf("%q has logged in", name)
		}
	}
	if got := next(h, asked); got != "id "+strings.Repeat("9", 100)+" voice.example" || len(asked) > 0 {
		t.Errorf("FreeSWITCH was asked %q", got)
	}
}

func TestTheDirectorySaysWhatItsUsersMay(t *testing.T) {
	may := func(roles string) string {
		return param("password", password) + `<variables><variable name="switchgram_lines" value="main"/><variable name="switchgram_numbers" value="@a*, +49*"/>` +
			`<variable name="switchgram_roles" value="` + roles + `"/></variables>`
	}
	h, _, _ := withDirectory(t, directory{"1000": may("talk listen"), "1001": may("rule")}, " []")
	h.log.await(h.ctx, "line takes calls")
	page := h.page("1000")
	told := page.ask("jsapi", map[string]any{"command": "phone"})["message"].(map[string]any)
	if !reflect.DeepEqual(told["lines"], []any{"main"}) || !reflect.DeepEqual(told["roles"], []any{"talk", "listen"}) {
		t.Errorf("the page is told %v", told)
	}
	for to, want := range map[string]string{"@bob": "OUTGOING_CALL_BARRED", "@ann": "UNALLOCATED_NUMBER"} {
		page.dialling(pageCall+to[1:], to, nil)
		if bye := page.await("verto.bye"); bye["cause"] != want {
			t.Errorf("%s: %v", to, bye)
		}
	}
	h.wantRefused("1001", password, noLogin)
	h.log.await(h.ctx, "switchgram_roles")
}

func TestWhileFreeSWITCHIsAwayNobodyIsToldOfAWrongPassword(t *testing.T) {
	h, fs, _ := withDirectory(t, directory{"1000": param("password", secret) + granted}, " []")
	fs.Down()
	h.log.await(h.ctx, "event socket is down")
	h.wantRefused("1000", secret, noLogin)
	h.must(fs.Up())
	h.log.await(h.ctx, "users of freeswitch may log in")
	h.must(h.logIn("1000", secret))
}
