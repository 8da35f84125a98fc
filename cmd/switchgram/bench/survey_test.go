package bench

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"switchgram/cmd/switchgram/bench/worker"
)

// fake carries calls in figures alone.
type fake struct {
	stands int
	can    int // calls that it carries
	breaks int // calls with which it cannot be measured; 0: never
	ms     float64
	late   time.Duration // of who calls, beyond can
	waited float64
	asked  []int
}

func (f *fake) resize(_ context.Context, n int) error {
	f.stands = n
	f.asked = append(f.asked, n)
	return nil
}

var errBroken = errors.New("broken")

func (f *fake) measure(context.Context, time.Duration) (Point, error) {
	p := Point{Mode: "fake", Calls: f.stands, CPU: 0.2, RSS: 1000, Waited: f.waited, P99: millis(f.ms * float64(time.Millisecond))}
	switch {
	case f.breaks > 0 && f.stands >= f.breaks:
		return p, errBroken
	case f.stands > f.can:
		p.Lost, p.Late = 1, millis(f.late)
	}
	return p, nil
}

func (f *fake) profiled(context.Context, time.Duration, string) ([]worker.Cost, error) {
	return []worker.Cost{{Function: "a", Share: 0.5}, {Function: "b"}, {Function: "c"}, {Function: "d"}, {Function: "e"}, {Function: "f"}}, nil
}

func surveyOf(t *testing.T, f *fake, aim int) (*Result, error) {
	t.Helper()
	v := survey{candid: f, mode: Mode{Name: "fake", Aim: aim}, until: time.Now().Add(time.Minute), progress: t.Output()}
	return v.run(t.Context())
}

func TestASurveyFindsTheMostThatIsCarried(t *testing.T) {
	r, err := surveyOf(t, &fake{can: 300, ms: 0.5}, 200)
	if err != nil {
		t.Fatal(err)
	}
	if r.Calls < 280 || r.Calls > 300 || r.ByLoad || r.Short() || r.Top != nil {
		t.Errorf("%+v: want some 300 calls, no complaints", r)
	}
	if r.Half == nil || r.Half.Calls != r.Calls/2 {
		t.Errorf("at half: %+v", r.Half)
	}
}

func TestASurveySaysWhatCostsMostIfThatIsTooMuch(t *testing.T) {
	for name, f := range map[string]*fake{"few calls": {can: 60, ms: 0.5}, "late at half": {can: 1000, ms: 2}} {
		t.Run(name, func(t *testing.T) {
			r, err := surveyOf(t, f, 200)
			if err != nil || !r.Short() || len(r.Top) != 5 {
				t.Errorf("%+v %v: want five functions", r, err)
			}
		})
	}
}

func TestASurveyTellsWhenWhoCallsCouldDoNoMore(t *testing.T) {
	if r, err := surveyOf(t, &fake{can: 300, late: 2 * time.Millisecond}, 200); err != nil || !r.ByLoad {
		t.Errorf("%+v %v", r, err)
	}
	if r, err := surveyOf(t, &fake{can: 5000}, 200); err != nil || !r.ByLoad || r.Calls != most {
		t.Errorf("%+v %v: want all the calls there can be", r, err)
	}
}

func TestNothingIsCarried(t *testing.T) {
	r, err := surveyOf(t, &fake{waited: 40}, 200)
	if err != nil || r.Calls != 0 || !r.Short() || r.Mode != "fake" || r.Waited != 40 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestASurveyEndsWithWhatBreaks(t *testing.T) {
	if _, err := surveyOf(t, &fake{can: 300, breaks: 100}, 200); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

func TestTheTableShowsEverythingAPersonWantsToKnow(t *testing.T) {
	r := &Result{Point: Point{Mode: "relay", Calls: 250, CPU: 0.4, RSS: 2 << 20, P50: millis(100 * time.Microsecond), P99: millis(4 * time.Millisecond), Max: millis(time.Second), Late: millis(700 * time.Microsecond), Waited: 12}, Aim: 500,
		Half: &Point{P99: millis(3 * time.Millisecond), Late: millis(300 * time.Microsecond)}, HalfP99: millis(3 * time.Millisecond), ByLoad: true, Top: []worker.Cost{{Function: "x.y", Share: 0.25}, {Function: "z", Share: 0.1}}}
	var out strings.Builder
	if err := (table{&out}).print([]finding{r, &Setup{Cost: millis(20 * time.Millisecond)}, &Accounts{Accounts: 100, Each: 200 << 10},
		&Compared{Point: Point{Calls: 100, CPU: 0.5}, Carrier: "rtpengine", Round: 2}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"██████████░░░░░░░░░░", "≥250", "0.40 %     250", "2.00 MiB", "0.10 ms", "4.00 ms", "1000.00 ms", "0.70 ms  3.00 ms      0.30 ms",
		"[1] relay: 250 of 500 calls; 2.00 MiB a call, not under 1; p99 3.00 ms at half of them, not under 1 ms. Most of it: x.y 25 %, z 10 %",
		"relay: others had the bridge's processor for 12 % of the time",
		"2      rtpengine   100    ██████████░░░░░░░░░░  0.50 %",
		"20.0 ms of the bridge's core, which could do 50 a second", "200 KiB each, of 100 (aim: under 250 KiB)"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestBars(t *testing.T) {
	for _, c := range []struct {
		n, aim int
		want   string
	}{{0, 500, strings.Repeat("░", 20)}, {5000, 500, strings.Repeat("█", 20)}, {125, 500, strings.Repeat("█", 5) + strings.Repeat("░", 15)}, {1, 0, strings.Repeat("█", 20)}} {
		if got := bar(c.n, c.aim); got != c.want {
			t.Errorf("%d of %d: %s", c.n, c.aim, got)
		}
	}
}

func TestATableNobodyCanReadIsAnError(t *testing.T) {
	if err := (table{broken{}}).print([]finding{&Result{}}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWhatCannotBeMeasuredIsRefused(t *testing.T) {
	for name, o := range map[string]Options{
		"a mode that there is not":             {Mode: "video"},
		"a profile of everything":              {Profile: "x"},
		"a comparison in another mode":         {Mode: "pcmu", Against: []string{"rtpengine=127.0.0.1:2223"}},
		"a profile of a search for the limits": {Mode: "relay", Profile: "x"},
	} {
		if err := Run(t.Context(), io.Discard, o); err == nil {
			t.Errorf("%s is no error", name)
		}
	}
}
