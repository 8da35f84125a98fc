package bridge

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchgram/bridge/media"
)

// conversation is a call in which two talk, in a synctest bubble.
type conversation struct {
	*stage
	caller, callee *fakeLeg
	done           <-chan Outcome
}

// talk lets a Telegram user and a telephone talk.
func (s *stage) talk() *conversation {
	c := &conversation{stage: s, caller: newLeg("tg", "@ann"), callee: s.callee("sip", "1000")}
	c.done = s.handle(c.caller, to1000)
	c.callee.say(Ringing{}, Answered{})
	s.settle()
	return c
}

// end lets the callee hang up.
func (c *conversation) end() Outcome {
	c.callee.leaves(NormalClearing)
	return <-c.done
}

// silences are the events about silence so far.
func (r *record) silences() (all []Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, ev := range r.events {
		if ev.Silence != nil {
			all = append(all, ev)
		}
	}
	return all
}

func TestSilenceIsToldWithinThreeSecondsAndWhoCannotBeHeard(t *testing.T) {
	for _, tt := range []struct {
		leg  string
		way  Direction
		want string
	}{
		{"caller", In, "caller cannot be heard"}, {"caller", Out, "caller hears nothing"},
		{"callee", In, "callee cannot be heard"}, {"callee", Out, "callee hears nothing"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			play(t, nil, func(s *stage) {
				c := s.talk()
				leg := map[string]*fakeLeg{"caller": c.caller, "callee": c.callee}[tt.leg]
				pass(10*time.Second + 123*time.Millisecond)
				if got := s.sink.silences(); len(got) != 0 {
					t.Fatalf("told of silence while all sounds: %+v", got)
				}

				leg.sound.stop(tt.way)
				stopped := time.Now()
				pass(6 * time.Second)

				// told once, and in time
				got := s.sink.silences()
				if len(got) != 1 || got[0].Kind != CallSilent || got[0].Leg != leg.id || got[0].Silence.Direction != tt.way || got[0].Silence.Text != tt.want {
					t.Fatalf("told %+v", got)
				}
				if after := got[0].At.Sub(stopped); after < 2*time.Second || after > 3*time.Second {
					t.Errorf("told after %s", after)
				}

				// and once when it is over
				leg.sound.resume(tt.way)
				pass(time.Second)
				got = s.sink.silences()
				if len(got) != 2 || got[1].Kind != CallSounds || got[1].Silence.Text != tt.want {
					t.Fatalf("told %+v", got)
				}
				wantLasted(t, got[1].Silence.Lasted, 6*time.Second)

				// and the outcome counts it, with one that lasted to the end
				leg.sound.stop(tt.way)
				pass(5 * time.Second)
				out := c.end()
				q := out.Legs[map[string]int{"caller": 0, "callee": 1}[tt.leg]].Quality
				flows := map[Direction]Flow{In: q.In, Out: q.Out}
				wantLasted(t, flows[tt.way].Silent, 11*time.Second)
				if flows[tt.way].Silences != 2 {
					t.Errorf("%d silences, want 2", flows[tt.way].Silences)
				}
				other := map[Direction]Direction{In: Out, Out: In}[tt.way]
				if flows[other].Silences != 0 || flows[other].Silent != 0 {
					t.Errorf("the other direction was silent too: %+v", flows[other])
				}
			})
		})
	}
}

// wantLasted allows for how often we look.
func wantLasted(t *testing.T, got Millis, want time.Duration) {
	t.Helper()
	if off := (time.Duration(got) - want).Abs(); off > lookEvery {
		t.Errorf("lasted %s, want %s", got, want)
	}
}

func TestFarEndThatNeverSendsIsToldOf(t *testing.T) {
	play(t, nil, func(s *stage) {
		caller, callee := newLeg("tg", "@ann"), s.callee("sip", "1000")
		callee.sound.stopped = map[Direction]time.Time{In: {}}
		done := s.handle(caller, to1000)
		callee.say(Answered{})
		s.settle()
		answered := time.Now()
		pass(5 * time.Second)
		got := s.sink.silences()
		if len(got) != 1 || got[0].Silence.Text != "callee cannot be heard" || got[0].At.Sub(answered) > 3*time.Second {
			t.Errorf("told %+v", got)
		}
		callee.leaves(NormalClearing)
		wantLasted(t, (<-done).Legs[1].Quality.In.Silent, 5*time.Second)
	})
}

