package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"switchgram/bridge/media"
)

// lossy is a leg whose far end hears all, and from whom a tenth is lost.
func lossy(st *media.Stats) {
	st.Received, st.Lost, st.Sent = 893, 100, 1000 // and 7
	st.Jitter, st.ReportedJitter, st.RTT = 10*time.Millisecond, 5*time.Millisecond, 80*time.Millisecond
}

func TestOutcomeTellsHowGoodTheCallWas(t *testing.T) {
	play(t, nil, func(s *stage) {
		c := s.talk()
		c.caller.sound.count(lossy)
		c.callee.sound.count(func(st *media.Stats) { st.Received, st.Sent = 993, 900 }) // a telephone without RTCP
		pass(20 * time.Second)
		out := c.end()

		caller, callee := out.Legs[0].Quality, out.Legs[1].Quality
		if caller.In.Packets != 900 || caller.In.Lost != 100 || caller.In.Loss != 0.1 || caller.Out.Packets != 1000 || caller.Out.Loss != 0 {
			t.Errorf("caller: %+v", caller)
		}
		if caller.In.Jitter != Millis(10*time.Millisecond) || caller.Out.Jitter != Millis(5*time.Millisecond) || caller.RTT != Millis(80*time.Millisecond) {
			t.Errorf("caller: %+v", caller)
		}
		if callee.In.MOS < 4.3 || callee.Out.MOS != 0 {
			t.Errorf("callee's way in is clean, of its way out nobody reports: %+v", callee)
		}
		if caller.In.MOS > 3.2 || caller.In.MOS < 2 || caller.Out.MOS < 4.2 {
			t.Errorf("a tenth is lost on the caller's way in only: %+v", caller)
		}
		if callee.Hears > caller.In.MOS+0.001 || caller.Hears < 4.2 || caller.Hears > callee.In.MOS {
			t.Errorf("the callee hears a voice with holes (%.2f), the caller a clean one (%.2f)", callee.Hears, caller.Hears)
		}
	})
}

func TestRunningCallShowsHowItSounds(t *testing.T) {
	play(t, nil, func(s *stage) {
		c := s.talk()
		if legs := s.Calls()[0].Legs; legs[0].MOS != 0 {
			t.Errorf("an opinion of what nobody has heard yet: %+v", legs)
		}
		c.caller.sound.count(lossy)
		c.callee.sound.count(func(st *media.Stats) { st.Received, st.Sent = 993, 900 })
		pass((showEvery + 1) * lookEvery)
		legs := s.Calls()[0].Legs
		if caller, callee := legs[0].MOS, legs[1].MOS; caller < 2 || caller > 3.2 || callee < 4.3 {
			t.Errorf("the caller's leg, with a tenth lost, sounds like %.1f, the callee's like %.1f", caller, callee)
		}
		c.end()
	})
}

func TestJitterIsThatOfTheWholeCallNotOfItsEnd(t *testing.T) {
	play(t, nil, func(s *stage) {
		c := s.talk()
		jitter := func(d time.Duration) { c.caller.sound.count(func(st *media.Stats) { st.Jitter = d }) }
		jitter(60 * time.Millisecond)
		pass(10 * time.Second)
		jitter(20 * time.Millisecond)
		pass(10 * time.Second)
		if got := time.Duration(c.end().Legs[0].Quality.In.Jitter); got < 37*time.Millisecond || got > 43*time.Millisecond {
			t.Errorf("%s, want 40 ms", got)
		}
	})
}

func TestPathsOfACallAreRememberedInOrder(t *testing.T) {
	play(t, nil, func(s *stage) {
		c := s.talk()
		began := time.Now()
		for _, p := range []string{"host-host", "host-host", "relay-host", "host-host"} {
			c.caller.say(PathChanged{Path: p})
			pass(time.Second)
		}
		q := c.end().Legs[0].Quality
		if q.path() != "host-host>relay-host>host-host" || q.Paths[1].Since.Sub(began) != 2*time.Second {
			t.Errorf("%+v", q.Paths)
		}
	})
}

func TestPathsAreNotRememberedForEver(t *testing.T) {
	var g gauge
	for i := range 1000 {
		g.note(PathChanged{Path: string(rune('a' + i%26))}, time.Time{})
	}
	if n := len(g.paths); n != maxPaths || g.paths[n-1].Path != string(rune('a'+999%26)) {
		t.Errorf("%d paths, the last %s", n, g.paths[n-1].Path)
	}
}

