package doctor

import "testing"

// withLogins is a set-up whose browsers log in by FreeSWITCH's directory, which knows ann.
func withLogins(t *testing.T) *setUp {
	s := newSetUp(t)
	s.settings["verto"] = `{listen: "127.0.0.1:0", login: {freeswitch: voice.example}}`
	s.settings["users"] = "[{name: ann, lines: [sales]}]"
	s.answers["find_user_xml id ann voice.example"] = `<user id="ann"><params><param name="jsonrpc-password" value="secret"/></params></user>`
	s.answers["xml_locate directory domain name voice.example"] = "can't find anything"
	s.socket.HandleAPI("find_user_xml", s.console("find_user_xml"))
	return s
}

func TestADirectoryThatKnowsWhoLogsInIsFine(t *testing.T) {
	withLogins(t).finds(want{admitted, OK, "passwords for 1 user without one here", ""})
}

func TestAUserWhomTheDirectoryDoesNotHaveIsSaid(t *testing.T) {
	s := withLogins(t)
	for _, answer := range []string{"-ERR can't find user", `<user id="ANN"><params><param name="password" value="secret"/></params></user>`} {
		s.answers["find_user_xml id ann voice.example"] = answer
		s.finds(want{admitted, Wrong, "nor is there a user ann in FreeSWITCH's directory of voice.example", `variable domain is "127.0.0.1"`})
	}
}

func TestAUserWithoutPasswordIsSaid(t *testing.T) {
	s := withLogins(t)
	s.answers["find_user_xml id ann voice.example"] = `<user id="ann"><params><param name="password" value=""/></params></user>`
	s.finds(want{admitted, Wrong, "user ann of FreeSWITCH's directory has no password", "a1-hash"})
}

func TestAnEventSocketThatMayNotAskIsSaid(t *testing.T) {
	s := withLogins(t)
	s.answers["find_user_xml id ann voice.example"] = "-ERR permission denied"
	s.finds(want{admitted, Wrong, "does not answer find_user_xml", "esl-allowed-api"})
}

func TestADirectoryThatLetsNobodyInIsSaid(t *testing.T) {
	s := withLogins(t)
	s.settings["users"] = "[]"
	s.finds(want{admitted, Warning, "gives nobody switchgram_lines", `variable domain is "127.0.0.1"`})
	s.answers["xml_locate directory domain name voice.example"] = `<domain name="voice.example"><groups><group name="default"><users><user id="1000">
<variables><variable name="switchgram_lines" value="sales"></variable></variables></user></users></group></groups></domain>`
	s.finds(want{admitted, OK, "says who else may log in", ""})
}
