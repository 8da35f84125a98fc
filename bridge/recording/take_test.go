package recording

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchgram/bridge/media"
	"switchgram/bridge/room"
)

// victimEnv names the directory in which a process records that is to be killed.
const victimEnv = "SWITCHGRAM_TEST_RECORD_IN"

// beKilled records three seconds, writes what it has, says so, and waits.
func beKilled(dir string) {
	t := &testing.T{}
	r, err := New(Options{Directory: dir})
	if err != nil {
		panic(err)
	}
	began := time.Now().Add(-4 * time.Second)
	take, err := r.Begin(Call{Name: "1-1", Began: began})
	if err != nil {
		panic(err)
	}
	ann, bob := newTalker(t, Left, media.Opus), newTalker(t, Right, media.PCMA)
	for n := range 200 {
		for k, hz := range map[*talker]float64{ann: 500, bob: 1100} {
			p := k.packet(hz)
			p.At = began.Add(time.Duration(n) * 20 * time.Millisecond)
			take.Packet(k.side, p)
		}
		if n == 149 {
			take.Flush() // the last second is not
		}
	}
	fmt.Println("recording")
	select {}
}

func TestCallIsThereAfterKill(t *testing.T) {
	s := newStage(t, Options{})
	victim := exec.Command(os.Args[0])
	victim.Env = append(os.Environ(), victimEnv+"="+s.dir)
	out, err := victim.StdoutPipe()
	s.must(err)
	s.must(victim.Start())
	_, err = bufio.NewReader(out).ReadString('\n')
	s.must(err)
	if done, err := s.Finish(t.Context()); err != nil || len(done) > 0 {
		t.Errorf("finished while it was being recorded: %+v, %v", done, err)
	}
	s.must(victim.Process.Signal(syscall.SIGKILL))
	if err := victim.Wait(); err == nil {
		t.Fatal("it was not killed")
	}
	i, h := s.finished()
	h.wantTone(t, Left, 500, 1100, 200*time.Millisecond, 2900*time.Millisecond)
	h.wantTone(t, Right, 1100, 500, 200*time.Millisecond, 2900*time.Millisecond)
	if !i.Incomplete || i.Seconds < 2.9 || i.Seconds > 3 {
		t.Errorf("the record says %+v", i)
	}
}

func TestPauseIsSilenceAndInTheRecord(t *testing.T) {
	inBubble(t, Options{}, func(s *stage) {
		take, ann := s.begin("1-1"), newTalker(t, Left, media.Opus)
		talk(take, time.Second, map[*talker]float64{ann: 500})
		take.Pause()
		take.Pause()
		wait(1500 * time.Millisecond) // the tap gives nothing
		take.Resume()
		take.Resume()
		ann.next.Part = 1
		for range 75 {
			ann.skip()
		}
		talk(take, time.Second, map[*talker]float64{ann: 800})
		if told := take.End(); told.Paused != 1.5 {
			t.Errorf("told of %v s of pause", told.Paused)
		}
		i, h := s.finished()
		h.wantSpans(t, Left, 0, time.Second, 2500*time.Millisecond, 3500*time.Millisecond)
		if i.Paused != 1.5 || i.Seconds != 3.5 {
			t.Errorf("the record says %+v", i)
		}
	})
}

// Opus repeats in a packet what the one before it said.
func TestFirstPacketAfterAPauseIsNotKept(t *testing.T) {
	inBubble(t, Options{}, func(s *stage) {
		take, ann := s.begin("1-1"), newTalker(t, Left, media.Opus)
		take.Packet(Left, ann.packet(500))
		before := len(take.buf)
		ann.next.Part = 1
		take.Packet(Left, ann.packet(500))
		if len(take.buf) != before {
			t.Error("it was")
		}
		take.Packet(Left, ann.packet(500))
		if len(take.buf) == before {
			t.Error("the second was not kept either")
		}
		take.End()
	})
}

// A small disk takes so many bytes.
type smallDisk struct {
	spoolFile
	free  *int
	stuck bool // cannot be put right either
}

var errFull = errors.New("no space left on device")

func (d smallDisk) Write(b []byte) (int, error) {
	n := min(len(b), *d.free)
	*d.free -= n
	if _, err := d.spoolFile.Write(b[:n]); err != nil || n < len(b) {
		return n, errors.Join(errFull, err)
	}
	return n, nil
}

