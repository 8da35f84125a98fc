package bridge

import (
	"context"
	"strings"
	"testing"
	"time"

	"switchgram/bridge/recording"
)

// recorded is a call of a script that records it, of an extension that can pass it on.
func (s *stage) recorded(dir string) (ann *parrotLeg, reception *referrerLeg, done <-chan Outcome) {
	ann, reception = &parrotLeg{fakeLeg: newLeg("tg", "@ann")}, s.referrer("1000")
	done = s.handle(ann, to1000)
	reception.say(Answered{})
	s.settle()
	ann.says.talks(2 * time.Second)
	if spoolSize(s.t, dir) < 1000 {
		s.t.Error("nothing is recorded")
	}
	return ann, reception, done
}

// recordingBy is a script that records as it is told, and connects.
func recordingBy(o RecordOptions) Controller {
	return controllerFunc(func(ctx context.Context, c *Call) error {
		if _, err := c.Record(ctx, o); err != nil {
			return err
		}
		_, err := c.Connect(ctx, []Address{c.To()}, ConnectOptions{})
		return err
	})
}

func TestATransferEndsARecordingThatDoesNotFollowIt(t *testing.T) {
	for name, set := range map[string]func(*Options){
		"ends":           func(o *Options) { o.Default = recordingBy(RecordOptions{Title: "x"}) },
		"follows":        func(o *Options) { o.Default = recordingBy(RecordOptions{Title: "x", Follow: true}) },
		"is of the line": func(o *Options) { o.Record = map[string]RecordOptions{"main": {}} },
	} {
		t.Run(name, func(t *testing.T) {
			taped(t, set, func(s *stage, _ *recording.Recorder, dir string) {
				office := s.callee("sip", "1001")
				ann, reception, done := s.recorded(dir)
				reception.say(TransferAsked{To: to1001})
				s.settle()
				office.say(Answered{})
				s.settle()
				before := spoolSize(t, dir)
				ann.says.talks(3 * time.Second)
				if more := spoolSize(t, dir) > before+1000; more != (name != "ends") {
					t.Errorf("the spool has grown from %d to %d", before, spoolSize(t, dir))
				}
				ann.leaves(NormalClearing)
				if out := <-done; len(out.Recordings) != 1 {
					t.Errorf("recorded %+v", out.Recordings)
				}
			})
		})
	}
}

func TestARecordingFollowsALegToAnotherCall(t *testing.T) {
	for name, follow := range map[string]bool{"follows": true, "ends": false} {
		t.Run(name, func(t *testing.T) {
			taped(t, func(o *Options) {
				o.Default = controllerFunc(func(ctx context.Context, c *Call) error {
					if c.From().Scheme == "sip" { // who consults a colleague
						return ConnectController{}.Control(ctx, c)
					}
					return recordingBy(RecordOptions{Title: "x", Follow: follow}).Control(ctx, c)
				})
			}, func(s *stage, _ *recording.Recorder, dir string) {
				ann, _, first := s.recorded(dir)
				second, colleague := newLeg("sip", "1000-again"), s.callee("sip", "1001")
				other := s.handle(second, to1001)
				colleague.say(Answered{})
				s.settle()
				if err := s.Move(context.Background(), ann.id, s.Calls()[1].ID); err != nil {
					t.Fatal(err)
				}
				s.settle()
				second.leaves(NormalClearing)
				ann.says.talks(2 * time.Second)
				ann.leaves(NormalClearing)
				there, here := <-other, <-first
				if got := len(there.Recordings); (got == 1) != follow || len(here.Recordings) != 1 {
					t.Fatalf("recorded %+v, and there %+v", here.Recordings, there.Recordings)
				}
				if follow && (here.Recordings[0].ID != "x" || !strings.HasPrefix(there.Recordings[0].ID, "x-") || there.Recordings[0].Call != string(there.Call)) {
					t.Errorf("recorded %+v, and there %+v", here.Recordings, there.Recordings)
				}
			})
		})
	}
}

func TestARecordingThatIsTooShortIsForgotten(t *testing.T) {
	var place func() string
	script := controllerFunc(func(ctx context.Context, c *Call) error {
		r, err := c.Record(ctx, RecordOptions{Title: "x", Least: time.Minute, Mono: true})
		if err != nil {
			return err
		}
		place = r.Place
		_, err = c.Connect(ctx, []Address{c.To()}, ConnectOptions{})
		return err
	})
	taped(t, func(o *Options) { o.Default = script }, func(s *stage, r *recording.Recorder, dir string) {
		caller, callee, done := s.talkingTo()
		if !strings.HasSuffix(place(), "/x.ogg") {
			t.Errorf("it is to be %q", place())
		}
		caller.says.talks(2 * time.Second)
		callee.leaves(NormalClearing)
		if out := <-done; len(out.Recordings) != 0 || place() != "" {
			t.Errorf("the record says %+v, %q", out.Recordings, place())
		}
		if finished, err := r.Finish(context.Background()); err != nil || len(finished) != 0 || spoolSize(t, dir) != 0 {
			t.Errorf("finished %+v, %v", finished, err)
		}
	})
}
