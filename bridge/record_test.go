package bridge

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/bridge/recording"
	"switchgram/bridge/room"
)

// taped is a stage with a recorder.
func taped(t *testing.T, set func(*Options), test func(s *stage, r *recording.Recorder, dir string)) {
	t.Helper()
	dir := t.TempDir()
	r, err := recording.New(recording.Options{Directory: dir})
	if err != nil {
		t.Fatal(err)
	}
	play(t, func(o *Options) {
		o.Recorder = r
		if set != nil {
			set(o)
		}
	}, func(s *stage) { test(s, r, dir) })
}

// parrot is a stream on which a test says packets, and which counts those that are sent to it.
type parrot struct {
	sound
	mu   sync.Mutex
	on   func(*rtp.Packet)
	sent int
	next rtp.Packet
}

func (p *parrot) OnRTP(f func(*rtp.Packet)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.on = f
}

func (p *parrot) WriteRTP(*rtp.Packet) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent++
	return nil
}

// talks says packets of silence for a while.
func (p *parrot) talks(d time.Duration) {
	for range d / (20 * time.Millisecond) {
		p.mu.Lock()
		on := p.on
		p.next.Version, p.next.Payload = 2, []byte(media.OpusSilence)
		p.next.SequenceNumber++
		p.next.Timestamp += 960
		p.mu.Unlock()
		if on != nil {
			on(&p.next)
		}
		pass(20 * time.Millisecond)
	}
}

// parrotLeg is a leg whose sound is a parrot's.
type parrotLeg struct {
	*fakeLeg
	says parrot
}

func (l *parrotLeg) Media() media.Stream { return &l.says }

// talkingTo lets a caller and callee talk.
func (s *stage) talkingTo() (caller *parrotLeg, callee *fakeLeg, done <-chan Outcome) {
	caller, callee = &parrotLeg{fakeLeg: newLeg("tg", "ann")}, s.callee("sip", "1000")
	done = s.handle(caller, callee.to)
	callee.say(Ringing{}, Answered{})
	s.settle()
	return caller, callee, done
}

func TestLinesCallsAreRecordedFromTheMomentThatTwoTalk(t *testing.T) {
	taped(t, func(o *Options) { o.Record = map[string]RecordOptions{"main": {}} }, func(s *stage, r *recording.Recorder, dir string) {
		caller, callee, done := s.talkingTo()
		caller.says.talks(2 * time.Second)
		callee.leaves(NormalClearing)
		out := <-done
		if len(out.Recordings) != 1 || out.Path != "relay opus" || out.Legs[0].Quality.Room.Transcoded != 0 {
			t.Fatalf("recorded %+v, path %s", out.Recordings, out.Path)
		}
		finished, err := r.Finish(context.Background())
		if err != nil || len(finished) != 1 {
			t.Fatalf("finished %+v, %v", finished, err)
		}
		told, i := out.Recordings[0], finished[0]
		if told.Place != i.Place || i.Call != string(out.Call) || i.Line != "main" || math.Abs(i.Seconds-2) > 0.1 || told.Seconds != i.Seconds {
			t.Errorf("told %+v, finished %+v", told, i)
		}
	})
}

