package sip

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
)

// answer is what a test's registrar says to one REGISTER.
type answer struct {
	status  int
	headers []Header
	err     error
	silent  bool
}

// fakeRegistrar answers REGISTERs as scripted, the last answer again and again, and notes when they came.
type fakeRegistrar struct {
	script  []answer
	began   time.Time
	at      []time.Duration
	asked   []time.Duration
	states  []RegistrationState
	trusted int
	again   chan struct{}
}

func (f *fakeRegistrar) exchange(ctx context.Context, expires time.Duration, _ int) (*sip.Response, netip.Addr, error) {
	f.at, f.asked = append(f.at, time.Since(f.began)), append(f.asked, expires)
	a := f.script[0]
	if len(f.script) > 1 {
		f.script = f.script[1:]
	}
	if a.silent {
		<-ctx.Done()
		return nil, netip.Addr{}, ctx.Err()
	}
	if a.err != nil {
		return nil, netip.Addr{}, a.err
	}
	res := sip.NewResponse(a.status, "x")
	for _, h := range a.headers {
		res.AppendHeader(sip.NewHeader(h.Name, h.Value))
	}
	return res, netip.MustParseAddr("127.0.0.1"), nil
}

// run lets a registration go on for a while of synctest's time, and ends it.
func (f *fakeRegistrar) run(t *testing.T, expires, forSo time.Duration) {
	t.Helper()
	f.began = time.Now()
	g := &registrar{settle: func() {}, Registration: Registration{User: "tg", Again: f.again, OnState: func(s RegistrationState) { f.states = append(f.states, s) }},
		expires: expires, exchange: f.exchange,
		trust: func(netip.Addr) func() { f.trusted++; return func() { f.trusted-- } }}
	ctx, cancel := context.WithTimeout(t.Context(), forSo)
	defer cancel()
	g.loop(ctx)
	g.leave(t.Context())
	if f.trusted != 0 {
		t.Error("registrar is trusted after the end")
	}
}

func okFor(seconds int) answer {
	return answer{status: 200, headers: []Header{{"Expires", strconv.Itoa(seconds)}}}
}

func TestRegistrationIsRefreshedBeforeItExpiresAndTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRegistrar{script: []answer{okFor(60)}}
		f.run(t, 5*time.Minute, 3*time.Minute)
		if len(f.at) != 5 || f.at[1] != 54*time.Second || f.at[3] != 162*time.Second {
			t.Errorf("asked at %v", f.at)
		}
		if f.asked[4] != 0 || f.at[4] != 3*time.Minute {
			t.Errorf("not taken back: %v at %v", f.asked, f.at)
		}
		last := f.states[len(f.states)-1]
		if !f.states[0].Registered || f.states[0].Expires != time.Minute || last.Registered || last.Err != nil {
			t.Errorf("states %+v", f.states)
		}
	})
}

func TestRegistrarThatWantsLongerGetsLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRegistrar{script: []answer{{status: 423, headers: []Header{{"Min-Expires", "600"}}}, okFor(600)}}
		f.run(t, time.Minute, 5*time.Minute)
		if len(f.asked) != 3 || f.asked[1] != 10*time.Minute || f.at[1] != 0 {
			t.Errorf("asked %v at %v", f.asked, f.at)
		}
	})
}

func TestLostRegistrarIsAskedLessAndLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRegistrar{script: []answer{okFor(60), {err: ErrTimeout}}}
		f.run(t, time.Minute, 20*time.Minute)
		pauses := make([]time.Duration, 0, len(f.at))
		for i := 2; i < len(f.at); i++ {
			pauses = append(pauses, f.at[i]-f.at[i-1])
		}
		for i, want := range []time.Duration{2, 4, 4, 4} { // and 32 s for every try
			if p := pauses[i]; p < want*time.Second || p > want*time.Second*5/4+1 {
				t.Errorf("pause %d: %v", i, p)
			}
		}
		if f.states[1].Registered || !errors.Is(f.states[1].Err, ErrTimeout) || f.states[1].Retry != pauses[0] {
			t.Errorf("state %+v", f.states[1])
		}
	})
}

