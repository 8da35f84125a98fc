package siptest

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// registering is a parsed REGISTER with these header lines.
func registering(t *testing.T, headers ...string) *sip.Request {
	t.Helper()
	text := "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5071;branch=z9hG4bK1\r\nFrom: <sip:1000@127.0.0.1>;tag=1\r\n" +
		"To: <sip:1000@127.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n" + strings.Join(append(headers, "Content-Length: 0"), "\r\n") + "\r\n\r\n"
	msg, err := sip.NewParser().ParseSIP([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return msg.(*sip.Request)
}

func TestContactsAreRead(t *testing.T) {
	for _, tt := range []struct {
		name    string
		headers []string
		uri     string
		expires int
		wrong   bool
	}{
		{name: "Expires header", headers: []string{"Contact: <sip:1000@127.0.0.1:5071>", "Expires: 120"},
			uri: "sip:1000@127.0.0.1:5071", expires: 120},
		{name: "parameter wins", headers: []string{"Contact: <sip:1000@127.0.0.1:5071;transport=tcp>;expires=60", "Expires: 120"},
			uri: "sip:1000@127.0.0.1:5071;transport=tcp", expires: 60},
		{name: "nothing said", headers: []string{"Contact: <sip:1000@127.0.0.1:5071>"}, uri: "sip:1000@127.0.0.1:5071", expires: 3600},
		{name: "a question", headers: nil},
		{name: "everything removed", headers: []string{"Contact: *", "Expires: 0"}, uri: "sip:", expires: 0},
		{name: "everything, but not removed", headers: []string{"Contact: *", "Expires: 60"}, wrong: true},
		{name: "Expires is no number", headers: []string{"Contact: <sip:1000@127.0.0.1:5071>", "Expires: soon"}, wrong: true},
		{name: "parameter is no number", headers: []string{"Contact: <sip:1000@127.0.0.1:5071>;expires=soon"}, wrong: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			uri, expires, err := readContact(registering(t, tt.headers...))
			if (err != nil) != tt.wrong {
				t.Fatalf("err %v", err)
			}
			if tt.wrong {
				return
			}
			got := ""
			if uri != nil {
				got = uri.String()
			}
			if tt.uri != "sip:" && got != tt.uri || expires != tt.expires {
				t.Errorf("%q for %d s, want %q for %d s", got, expires, tt.uri, tt.expires)
			}
		})
	}
}
