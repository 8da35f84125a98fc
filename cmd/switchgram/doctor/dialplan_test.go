package doctor

import (
	"encoding/xml"
	"strings"
	"testing"
)

const inDefault = "xml_locate dialplan context name default"

// extension is a dialplan of one extension with these applications.
func extension(actions ...string) string {
	return `<context name="default"><extension name="to-telegram"><condition field="destination_number" expression="^tg(.+)$">` +
		strings.Join(actions, "") + "</condition></extension></context>"
}

const (
	says    = `<action application="export" data="nolocal:sip_h_X-TG-Dial=$1"></action>`
	bridges = `<action application="bridge" data="user/telegram@127.0.0.1"></action>`
)

func TestAnExtensionThatOffersTheCallersCodecsAloneIsWarnedOf(t *testing.T) {
	s := newSetUp(t)
	s.finds(
		want{dialled, Warning, `extension "telegram" offers line sales only what the caller's telephone speaks`, "absolute_codec_string=OPUS@48000h@20i,PCMU,PCMA"},
		want{dialled, Warning, `extension "telegram_user" calls line sales and does not say whom`, "sip_h_X-TG-Dial"},
	)
	if all, _ := s.examine(); (want{dialled, Warning, `"telegram_opus"`, "before"}).in(all) {
		t.Error("an extension that does it all is complained of")
	}
}

func TestAnExtensionThatSaysAllIsFine(t *testing.T) {
	for name, actions := range map[string][]string{
		"exported":                  {says, export, bridges},
		"before the dial string":    {`<action application="bridge" data="[sip_h_X-TG-Dial=$1,absolute_codec_string=OPUS]user/telegram@127.0.0.1"></action>`},
		"by the registered contact": {says, export, `<action application="bridge" data="${sofia_contact(*/telegram@127.0.0.1)}"></action>`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetUp(t)
			s.answers[inDefault] = extension(actions...)
			s.finds(want{dialled, OK, "1 extension in context default", ""})
		})
	}
}

func TestADialplanThatCallsNoLineIsWarnedOf(t *testing.T) {
	s := newSetUp(t)
	s.answers["user_data telegram@127.0.0.1 var user_context"] = "public"
	s.finds(want{dialled, Warning, "no extension of context public calls line sales", "`switchgram config freeswitch`"})
}

func FuzzParseElement(f *testing.F) {
	for _, seed := range []string{extension(says, export, bridges), "can't find anything\n", `<?xml version="1.0" encoding="ISO-8859-1"?><a><b x="1">t</b></a>`, "<a><a></b>", "<a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e := parseElement(text)
		for _, a := range e.all("action") {
			if !strings.Contains(text, "action") {
				t.Errorf("%q has an action %v", text, a)
			}
		}
		if e.XMLName != (xml.Name{}) && !strings.Contains(text, "<") {
			t.Errorf("%q is an element", text)
		}
	})
}