func TestStagesOfBothLegsAreInTheOutcome(t *testing.T) {
	play(t, nil, func(s *stage) {
		phone, ann := newLeg("sip", "1000"), s.callee("tg", "@ann")
		phone.answers = func(context.Context) error { pass(30 * time.Millisecond); return nil }
		done := s.handle(phone, toAnn)
		pass(200 * time.Millisecond)
		ann.say(Ringing{})
		pass(4 * time.Second)
		ann.say(Accepted{})
		pass(700 * time.Millisecond)
		ann.say(Answered{})
		pass(time.Second)
		ann.leaves(NormalClearing)
		out := <-done

		want := []Stage{{"ringing", 200 * time.Millisecond}, {"accepted", 4 * time.Second}, {"media", 700 * time.Millisecond}}
		if got := out.Legs[1].Stages.Delays(); !slices.Equal(got, want) {
			t.Errorf("callee: %v, want %v", got, want)
		}
		want = []Stage{{"accepted", 4900 * time.Millisecond}, {"media", 30 * time.Millisecond}}
		if got := out.Legs[0].Stages.Delays(); !slices.Equal(got, want) {
			t.Errorf("caller: %v, want %v", got, want)
		}
	})
}

func TestStagesFollowWhatTheyWaitedFor(t *testing.T) {
	at := func(ms int) time.Time { return time.Unix(1000, 0).Add(time.Duration(ms) * time.Millisecond) }
	s := Stages{Began: at(0), Ringing: at(100), Accepted: at(1000), Confirmed: at(1200), Signalling: at(1250), ICE: at(1300), DTLS: at(1340),
		Media: at(1350), FirstSent: at(1360), FirstReceived: at(900)} // early media
	want := []Stage{{"ringing", 100e6}, {"accepted", 900e6}, {"confirmed", 200e6}, {"signalling", 50e6}, {"ice", 100e6}, {"dtls", 40e6},
		{"media", 350e6}, {"first_sent", 360e6}}
	if got := s.Delays(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := (Stages{Media: at(1)}).Delays(); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestLastLineOfTheLogIsOneThatPeopleCanRead(t *testing.T) {
	var log bytes.Buffer
	play(t, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) }, func(s *stage) {
		c := s.talk()
		c.caller.sound.count(lossy)
		c.caller.say(PathChanged{Path: "host-host"})
		pass(20 * time.Second)
		c.end()
	})
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	last := regexp.MustCompile(`time=\S+ |call=\S+ `).ReplaceAllString(lines[len(lines)-1], "")
	const want = `level=INFO msg=call.ended line=main from=tg:@ann to=sip:1000 leg=leg-1000 cause=NORMAL_CLEARING q850=16 fault=none ` +
		`path="relay opus" dur.ring=0s dur.accept=0s dur.media=0s dur.connect=0s dur.talk=20s ` +
		`caller.packets=900/1000 caller.hears=4.35 caller.mos=2.77/4.35 caller.lost=10.0%/0.0% caller.jitter=10ms/5ms caller.rtt=80ms caller.path=host-host ` +
		`caller.dur.accepted=0s caller.dur.media=0s ` +
		`callee.packets=7/0 callee.mos=4.37/- callee.lost=0.0%/- callee.jitter=0s/- callee.dur.ringing=0s callee.dur.accepted=0s callee.dur.media=0s`
	if last != want {
		t.Errorf("got\n%s\nwant\n%s", last, want)
	}
}

func TestQualityIsWrittenAsJSON(t *testing.T) {
	q := Quality{
		In:    Flow{Packets: 900, Lost: 100, Loss: 0.1, Jitter: Millis(10500 * time.Microsecond), MOS: 2.86, Silences: 1, Silent: Millis(4200 * time.Millisecond)},
		Out:   Flow{Packets: 1000},
		RTT:   Millis(80 * time.Millisecond),
		Hears: 4.32,
		Paths: []PathUse{{Path: "host-host", Since: time.Unix(1000, 0).UTC()}},
		Room:  Made{Relayed: 1000},
	}
	b, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"in":{"packets":900,"lost":100,"loss":0.1,"jitter_ms":10.5,"mos":2.86,"silences":1,"silent_ms":4200},` +
		`"out":{"packets":1000,"lost":0,"loss":0,"jitter_ms":0},"rtt_ms":80,"hears_mos":4.32,` +
		`"paths":[{"path":"host-host","since":"1970-01-01T00:16:40Z"}],"made":{"relayed":1000}}`
	if string(b) != want {
		t.Errorf("got\n%s\nwant\n%s", b, want)
	}
	var back Quality
	if err := json.Unmarshal(b, &back); err != nil || back.In != q.In || back.RTT != q.RTT {
		t.Errorf("read back %+v: %v", back, err)
	}
	if json.Unmarshal([]byte(`{"rtt_ms":"soon"}`), &back) == nil {
		t.Error("took a word for milliseconds")
	}
}