func (d smallDisk) Truncate(size int64) error {
	if d.stuck {
		return errFull
	}
	return d.spoolFile.Truncate(size)
}

func (s *stage) onSmallDisk(free *int, stuck bool) {
	s.open = func(path string) (spoolFile, error) {
		f, err := openSpool(path)
		return smallDisk{f, free, stuck}, err
	}
}

func TestFullDiskLosesSoundUntilThereIsRoom(t *testing.T) {
	inBubble(t, Options{}, func(s *stage) {
		free := 12000
		s.onSmallDisk(&free, false)
		take, ann := s.begin("1-1"), newTalker(t, Left, media.PCMU)
		talk(take, 2*time.Second, map[*talker]float64{ann: 500})
		free = 1 << 20
		talk(take, time.Second, map[*talker]float64{ann: 800})
		take.End()
		i, h := s.finished()
		if i.Lost < 20 || !strings.Contains(i.Problem, errFull.Error()) || i.Incomplete {
			t.Errorf("the record says %+v", i)
		}
		if n := strings.Count(s.log.String(), "level=ERROR"); n != 1 || !strings.Contains(s.log.String(), "loses sound") {
			t.Errorf("logged %d times: %s", n, &s.log)
		}
		h.wantTone(t, Left, 500, 800, 100*time.Millisecond, 900*time.Millisecond)
		h.wantTone(t, Left, 800, 500, 2100*time.Millisecond, 2900*time.Millisecond)
	})
}

func TestBrokenDiskKeepsWhatItHad(t *testing.T) {
	inBubble(t, Options{}, func(s *stage) {
		free := 12000
		s.onSmallDisk(&free, true)
		take, ann := s.begin("1-1"), newTalker(t, Left, media.PCMU)
		talk(take, 2*time.Second, map[*talker]float64{ann: 500})
		if told := take.End(); told.Lost == 0 || !told.Incomplete {
			t.Errorf("told %+v", told)
		}
		i, h := s.finished()
		h.wantTone(t, Left, 500, 800, 100*time.Millisecond, 900*time.Millisecond)
		if !i.Incomplete {
			t.Errorf("the record says %+v", i)
		}
	})
}

func TestRecordingStopsAtItsGreatestSize(t *testing.T) {
	inBubble(t, Options{MaxSize: 12000}, func(s *stage) {
		take, ann := s.begin("1-1"), newTalker(t, Left, media.PCMU)
		talk(take, 3*time.Second, map[*talker]float64{ann: 500})
		take.End()
		i, h := s.finished()
		if i.Lost < 50 || !strings.Contains(i.Problem, "12000") || i.Incomplete || i.Seconds != 3 {
			t.Errorf("the record says %+v", i)
		}
		h.wantTone(t, Left, 500, 800, 100*time.Millisecond, 900*time.Millisecond)
	})
}

func TestMissedPacketsAreCounted(t *testing.T) {
	inBubble(t, Options{}, func(s *stage) {
		take, ann := s.begin("1-1"), newTalker(t, Left, media.Opus)
		p := ann.packet(500)
		p.Missed = 7
		take.Packet(Left, p)
		take.End()
		if i, _ := s.finished(); i.Lost != 7 {
			t.Errorf("%d lost, want 7", i.Lost)
		}
	})
}

func BenchmarkPacket(b *testing.B) {
	r, err := New(Options{Directory: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	take, err := r.Begin(Call{Name: "1-1"})
	if err != nil {
		b.Fatal(err)
	}
	ann := newTalker(&testing.T{}, Left, media.Opus)
	p := ann.packet(500)
	b.ReportAllocs()
	for range b.N {
		take.Packet(Left, p)
	}
	take.End()
}

func ExampleRecorder() {
	dir, err := os.MkdirTemp("", "recordings")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	r, err := New(Options{Directory: dir})
	if err != nil {
		panic(err)
	}
	take, err := r.Begin(Call{Name: "65f0c2a1-1"})
	if err != nil {
		panic(err)
	}
	talk := room.New(room.Options{}) // that of the call
	tap := talk.Tap(room.TapOptions{Packets: 500})
	talk.Close()
	for k := range tap.Packets() {
		take.Packet(Left, k)
	}
	take.End()
	done, err := r.Finish(context.Background())
	fmt.Println(len(done), strings.HasSuffix(done[0].Place, ".ogg"), err)
	// Output: 1 true <nil>
}