func TestSilenceOnPurposeIsNoFault(t *testing.T) {
	for name, tt := range map[string]struct {
		begin, end LegEvent
		rest       bool
		ways       []Direction
	}{
		"a Telegram user mutes the microphone": {begin: Muted{On: true}, end: Muted{}, ways: []Direction{In}},
		"a telephone puts us on hold":          {begin: Held{On: true}, end: Held{}, ways: []Direction{In, Out}},
		"a telephone sends comfort noise":      {rest: true, ways: []Direction{In}},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *stage) {
				c := s.talk()
				pass(5 * time.Second)
				if tt.begin != nil {
					c.callee.say(tt.begin)
				}
				c.callee.sound.count(func(st *media.Stats) { st.Resting = tt.rest })
				for _, w := range tt.ways {
					c.callee.sound.stop(w)
				}
				pass(5 * time.Minute)
				if got := s.sink.silences(); len(got) != 0 {
					t.Fatalf("told %+v", got)
				}

				// once it is over, packets are due again, within a moment
				if tt.end != nil {
					c.callee.say(tt.end)
				}
				c.callee.sound.count(func(st *media.Stats) { st.Resting = false })
				pass(1500 * time.Millisecond)
				if got := s.sink.silences(); len(got) != 0 {
					t.Fatalf("told too soon: %+v", got)
				}
				pass(1500 * time.Millisecond)
				if got := s.sink.silences(); len(got) != len(tt.ways) {
					t.Errorf("told %+v", got)
				}
				c.end()
			})
		})
	}
}

func TestMutingEndsASilenceWithoutAWord(t *testing.T) {
	play(t, nil, func(s *stage) {
		c := s.talk()
		c.callee.sound.stop(In)
		pass(4 * time.Second)
		c.callee.say(Muted{On: true})
		pass(time.Minute)
		out := c.end()
		if got := s.sink.silences(); len(got) != 1 {
			t.Errorf("told %+v", got)
		}
		wantLasted(t, out.Legs[1].Quality.In.Silent, 4*time.Second)
	})
}

func TestNobodyIsWatchedBeforeThereIsSound(t *testing.T) {
	play(t, nil, func(s *stage) {
		caller, callee := newLeg("sip", "1000"), s.callee("tg", "@ann")
		caller.sound.stop(In)
		callee.sound.stop(In)
		done := s.handle(caller, toAnn)
		callee.say(Ringing{})
		pass(30 * time.Second)
		callee.leaves(UserBusy)
		<-done
		if got := s.sink.silences(); len(got) != 0 {
			t.Errorf("told %+v", got)
		}
	})
}

// TestSilenceIsCountedOnceWhateverHappens: silences take turns with sound, and are never longer than the time that passed.
func TestSilenceIsCountedOnceWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l listener
		begin := time.Unix(1000, 0)
		now, last, quiet := begin, begin, false
		for range rapid.IntRange(1, 60).Draw(t, "looks") {
			now = now.Add(time.Duration(rapid.IntRange(1, 3000).Draw(t, "ms")) * time.Millisecond)
			if rapid.Bool().Draw(t, "packets") {
				last = now
			}
			expected := rapid.Bool().Draw(t, "expected")
			turned, lasted := l.look(expected, last, now)
			switch {
			case turned == fell && (quiet || !expected || now.Sub(last) < silentAfter):
				t.Fatal("fell silent twice, or without reason")
			case turned == rose && (!quiet || lasted < silentAfter):
				t.Fatal("rose without having fallen")
			}
			quiet = turned == fell || quiet && turned == unturned && expected
		}
		l.stop(now)
		if l.total > now.Sub(begin) || l.count > 0 && l.total < silentAfter || l.count == 0 && l.total != 0 {
			t.Fatalf("%d silences of %s in %s", l.count, l.total, now.Sub(begin))
		}
	})
}
