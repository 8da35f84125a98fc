package doctor

import (
	"strings"
	"testing"
)

func TestAFreeSWITCHWithoutOpusIsSaid(t *testing.T) {
	s := newSetUp(t)
	s.answers["module_exists mod_opus"] = "false"
	s.finds(want{codecked, Warning, "no mod_opus", "load mod_opus"})
}

func TestAProfileWithoutOpusIsSaid(t *testing.T) {
	s := newSetUp(t)
	const profile = "sofia xmlstatus profile internal"
	s.answers[profile] = strings.Replace(s.answers[profile], "<outbound-codecs>OPUS,", "<outbound-codecs>", 1)
	s.finds(want{codecked, Warning, "no OPUS among its outbound codecs: G722,PCMU,PCMA", "vars.xml"})
}

func TestAProfileAtAnotherPortIsSaid(t *testing.T) {
	s := newSetUp(t)
	s.answers["sofia xmlstatus"] = capture(t, "sofia-xmlstatus.xml")
	s.finds(want{codecked, Warning, "no SIP profile at the port", "sofia status"})
}

func TestOfTwoProfilesTheOneIsTakenWhereTheLineRegisters(t *testing.T) {
	s := newSetUp(t)
	other := strings.NewReplacer("<name>internal<", "<name>internal-ipv6<", "@127.0.0.1:", "@[::1]:").Replace(s.answers["sofia xmlstatus"])
	first, _, _ := strings.Cut(other, "</profiles>")
	s.answers["sofia xmlstatus"] = strings.Replace(s.answers["sofia xmlstatus"], "<profiles>", first[strings.Index(first, "<profiles>"):], 1)
	s.finds(want{codecked, OK, "profile internal offers Opus", ""})
}
