package program_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchgram/bridge/sip"
	"switchgram/cmd/switchgram/program"
)

const exampleFile = "../../../switchgram.example.yaml"

func TestExampleConfigurationIsOne(t *testing.T) {
	c, err := program.Load(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	l, err := c.Line("")
	if err != nil {
		t.Fatal(err)
	}
	if l.Name != "sales" || l.To.String() != "sip:1000" || l.SIP.PasswordEnv != "SALES_SIP_PASSWORD" || len(l.Allow) != 3 || l.MaxCalls != 1 {
		t.Errorf("its line is %+v", l.Config)
	}
	if len(c.SIP.Listen) != 2 || c.SIP.RTPPorts != (program.RTPPorts{Range: sip.PortRange{Low: 14000, High: 14999}}) || c.Drain != 30*time.Second || c.RingTimeout != time.Minute {
		t.Errorf("it says %+v", c)
	}
}

// right is a configuration without mistakes; the tests put some in.
const right = `telegram:
  api_id: 12345
  api_hash_env: PROGRAM_TEST_HASH
sip:
  listen: ["udp:127.0.0.1:0"]
lines:
  - name: sales
    sip: {registrar: "127.0.0.1:5060", user: telegram}
    to: sip:1000
`

// mistakes are what can be wrong with a configuration, and how the errors begin.
var mistakes = map[string]struct {
	from, to string // a change of right
	want     []string
}{
	"nothing at all": {right, "# nothing\n", []string{
		`c.yaml:1:1: telegram.api_id: want the number that https://my.telegram.org shows under "API development tools"`,
		`c.yaml:1:1: telegram.api_hash_env: want the name of the environment variable that holds api_hash (or api_hash_file in its place)`,
		`c.yaml:1:1: sip.listen: want an address to listen on, such as ["udp:127.0.0.1:5080"]`,
		`c.yaml:1:1: lines: want at least one`}},
	"misspelt key":       {"api_id:", "apiid:", []string{`c.yaml:2:3: telegram: unknown key "apiid"; did you mean "api_id"?`}},
	"secret in the file": {"api_hash_env: PROGRAM_TEST_HASH", "api_hash: 0123456789abcdef", []string{`c.yaml:3:3: telegram: unknown key "api_hash"; known are api_hash_env, api_hash_file, api_id, proxy, proxy_secret_env, proxy_secret_file`}},
	"no number":          {"12345", "mine", []string{`c.yaml:2:11: telegram.api_id: "mine": want a whole number`}},
	"two secrets":        {"sip:\n", "  api_hash_file: x\nsip:\n", []string{`c.yaml:3:17: telegram.api_hash_env: stands beside api_hash_file; want one of them`}},
	"two of one network": {`["udp:127.0.0.1:0"]`, `["udp:127.0.0.1:5080", "tcp:127.0.0.1:5080", "udp:127.0.0.2:5080"]`, []string{
		`c.yaml:5:56: sip.listen[2]: udp listens on 127.0.0.1:5080 already; want one address of each network`}},
	"no port":            {"udp:127.0.0.1:0", "udp:127.0.0.1", []string{`c.yaml:5:12: sip.listen[0]: "udp:127.0.0.1": want udp:, tcp: or tls:, an IP address and a port, such as udp:127.0.0.1:5080 or tcp:[::1]:5080`}},
	"host to listen on":  {"udp:127.0.0.1:0", "udp:localhost:5080", []string{`c.yaml:5:12: sip.listen[0]: "udp:localhost:5080": want udp:, tcp: or tls:, an IP address`}},
	"tls":                {"udp:127.0.0.1:0", "tls:127.0.0.1:5061", []string{`c.yaml:5:3: sip.tls.certificate: missing: who connects by TLS wants to see one`}},
	"half a pair":        {"sip:\n", "sip:\n  tls: {key: x}\n", []string{`c.yaml:5:8: sip.tls.certificate: want certificate and key, or neither`}},
	"trust in two":       {"sip:\n", "sip:\n  tls: {ca: x, insecure: true}\n", []string{`c.yaml:5:26: sip.tls.insecure: stands beside ca; want one of them`}},
	"digest":             {"sip:\n", "sip:\n  digest: [MD5, SHA-1]\n", []string{`c.yaml:5:17: sip.digest[1]: "SHA-1": want MD5 or SHA-256`}},
	"session":            {"sip:\n", "sip:\n  session_expires: 10s\n", []string{`c.yaml:5:20: sip.session_expires: 10s: want 1m30s or more`}},
	"a line's port":      {"user: telegram", "user: telegram, listen: [\"udp:5080\"]", []string{`c.yaml:8:64: lines[0].sip.listen: "udp:5080": want udp:, tcp: or tls:`}},
	"a line's tls port":  {"user: telegram", "user: telegram, listen: [\"tls:127.0.0.1:0\"]", []string{`c.yaml:8:64: lines[0].sip.listen: tls: want sip.tls.certificate`}},
	"nobody to ring":     {"registrar: \"127.0.0.1:5060\", ", "", []string{`c.yaml:9:9: lines[0].to: "sip:1000": without a registrar, want a user who has a sip_digest`}},
	"proxy of nothing":   {"registrar: \"127.0.0.1:5060\"", "proxy: \"10.0.0.1:5060\"", []string{`c.yaml:9:9: lines[0].to: `, `c.yaml:8:18: lines[0].sip.proxy: stands without a registrar`}},
	"proxy":              {"user: telegram", "user: telegram, proxy: \"a b\"", []string{`c.yaml:8:63: lines[0].sip.proxy: "a b": want host:port, or a SIP URI`}},
	"not a list":         {`["udp:127.0.0.1:0"]`, `udp:127.0.0.1:0`, []string{`c.yaml:5:11: sip.listen: "udp:127.0.0.1:0": want a list, such as [a, b]`}},
	"ports":              {"sip:\n", "sip:\n  rtp_ports: many\n", []string{`c.yaml:5:14: sip.rtp_ports: "many": want LOW-HIGH, such as 14000-14999, or one port`}},
	"no port for RTCP":   {"sip:\n", "sip:\n  rtp_ports: 65535\n", []string{`c.yaml:5:14: sip.rtp_ports: "65535": want LOW-HIGH`}},
	"ports backwards":    {"sip:\n", "sip:\n  rtp_ports: 14999-14000\n", []string{`c.yaml:5:14: sip.rtp_ports: "14999-14000": want LOW-HIGH`}},
	"network":            {"sip:\n", "sip:\n  allow: [192.0.2.1]\n", []string{`c.yaml:5:11: sip.allow[0]: `}},
	"verto in the open":  {"sip:\n", "verto: {listen: \"0.0.0.0:8082\"}\nsip:\n", []string{`c.yaml:4:17: verto.listen: 0.0.0.0:8082: browsers give no microphone to pages without TLS; want a loopback address, or certificate and key, or plain: true behind a proxy that has TLS`}},
	"verto's origin":     {"sip:\n", "verto: {origins: [\"phone.example\"]}\nsip:\n", []string{`c.yaml:4:19: verto.origins[0]: "phone.example": want scheme and host, such as https://phone.example.org`}},
	"verto's ice server": {"sip:\n", "verto: {ice_servers: [{url: stun.example.org}]}\nsip:\n", []string{`c.yaml:4:29: verto.ice_servers[0].url: "stun.example.org": want stun:, turn: or turns:, and a host, such as stun:stun.example.org:3478`}},
	"page of nobody":     {"to: sip:1000", "to: verto:eve", []string{`c.yaml:9:9: lines[0].to: "verto:eve": there is no such user`}},
	"address":            {"sip:\n", "sip:\n  advertise: me.example.org\n", []string{`c.yaml:5:14: sip.advertise: `}},
	"two addresses":      {"telegram:", "media: {advertise: [192.0.2.1, 192.0.2.2]}\ntelegram:", []string{`c.yaml:1:32: media.advertise[1]: "192.0.2.2": want one address of each family`}},
	"no network":         {"telegram:", "media: {avoid: [10.0.0.0/99]}\ntelegram:", []string{`c.yaml:1:17: media.avoid[0]: "10.0.0.0/99": want the name of a network interface, an address, or a network such as 10.0.0.0/8`}},
	"no unit":            {"telegram:", "drain: 30\ntelegram:", []string{`c.yaml:1:8: drain: "30": want a duration, such as 30s or 5m`}},
	"past":               {"telegram:", "drain: -1s\nring_timeout: -2s\ntelegram:", []string{`c.yaml:1:8: drain: -1s: want a time to come`, `c.yaml:2:15: ring_timeout: -2s: want a time to come`}},
	"metrics for all":    {"telegram:", "metrics: 0.0.0.0:9464\ntelegram:", []string{`c.yaml:1:10: metrics: "0.0.0.0:9464": want a loopback address, such as 127.0.0.1:9090`}},
	"metrics nowhere":    {"telegram:", "metrics: localhost:9464\ntelegram:", []string{`c.yaml:1:10: metrics: `}},
	"unknown scheme":     {"to: sip:1000", "to: sips:1000", []string{`c.yaml:9:9: lines[0].to: "sips:1000": want sip:EXTENSION`}},
	"no scheme":          {"to: sip:1000", "to: 1000", []string{`c.yaml:9:9: lines[0].to: address "1000": want scheme:user, such as tg:@ann or sip:1000`}},
	"nowhere to ring":    {"    to: sip:1000\n", "", []string{`c.yaml:7:5: lines[0].to: missing: whom do calls from Telegram ring? Such as sip:1000`}},
	"pattern":            {"to: sip:1000", "to: sip:1000\n    allow: [\"+49*\", \"4*9\"]", []string{`c.yaml:10:21: lines[0].allow[1]: pattern "4*9": a star may stand only at the end`}},
	"media":              {"to: sip:1000", "to: sip:1000\n    media: fast", []string{`c.yaml:10:12: lines[0].media: "fast": want direct or relay`}},
	"country":            {"to: sip:1000", "to: sip:1000\n    country: Germany", []string{`c.yaml:10:14: lines[0].country: "Germany": want a country in two capital letters, such as DE`}},
	"nobody's secret":    {"sip:\n", "  proxy_secret_env: X\nsip:\n", []string{`c.yaml:2:3: telegram.proxy: missing: whose secret is that?`}},
	"two of a proxy":     {"sip:\n", "  proxy: socks5://a:1\n  proxy_secret_env: X\n  proxy_secret_file: x\nsip:\n", []string{`c.yaml:5:21: telegram.proxy_secret_env: stands beside proxy_secret_file; want one of them`}},
	"transport":          {"user: telegram", "user: telegram, transport: sctp", []string{`c.yaml:8:67: lines[0].sip.transport: "sctp": want udp, tcp or tls`}},
	"srtp":               {"user: telegram", "user: telegram, srtp: sdes", []string{`c.yaml:8:62: lines[0].sip.srtp: "sdes": want off, optional or required`}},
	"user":               {"user: telegram", "user: \"tele gram\"", []string{`c.yaml:8:46: lines[0].sip.user: "tele gram": want the user that the switch knows us by`}},
	"same name twice":    {"lines:\n", "lines:\n  - {name: sales, to: \"sip:1\", sip: {registrar: b, user: u}}\n", []string{`c.yaml:8:11: lines[1].name: "sales": there is another line of that name`}},
	"same user twice": {"lines:\n", "lines:\n  - {name: first, to: \"sip:1\", sip: {registrar: b, user: telegram}}\n", []string{
		`c.yaml:9:46: lines[1].sip.user: "telegram": line first has that user at another registrar; calls to the two could not be told apart`}},
	"password in place of hash": {"lines:", "users: [{name: bob, password: hunter2}]\nlines:", []string{`c.yaml:6:31: users[0].password: password hash: want $argon2id$… or $2y$… (never the password itself)`}},
	"line of a user":            {"lines:", "users: [{name: bob, lines: [sale]}]\nlines:", []string{`c.yaml:6:29: users[0].lines[0]: "sale": no such line`}},
	"xml for all":               {"lines:", "xml: {listen: \"0.0.0.0:8090\", password_env: X}\nlines:", []string{`c.yaml:6:15: xml.listen: 0.0.0.0:8090: digests of passwords are told there; want a loopback address, or certificate and key`}},
	"xml for nobody":            {"lines:", "xml: {listen: \"127.0.0.1:8090\", certificate: x}\nlines:", []string{`c.yaml:6:46: xml.certificate: want certificate and key`, `c.yaml:6:6: xml.password_env: want password_env or password_file`}},
	"xml nowhere":               {"lines:", "xml: {serve: [directory]}\nlines:", []string{`c.yaml:6:6: xml.listen: missing: where does FreeSWITCH ask? Such as 127.0.0.1:8090`}},
	"xml of what": {"lines:", "xml: {listen: \"127.0.0.1:8090\", password_env: X, serve: [directory, sofia, verto.conf], scripts: {numbers: [\"3500\"]}}\nlines:", []string{
		`c.yaml:6:69: xml.serve[1]: "sofia": want directory, dialplan, sofia.conf, verto.conf, event_socket.conf`, `c.yaml:6:6: xml.verto.listen: want FreeSWITCH's own address and port`,
		`c.yaml:6:98: xml.scripts.socket: "": want the host and port of an outbound event socket, such as 127.0.0.1:8084`}},
	"a1 in another form": {"lines:", "users: [{name: bob, a1_hash: hunter2}]\nlines:", []string{`c.yaml:6:30: users[0].a1_hash: want 32 hexadecimal digits`}},
	"event socket nowhere": {"lines:", "freeswitch: {event_socket: freeswitch, password_env: X}\nlines:", []string{
		`c.yaml:6:28: freeswitch.event_socket: "freeswitch": want host and port, such as 127.0.0.1:8021`}},
	"event socket without a password": {"lines:", "freeswitch: {event_socket: \"127.0.0.1:8021\"}\nlines:", []string{
		`c.yaml:6:13: freeswitch.password_env: want password_env or password_file: what event_socket.conf.xml has`}},
	"three at once": {"telegram:\n  api_id: 12345", "foo: bar\ntelegram:\n  hash: y\n  api_id: x", []string{`c.yaml:1:1: unknown key "foo"`, `c.yaml:3:3: telegram: unknown key "hash"`, `c.yaml:4:11: telegram.api_id`}},
	"tab":           {"  api_id", "\tapi_id", []string{`c.yaml:2:1: not YAML: found character that cannot start any token (a tab? YAML is indented with spaces)`}},
}

func TestMistakesAreNamedByLineAndColumn(t *testing.T) {
	for name, c := range mistakes {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(right, c.from, c.to, 1)
			if text == right {
				t.Fatal("nothing was changed")
			}
			_, err := program.Read("c.yaml", strings.NewReader(text))
			if err == nil {
				t.Fatal("it was taken")
			}
			got := strings.Split(err.Error(), "\n")
			for i, want := range c.want {
				if i >= len(got) || !strings.HasPrefix(got[i], want) {
					t.Errorf("got\n%s\nwant\n%s", err, strings.Join(c.want, "\n"))
					break
				}
			}
			if len(got) > len(c.want) {
				t.Errorf("got too much:\n%s", err)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows a password: %v", err)
			}
		})
	}
}

