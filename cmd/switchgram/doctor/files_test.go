package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestFilesThatOthersCanReadAreNamed(t *testing.T) {
	s := newSetUp(t)
	state := filepath.Join(s.dir, "state")
	s.must(os.WriteFile(filepath.Join(state, "sales.session"), []byte("x"), 0o644))
	s.must(os.Chmod(filepath.Join(state, "sales.session"), 0o644))
	s.must(os.Chmod(state, 0o755))
	s.finds(
		want{filed, Wrong, "others can get at " + state + " (-rwxr-xr-x)", "chmod 700 " + state},
		want{filed, Wrong, "sales.session (-rw-r--r--)", "chmod 600 "},
	)
}

func TestAStateFolderThatIsNotThereYetIsNoMistake(t *testing.T) {
	s := newSetUp(t)
	s.settings["state"] = fmt.Sprintf("%q", filepath.Join(s.dir, "later"))
	s.finds(want{filed, Skipped, "`switchgram login` makes it", ""})
}

func TestAStateFolderThatIsAFileIsAMistake(t *testing.T) {
	s := newSetUp(t)
	s.settings["state"] = fmt.Sprintf("%q", filepath.Join(s.dir, "sip"))
	s.finds(want{filed, Wrong, "is no folder", "name another"})
}
