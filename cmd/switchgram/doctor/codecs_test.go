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
