package doctor

import "testing"

func TestAnExtensionThatIsNotThereIsSaid(t *testing.T) {
	s := newSetUp(t)
	s.o.Call = "4711"
	s.finds(want{echoed, Wrong, "404", "9196 in FreeSWITCH's default dialplan"})
}

func TestAnExtensionThatIsSilentIsSaid(t *testing.T) {
	s := newSetUp(t)
	s.o.Call = "9000"
	s.finds(want{echoed, Wrong, "answered, but we heard nothing", "no packet came back"})
}
