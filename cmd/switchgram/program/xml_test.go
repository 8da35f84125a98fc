package program_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchgram/bridge/sip/siptest"
	"switchgram/cmd/switchgram/program"
	"switchgram/xml"
)

// curl asks as mod_xml_curl does.
func (h *house) curl(section, value, fields string) string {
	h.t.Helper()
	body := "hostname=fs&section=" + section + "&tag_name=&key_name=&key_value=" + value + "&" + fields
	r, err := http.NewRequestWithContext(h.ctx, http.MethodPost, "http://"+h.program.XMLAddr().String()+"/", strings.NewReader(body))
	h.must(err)
	r.SetBasicAuth("freeswitch", "of the switch")
	client := http.Client{Timeout: 20 * time.Second}
	defer client.CloseIdleConnections()
	res, err := client.Do(r)
	h.must(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	h.must(err)
	if res.StatusCode != http.StatusOK {
		h.t.Fatalf("%s: %s", res.Status, text)
	}
	return string(text)
}

// dialled is what FreeSWITCH is told to do about a call of the user's.
func (h *house) dialled(user, number string) string {
	h.t.Helper()
	return h.curl("dialplan", "", "Hunt-Context=default&Hunt-Source=mod_sofia&variable_domain_name=127.0.0.1&variable_user_name="+user+
		"&Hunt-Destination-Number="+number)
}

// wantTold fails unless every part is in the text, or not, if "!" stands before it.
func (h *house) wantTold(text string, parts ...string) {
	h.t.Helper()
	for _, p := range parts {
		part, not := strings.CutPrefix(p, "!")
		if strings.Contains(text, part) == not {
			h.t.Errorf("want %s in\n%s", p, text)
		}
	}
}

const withXML = `metrics: "127.0.0.1:0"
xml: {listen: "127.0.0.1:0", password_env: PROGRAM_TEST_XML}
users:
  - {name: "1000", a1_hash: 0123456789ABCDEF0123456789ABCDEF, lines: [second], numbers: ["+49*"]}
  - {name: bob, lines: ["*"]}`

func TestFreeSWITCHReadsLinesAndUsers(t *testing.T) {
	t.Setenv("PROGRAM_TEST_XML", "of the switch")
	h := build(t, plan{settings: withXML, lines: []string{"main", "second"}})

	// a line logs in by the password that it registers with
	login := h.curl("directory", "127.0.0.1", "action=sip_auth&sip_auth_realm=127.0.0.1&user=line-main")
	h.wantTold(login, xml.A1("line-main", "127.0.0.1", password), `name="tg_line" value="main"`, "!"+password)
	// a user by the digest of the configuration, at this domain alone
	h.wantTold(h.curl("directory", "127.0.0.1", "action=sip_auth&sip_auth_realm=127.0.0.1&user=1000"), "0123456789abcdef0123456789abcdef")
	h.wantTold(h.curl("directory", "127.0.0.1", "action=sip_auth&sip_auth_realm=voice.example&user=1000"), `id="1000"`, "!a1-hash")
	// one without a digest is left to FreeSWITCH's own directory
	h.wantTold(h.curl("directory", "127.0.0.1", "action=sip_auth&sip_auth_realm=127.0.0.1&user=bob"), "not found")

	// users have their lines and numbers, others whatever FreeSWITCH lets them
	h.wantTold(h.dialled("1000", "tg%2B4930123456"), "user/line-second@127.0.0.1", "X-TG-Dial=+4930123456")
	h.wantTold(h.dialled("1000", "tg%40ann"), "OUTGOING_CALL_BARRED", "!bridge")
	h.wantTold(h.dialled("1009", "tg%40ann"), "user/line-main@127.0.0.1", "X-TG-Dial=@ann")
	h.wantTold(h.dialled("1009", "9196"), "not found")

	h.wantScraped(scraped{
		`switchgram_xml_requests_total{result="found",section="directory"}`:     {3, 3},
		`switchgram_xml_requests_total{result="not found",section="directory"}`: {1, 1},
		`switchgram_xml_requests_total{result="found",section="dialplan"}`:      {3, 3},
	})
}

func TestCallsGoByALineThatIsFree(t *testing.T) {
	t.Setenv("PROGRAM_TEST_XML", "of the switch")
	// given two lines, of which the first is not registered
	gone, err := siptest.Start(t.Context(), siptest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	h := build(t, plan{settings: withXML, lines: []string{"main", "second"}, switches: map[string]string{"main": gone.Addr().String()}})

	h.wantTold(h.dialled("", "tg%40ann"), "user/line-second@127.0.0.1")
	// one that was asked for is kept to
	h.wantTold(h.dialled("", "tg%40ann&variable_tg_line=main"), "user/line-main@127.0.0.1")
	h.wantTold(h.dialled("", "tg%40ann&variable_tg_line=none"), "NO_ROUTE_DESTINATION")
}

func TestStaticFilesAreMadeOfTheConfiguration(t *testing.T) {
	t.Setenv("PROGRAM_TEST_SIP", "of the line")
	t.Setenv("PROGRAM_TEST_XML", "of the switch")
	t.Setenv("PROGRAM_TEST_SOCKET", "of the socket")
	text := strings.NewReplacer("user: telegram", "user: telegram, password_env: PROGRAM_TEST_SIP", "127.0.0.1:0", "0.0.0.0:5070",
		"lines:", "xml: {listen: \"127.0.0.1:8090\", password_env: PROGRAM_TEST_XML, serve: [directory, sofia.conf], sofia: {listen: \"127.0.0.1:5060\"}}\n"+
			"freeswitch: {event_socket: \"127.0.0.1:8021\", password_env: PROGRAM_TEST_SOCKET}\nlines:").Replace(right)
	config, err := program.Read("c.yaml", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, secrets := range []bool{false, true} {
		all, err := config.FreeSWITCHFiles(secrets)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, f := range all {
			b.Write(f.Text)
		}
		h := house{t: t}
		h.wantTold(b.String(), `value="127.0.0.1:5070"`, `bindings="directory|configuration"`, "http://127.0.0.1:8090/", `user id="telegram"`, `"listen-port" value="8021"`, "!of the line")
		for _, secret := range []string{xml.A1("telegram", "127.0.0.1", "of the line"), "freeswitch:of the switch", `"password" value="of the socket"`} {
			if strings.Contains(b.String(), secret) != secrets {
				t.Errorf("asked for secrets: %v; %s is in it, or not:\n%s", secrets, secret, &b)
			}
		}
	}
}

func TestEventSocketIsServedAsItIsConfigured(t *testing.T) {
	t.Setenv("PROGRAM_TEST_XML", "of the switch")
	for name, socket := range map[string]string{
		"none":              "",
		"a name":            `freeswitch: {event_socket: "localhost:1", password_env: PROGRAM_TEST_XML}`,
		"a user's password": `freeswitch: {event_socket: "127.0.0.1:1", user: bob@example.org, password_env: PROGRAM_TEST_XML}`,
	} {
		t.Setenv("PROGRAM_TEST_HASH", "0123456789abcdef")
		text := strings.Replace(right, "lines:", socket+"\nstate: "+t.TempDir()+"\nxml: {listen: \"127.0.0.1:0\", password_env: PROGRAM_TEST_XML, serve: [event_socket.conf]}\nlines:", 1)
		config, err := program.Read("c.yaml", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = program.New(config, program.Options{}); err == nil || !strings.Contains(err.Error(), "xml.serve: event_socket.conf: want freeswitch.event_socket as an IP address") {
			t.Errorf("%s: %v", name, err)
		}
	}
	h := build(t, plan{settings: "freeswitch: {event_socket: \"127.0.0.1:1\", password_env: PROGRAM_TEST_XML}\n" +
		"xml: {listen: \"127.0.0.1:0\", password_env: PROGRAM_TEST_XML, serve: [event_socket.conf]}"})
	h.wantTold(h.curl("configuration", "event_socket.conf", ""), `"listen-port" value="1"`, `"password" value="of the switch"`, "loopback.auto")
}

func TestSecretThatIsMissingIsNamed(t *testing.T) {
	text := strings.Replace(right, "lines:", "xml: {listen: \"127.0.0.1:8090\", password_env: PROGRAM_TEST_NONE}\nlines:", 1)
	config, err := program.Read("c.yaml", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	_, err = config.FreeSWITCHFiles(true)
	if err == nil || !strings.Contains(err.Error(), "c.yaml:6:47: xml.password_env: environment variable PROGRAM_TEST_NONE is not set") {
		t.Error(err)
	}
}
