package program_test

import (
	"strings"
	"testing"

	"switchgram/cmd/switchgram/program"
)

func TestHoldMusicThatCannotBePlayedIsFoundAtTheStart(t *testing.T) {
	t.Setenv("PROGRAM_TEST_HASH", "hash")
	for music, want := range map[string]string{"none.ogg": "hold_music: ", "chime": "", "none": ""} {
		c, err := program.Read("c.yaml", strings.NewReader(right+"\nhold_music: "+music+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		c.State = t.TempDir()
		p, err := program.New(c, program.Options{})
		switch {
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: made %v, %v", music, p, err)
		case want == "" && err != nil:
			t.Errorf("%s: %v", music, err)
		}
		if p != nil {
			_ = p.Close()
		}
	}
}
