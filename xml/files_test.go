package xml

import (
	stdxml "encoding/xml"
	"io"
	"net/netip"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func setup() Setup {
	return Setup{
		Lines: []Line{
			{Name: "sales", User: "telegram", To: "1000"},
			{Name: "help-desk", User: "telegram2"},
		},
		Gateway:     "127.0.0.1:5070",
		Curl:        &Curl{URL: "http://127.0.0.1:8090/", User: "freeswitch", Sections: []string{"directory", "dialplan"}},
		EventSocket: &EventSocket{Listen: netip.MustParseAddrPort("127.0.0.1:8021")},
	}
}

func secretSetup() Setup {
	s := setup()
	s.Lines[0].Digest = A1("telegram", domain, "a secret")
	s.Curl.Password, s.EventSocket.Password = "of http", "of the socket"
	return s
}

func TestFiles(t *testing.T) {
	for _, f := range Files(setup()) {
		golden(t, filepath.Join("testdata", "files", filepath.FromSlash(f.Path)), f.Text)
		if f.Secret {
			t.Errorf("%s is secret", f.Path)
		}
	}
}

func TestFilesWithSecretsSaySo(t *testing.T) {
	secret := regexp.MustCompile(A1("telegram", domain, "a secret") + "|of http|of the socket")
	found := 0
	for _, f := range Files(secretSetup()) {
		if has := secret.Match(f.Text); has != f.Secret {
			t.Errorf("%s: has a secret: %v, says %v", f.Path, has, f.Secret)
		} else if has {
			found++
		}
	}
	if found != 3 {
		t.Errorf("%d files with secrets, want 3", found)
	}
}

// TestCommentsDoNothing: FreeSWITCH's preprocessor reads line by line and does not know comments.
func TestCommentsDoNothing(t *testing.T) {
	comments := regexp.MustCompile(`(?s)<!--.*?-->`)
	acts := regexp.MustCompile(`(?i)X-PRE-PROCESS|\$\$\{|<!--#|</?include>`)
	for _, f := range Files(setup()) {
		found := comments.FindAllString(string(f.Text), -1)
		if len(found) == 0 {
			t.Errorf("%s has no comments", f.Path)
		}
		for _, c := range found {
			if bad := acts.FindString(c); bad != "" {
				t.Errorf("%s: %q in a comment", f.Path, bad)
			}
		}
	}
}

func TestFilesAreXML(t *testing.T) {
	for _, f := range Files(secretSetup()) {
		d := stdxml.NewDecoder(strings.NewReader(string(f.Text)))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", f.Path, err)
			}
		}
	}
}

// TestDialledTextReachesNoDialString: what a caller types becomes part of "data" where FreeSWITCH would expand variables in it.
func TestDialledTextReachesNoDialString(t *testing.T) {
	for _, expression := range []string{staticName, staticNumber, staticBare, staticTrunk} {
		re := regexp.MustCompile(expression)
		for _, bad := range []string{"tg${system(id)}", "tg@ann,user/1000", "tg@ann;x", "gw-${x}", "@a'b", "tg", "gw-", "*98", "1000"} {
			if re.MatchString(bad) {
				t.Errorf("%s takes %q", expression, bad)
			}
		}
	}
}

func TestStaticAndServedDialplanTakeTheSame(t *testing.T) {
	for _, dialled := range []string{"tg#ann", "tg@ann_2", "tgann", "tg+4930123456", "tg030123456", "tg*123456789", "@ann", "+4930123456", "*123456789", "9196", "*98"} {
		want, _ := Target(dialled, false)
		got := ""
		for expression, who := range map[string]string{staticName: "@$1", staticNumber: "$1", staticBare: "$1"} {
			if m := regexp.MustCompile(expression).FindStringSubmatch(dialled); m != nil {
				got = strings.ReplaceAll(who, "$1", m[1])
			}
		}
		if got != want {
			t.Errorf("%s: files %q, served %q", dialled, got, want)
		}
	}
}
