package doctor

import (
	"testing"

	"github.com/gotd/td/session"
)

func TestALineThatNobodyHasLoggedInIsSaidWithTheCommand(t *testing.T) {
	s := newSetUp(t)
	s.o.Network.Session = func(string) session.Storage { return &session.StorageMemory{} }
	s.finds(want{telegraphed, Wrong, "line sales: ", "switchgram login -c " + s.o.Path + " -l sales"})
}

func TestALineWhoseSessionWasEndedElsewhereIsSaid(t *testing.T) {
	s := newSetUp(t)
	s.account.Revoke()
	s.finds(want{telegraphed, Wrong, "line sales: ", "switchgram login"})
}