func TestScriptPausesTheRecordingOfItsLine(t *testing.T) {
	var began, again *Recording
	script := controllerFunc(func(ctx context.Context, c *Call) error {
		var err error
		if began, err = c.Record(ctx, RecordOptions{}); err != nil {
			return err
		}
		if again, err = c.Record(ctx, RecordOptions{}); err != nil {
			return err
		}
		_, err = c.Connect(ctx, []Address{c.To()}, ConnectOptions{})
		return err
	})
	taped(t, func(o *Options) { o.Default = script; o.Record = map[string]RecordOptions{"main": {}} }, func(s *stage, _ *recording.Recorder, dir string) {
		caller, callee, done := s.talkingTo()
		if began == nil || began != again {
			t.Fatal("the call is recorded twice")
		}
		caller.says.talks(2 * time.Second)
		began.Pause()
		pass(1500 * time.Millisecond) // what came before is written
		before := spoolSize(t, dir)
		caller.says.talks(3 * time.Second)
		if paused := spoolSize(t, dir); paused != before {
			t.Errorf("the spool grew by %d bytes in the pause", paused-before)
		}
		began.Resume()
		caller.says.talks(2 * time.Second)
		if after := spoolSize(t, dir); after < before+1000 {
			t.Errorf("the spool grew by %d bytes after the pause", after-before)
		}
		if told := began.Stop(); math.Abs(told.Paused-4.5) > 0.1 || began.Stop() != told {
			t.Errorf("told %+v", told)
		}
		stopped := spoolSize(t, dir)
		caller.says.talks(2 * time.Second)
		if now := spoolSize(t, dir); now != stopped {
			t.Errorf("the spool grew by %d bytes after its end", now-stopped)
		}
		callee.leaves(NormalClearing)
		if out := <-done; len(out.Recordings) != 1 || !out.Times.Answered() {
			t.Errorf("the call ended with %+v", out)
		}
		began.Pause() // too late, and harmless
		began.Resume()
	})
}

// controllerFunc is a Controller.
type controllerFunc func(context.Context, *Call) error

func (f controllerFunc) Control(ctx context.Context, c *Call) error { return f(ctx, c) }

func spoolSize(t *testing.T, dir string) (n int64) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "spool", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		stat, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		n += stat.Size()
	}
	return n
}

func TestCallGoesOnWhereItCannotBeRecorded(t *testing.T) {
	var log strings.Builder
	taped(t, func(o *Options) {
		o.Record = map[string]RecordOptions{"main": {}}
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
	}, func(s *stage, _ *recording.Recorder, dir string) {
		if err := os.RemoveAll(filepath.Join(dir, "spool")); err != nil {
			t.Fatal(err)
		}
		_, callee, done := s.talkingTo()
		pass(time.Second)
		callee.leaves(NormalClearing)
		out := <-done
		wantOutcome(t, out, NormalClearing, callee.id, FaultNone)
		if len(out.Recordings) != 1 || out.Recordings[0].Problem == "" {
			t.Errorf("the record says %+v", out.Recordings)
		}
		if n := strings.Count(log.String(), "the call is not recorded"); n != 1 {
			t.Errorf("said %d times: %s", n, &log)
		}
	})
}

func TestRecordIsRefusedWithoutARecorder(t *testing.T) {
	var err error
	script := controllerFunc(func(ctx context.Context, c *Call) error {
		_, err = c.Record(ctx, RecordOptions{})
		return nil
	})
	play(t, func(o *Options) { o.Default = script }, func(s *stage) {
		<-s.handle(newLeg("tg", "ann"), Address{"sip", "1000"})
		if !errors.Is(err, ErrNoRecorder) {
			t.Errorf("refused with %v", err)
		}
	})
}

func TestBothHearThatTheyAreRecorded(t *testing.T) {
	var announced silence
	taped(t, func(o *Options) {
		o.Record = map[string]RecordOptions{"main": {Announce: func() room.Source { return &announced }}}
	}, func(s *stage, r *recording.Recorder, _ string) {
		caller, callee, done := s.talkingTo()
		caller.says.talks(2 * time.Second)
		if announced.played == 0 {
			t.Error("nothing was played")
		}
		callee.leaves(NormalClearing)
		if out := <-done; !out.Recordings[0].Announced || out.Path != "relay opus" {
			t.Errorf("the record says %+v, path %s", out.Recordings, out.Path)
		}
	})
}

// silence is a short Source.
type silence struct{ played int }

func (s *silence) Fill(pcm []int16, _ int) int {
	clear(pcm)
	if s.played++; s.played > 10 {
		return 0
	}
	return len(pcm)
}
