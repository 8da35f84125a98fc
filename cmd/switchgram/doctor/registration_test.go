package doctor

import "testing"

func TestAWrongSIPPasswordIsSaid(t *testing.T) {
	s := newSetUp(t)
	s.write("sip", "a typing mistake")
	s.o.Call = "9196"
	s.finds(
		want{registered, Wrong, "wrong user name or password", "`reloadxml`"},
		want{echoed, Wrong, "403", "directory"},
	)
}
