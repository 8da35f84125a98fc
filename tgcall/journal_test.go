package tgcall

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/tgerr"
)

func TestTheJournalKnowsACallBeforeItRings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		aj, bj := openJournal(t, filepath.Join(t.TempDir(), "ann")), openJournal(t, filepath.Join(t.TempDir(), "bob"))
		a, b := f.device(ann, Options{Journal: aj}), f.device(bob, Options{Journal: bj, OnCall: answerAll})
		f.delay("phone.receivedCall", time.Hour)
		f.run(func() {
			c := mustDial(t, a, bob)
			synctest.Wait()
			began := time.Unix(time.Now().Unix(), 0)
			wantLeft(t, openJournal(t, aj.file.Name()), Live{ID: c.ID(), AccessHash: hashFor(f.calls[c.ID()], ann), Outgoing: true, Began: began})
			wantLeft(t, openJournal(t, bj.file.Name()), Live{ID: c.ID(), AccessHash: hashFor(f.calls[c.ID()], bob), Began: began})
			_ = c.Discard(t.Context(), Missed)
			synctest.Wait()
			wantLeft(t, aj)
			wantLeft(t, bj)
		})
		wantSent(t, b, "phone.receivedCall")
	})
}

func TestCallsOfTheLastLifeAreEndedAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		j := openJournal(t, filepath.Join(t.TempDir(), "calls"))
		now := time.Now()
		for id, age := range map[int64]time.Duration{1: time.Minute, 2: time.Second, 3: 2 * leftFor} {
			must(t, j.Began(Live{ID: id, AccessHash: 7, Outgoing: id == 1, Began: now.Add(-age)}))
		}
		a, b := f.device(ann, Options{Journal: j}), f.device(bob, Options{OnCall: ringOn})
		f.fail("phone.discardCall", tgerr.New(400, "CALL_PEER_INVALID"), tgerr.New(500, "INTERNAL"))
		f.run(func() {
			c := mustDial(t, a, b.user) // a new one is left alone
			synctest.Wait()
			if n := a.count("phone.discardCall disconnect 0"); n != 2 {
				t.Errorf("%d calls ended, want the two of today: %q", n, a.methods())
			}
			left, _ := j.Left()
			if len(left) != 2 || left[0].ID != 2 || left[1].ID != c.ID() {
				t.Errorf("left %+v, want the one Telegram failed at and the new one", left)
			}
			_ = c.Discard(t.Context(), Missed)
		})
	})
}

func TestACallThatTelegramWasNotToldOfStaysInTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		j := openJournal(t, filepath.Join(t.TempDir(), "calls"))
		a := f.device(ann, Options{Journal: j})
		f.device(bob, Options{OnCall: ringOn})
		f.run(func() {
			c := mustDial(t, a, bob)
			f.delay("phone.discardCall", time.Hour)
			_ = c.Discard(t.Context(), Missed)
			later(time.Minute)
			if left, _ := j.Left(); len(left) != 1 || left[0].ID != c.ID() {
				t.Errorf("left %+v", left)
			}
		})
	})
}
