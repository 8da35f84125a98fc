package program

import "testing"

// FuzzDirectoryEntry: whatever FreeSWITCH says of a user, nobody gets in without a password, and nothing panics.
func FuzzDirectoryEntry(f *testing.F) {
	for _, seed := range []string{
		`<user id="1000" domain-name="d"><params><param name="password" value=""/><param name="a1-hash" value="x"></param></params></user>`,
		`<user id="1000"><params/><variables><variable name="switchgram_roles" value="talk, listen"/><variable name="switchgram_numbers" value="+49* !@a*"/></variables></user>`,
		`<user id="1000"><variables><variable name="SWITCHGRAM_LINES" value=" , *"/><variable/></variables></user>`, `<user`, ``, `-ERR`, `<a>&b;</a>`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := readEntry(text)
		if err != nil {
			return
		}
		if e.admits("d", "") && valueOf(e.Params, "a1-hash") == "" {
			t.Error("without a password somebody gets in")
		}
		if u, err := e.user(); err == nil && u.Name != e.ID {
			t.Errorf("user %q is %q", e.ID, u.Name)
		}
	})
}