func TestRegistrarThatRefusesIsAskedLessAndLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRegistrar{script: []answer{{status: 500}}}
		f.run(t, time.Minute, 20*time.Minute)
		for i, want := range []time.Duration{2, 4, 8, 16, 30, 30, 30} {
			if p := f.at[i+1] - f.at[i]; p < want*time.Second || p > want*time.Second*5/4+1 {
				t.Errorf("pause %d: %v", i, p)
			}
		}
	})
}

func TestRegistrationComesBackAfterARestartOfTheRegistrar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRegistrar{script: []answer{okFor(60), {err: ErrTransport}, {status: 500}, okFor(60)}}
		f.run(t, time.Minute, 3*time.Minute)
		var registered []bool
		for _, s := range f.states {
			registered = append(registered, s.Registered)
		}
		if len(registered) < 5 || !registered[0] || registered[1] || registered[2] || !registered[3] {
			t.Errorf("states %+v", f.states)
		}
	})
}

func TestWrongPasswordIsNotTriedAgainAndAgain(t *testing.T) {
	for name, a := range map[string]answer{"forbidden": {status: 403}, "challenged twice": {err: ErrAuth}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakeRegistrar{script: []answer{a}}
				f.run(t, time.Minute, time.Hour)
				if len(f.at) > 12 {
					t.Errorf("asked %d times in an hour", len(f.at))
				}
				if !errors.Is(f.states[0].Err, ErrAuth) {
					t.Errorf("got %v", f.states[0].Err)
				}
			})
		})
	}
}

func TestRegistrarThatIsBusySaysWhenToComeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRegistrar{script: []answer{{status: 503, headers: []Header{{"Retry-After", "40"}}}}}
		f.run(t, time.Minute, 100*time.Second)
		if len(f.at) < 2 || f.at[1] < 40*time.Second || f.at[1] > 50*time.Second {
			t.Errorf("asked at %v", f.at)
		}
	})
}

// FreeSWITCH that starts or ends refuses everything with 503 and "Retry-After: 300". A line must not be gone for five minutes then.
func TestLineComesBackSoonAfterARestartOfFreeSWITCH(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		starting := answer{status: 503, headers: []Header{{"Retry-After", "300"}}}
		f := &fakeRegistrar{script: []answer{okFor(60), starting, okFor(60)}}
		f.run(t, time.Minute, 3*time.Minute)
		if len(f.at) < 3 || f.at[2]-f.at[1] > 75*time.Second {
			t.Errorf("asked at %v", f.at)
		}
		if s := f.states[2]; !s.Registered {
			t.Errorf("states %+v", f.states)
		}
	})
}

func TestRegistrationThatIsGrantedSecondsIsNoTightLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeRegistrar{script: []answer{okFor(1)}}
		f.run(t, time.Minute, time.Minute)
		if len(f.at) > 14 {
			t.Errorf("asked %d times in a minute", len(f.at))
		}
	})
}

// FreeSWITCH starts: its event socket is there, a second later its SIP, which says to come again in five minutes, and a second later it is ready.
func TestLineIsBackAtOnceWhenSomebodyHasSeenTheSwitchComeBack(t *testing.T) {
	for name, before := range map[string][]answer{
		"while we wait for the next try": {{status: 503, headers: []Header{{"Retry-After", "60"}}}},
		"while we wait for an answer":    {{silent: true}},
		"while we believe all is well":   {okFor(3600)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				starting := answer{status: 503, headers: []Header{{"Retry-After", "300"}}}
				f := &fakeRegistrar{script: append(before, answer{silent: true}, starting, starting, okFor(3600)), again: make(chan struct{}, 1)}
				time.AfterFunc(20*time.Second, func() { f.again <- struct{}{} })
				f.run(t, time.Hour, 25*time.Second)
				if s := f.states[len(f.states)-2]; !s.Registered || len(f.at) != 6 || f.at[4] > 22*time.Second {
					t.Errorf("asked at %v, states %+v", f.at, f.states)
				}
			})
		})
	}
}