func TestMissingConfigurationSaysWhereToBegin(t *testing.T) {
	_, err := program.Load(filepath.Join(t.TempDir(), "none.yaml"))
	if err == nil || !strings.Contains(err.Error(), "none.yaml: begin with a copy of switchgram.example.yaml") {
		t.Errorf("got %v", err)
	}
}

func TestLineIsChosenByName(t *testing.T) {
	c, err := program.Read("c.yaml", strings.NewReader(right+`  - {name: support, to: "sip:1001", sip: {registrar: b, user: u}}`))
	if err != nil {
		t.Fatal(err)
	}
	if l, err := c.Line("support"); err != nil || l.Name != "support" {
		t.Errorf("got %v, %v", l, err)
	}
	for name, want := range map[string]string{"": "which line? Choose one with -l: sales, support", "sale": `there is no line "sale"; there are: sales, support`} {
		if _, err := c.Line(name); err == nil || err.Error() != want {
			t.Errorf("line %q: %v, want %s", name, err, want)
		}
	}
}

// folder has the configuration in it, with a change, and a good secret.
func folder(t *testing.T, from, to string) *program.Config {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "secret"), "hunter2", 0o600)
	write(t, filepath.Join(dir, "c.yaml"), strings.Replace(strings.Replace(right, "api_hash_env: PROGRAM_TEST_HASH", "api_hash_file: secret", 1), from, to, 1), 0o644)
	c, err := program.Load(filepath.Join(dir, "c.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil { // whatever the umask is
		t.Fatal(err)
	}
}

