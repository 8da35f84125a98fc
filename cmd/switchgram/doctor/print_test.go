package doctor

import (
	"strings"
	"testing"
)

func TestFindingsAreALineEachAndTheRemedyStandsBelow(t *testing.T) {
	var b strings.Builder
	for _, f := range []Finding{ok(clocked, "as FreeSWITCH has it"), wrong(socketed, "password refused", "this\nor that"), skipped(stunned, "not asked for")} {
		Table(&b)(f)
	}
	const want = `ok       clock          as FreeSWITCH has it
WRONG    event socket   password refused
                        → this
                        → or that
-        stun           not asked for
`
	if b.String() != want {
		t.Errorf("\n%s", b.String())
	}
}

func TestFindingsForProgramsAreObjects(t *testing.T) {
	var b strings.Builder
	JSON(&b)(wrong(socketed, "password refused", "compare"))
	if b.String() != `{"check":"event socket","verdict":"wrong","said":"password refused","mend":"compare"}`+"\n" {
		t.Error(b.String())
	}
}
