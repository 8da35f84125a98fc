package doctor

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWithoutAConfigurationThereIsOneThingToSay(t *testing.T) {
	var all []Finding
	bad, err := Examine(t.Context(), Options{Path: filepath.Join(t.TempDir(), "none.yaml")}, func(f Finding) { all = append(all, f) })
	if err != nil || !bad || len(all) != 1 || !(want{configured, Wrong, "begin with a copy of switchgram.example.yaml", ""}).in(all) {
		t.Errorf("%v, %v:\n%s", bad, err, shown(all))
	}
}

func TestEveryMistakeInTheConfigurationIsSaidWithItsPlace(t *testing.T) {
	s := newSetUp(t)
	s.settings["drain"] = "-1s"
	s.settings["metrics"] = "192.0.2.1:9090"
	s.finds(want{configured, Wrong, "drain", ""}, want{configured, Wrong, "want a loopback address", ""})
}

func TestASecretThatIsNotThereOrEverybodysIsNamed(t *testing.T) {
	s := newSetUp(t)
	s.settings["freeswitch"] = "{event_socket: \"127.0.0.1:1\", password_env: SWITCHGRAM_DOCTOR_UNSET}"
	s.must(os.Chmod(filepath.Join(s.dir, "sip"), 0o644))
	s.finds(
		want{configured, Wrong, "freeswitch.password: environment variable SWITCHGRAM_DOCTOR_UNSET is not set", "same user with the same environment"},
		want{configured, Wrong, "password of line sales", "chmod 600"},
		want{socketed, Skipped, "cannot be read", ""},
	)
}