func TestSecretsThatAreNotThereAreNamed(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"variable":    {"api_hash_file: secret", "api_hash_env: PROGRAM_TEST_NOT_SET", "c.yaml:3:17: telegram.api_hash_env: environment variable PROGRAM_TEST_NOT_SET is not set"},
		"file":        {"api_hash_file: secret", "api_hash_file: nowhere", "nowhere: no such file or directory"},
		"of a line":   {"user: telegram", "user: telegram, password_env: PROGRAM_TEST_NOT_SET", "c.yaml:8:70: lines[0].sip.password_env: environment variable PROGRAM_TEST_NOT_SET is not set"},
		"line's file": {"user: telegram", "user: telegram, password_file: /dev/null", "lines[0].sip.password_file: secret: /dev/null is not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := program.New(folder(t, c.from, c.to), program.Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if err == nil {
				_ = p.Close()
			}
		})
	}
}

func TestSecretThatOthersCanReadIsRefused(t *testing.T) {
	c := folder(t, "", "")
	write(t, c.Telegram.APIHashFile, "hunter2", 0o644)
	if _, err := program.New(c, program.Options{}); err == nil || !strings.Contains(err.Error(), "secret: others can read it; chmod 600") {
		t.Errorf("got %v", err)
	}
}

func TestTakenAddressIsToldAtTheStart(t *testing.T) {
	first, err := program.New(folder(t, "", ""), program.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	_, err = program.New(folder(t, "127.0.0.1:0", first.SIPAddr("udp").String()), program.Options{})
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("got %v", err)
	}
}

func FuzzRead(f *testing.F) {
	example, err := os.ReadFile(exampleFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(example))
	f.Add(right)
	f.Add("lines: &a [*a]\nusers: *a\n")
	f.Add("lines: [{name: x, sip: {user: \"\\0\"}, allow: [\"!\", '**', x*]}]\nsip: {listen: [udp:], rtp_ports: 1-0}")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := program.Read("c.yaml", strings.NewReader(text))
		if err != nil && !strings.HasPrefix(err.Error(), "c.yaml:") {
			t.Errorf("an error without a place: %v", err)
		}
		if err == nil {
			_, _ = c.Line("")
		}
	})
}
