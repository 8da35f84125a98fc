package doctor

import (
	"net"
	"strings"
	"testing"
)

const curlBinding = `<configuration name="xml_curl.conf"><bindings><binding name="switchgram">
<param name="gateway-url" value="http://127.0.0.1:8099/freeswitch" bindings="directory|dialplan"></param></binding></bindings></configuration>`

// withXML is a set-up that serves FreeSWITCH its XML.
func withXML(t *testing.T) *setUp {
	s := newSetUp(t)
	s.settings["xml"] = `{listen: "127.0.0.1:8099", password_file: esl}`
	s.answers["module_exists mod_xml_curl"] = "true"
	s.answers["xml_locate configuration configuration name xml_curl.conf"] = curlBinding
	return s
}

func TestABindingToUsIsFine(t *testing.T) {
	withXML(t).finds(want{curled, OK, "asks http://127.0.0.1:8099/freeswitch for directory|dialplan", ""})
}

func TestAFreeSWITCHWithoutXMLCurlIsSaid(t *testing.T) {
	s := withXML(t)
	s.answers["module_exists mod_xml_curl"] = "false"
	s.finds(want{curled, Wrong, "no mod_xml_curl", "modules.conf.xml"})
}

func TestABindingToSomebodyElseIsSaid(t *testing.T) {
	s := withXML(t)
	const place = "xml_locate configuration configuration name xml_curl.conf"
	s.answers[place] = strings.Replace(curlBinding, ":8099", ":8080", 1)
	s.finds(want{curled, Wrong, `only to ["http://127.0.0.1:8080/freeswitch"]`, "config freeswitch"})
}

func TestARunningSwitchgramThatServesNoXMLIsSaid(t *testing.T) {
	s := withXML(t)
	s.taken()
	l, err := net.Listen("tcp", "127.0.0.1:0") // a port that nobody listens at
	s.must(err)
	s.must(l.Close())
	s.settings["xml"] = strings.Replace(s.settings["xml"], "127.0.0.1:8099", l.Addr().String(), 1)
	s.answers["xml_locate configuration configuration name xml_curl.conf"] = strings.Replace(curlBinding, "127.0.0.1:8099", l.Addr().String(), 1)
	s.finds(want{curled, Wrong, "nothing listens at " + l.Addr().String(), "this configuration"})
}
