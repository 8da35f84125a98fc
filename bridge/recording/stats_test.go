package recording

import (
	"testing"
	"time"

	"switchgram/bridge/media"
)

func TestRecordingsAreCounted(t *testing.T) {
	inBubble(t, Options{}, func(s *stage) {
		first, ann := s.begin("1-1"), newTalker(t, Left, media.PCMU)
		second := s.begin("1-2") // goes on
		if _, err := s.Begin(Call{Name: "../no"}); err == nil {
			t.Error("a strange name was taken")
		}
		talk(first, time.Second, map[*talker]float64{ann: 500})
		first.info.Lost = 3
		first.End()
		first.End()
		i, _ := s.finished()
		want := Stats{Running: 1, Begun: 2, Finished: 1, Incomplete: 1, Lost: 3, Bytes: uint64(i.Size)}
		if got := s.Stats(); got != want || got.Bytes == 0 {
			t.Errorf("counted %+v, want %+v", got, want)
		}
		second.End()
	})
}

func TestRecordingsThatFailAreCounted(t *testing.T) {
	inBubble(t, Options{}, func(s *stage) {
		free := 0
		s.onSmallDisk(&free, false)
		if _, err := s.Begin(Call{Name: "1-1"}); err == nil {
			t.Error("recorded on a full disk")
		}
		if got := s.Stats(); got != (Stats{Failed: 1}) {
			t.Errorf("counted %+v", got)
		}
	})
}
