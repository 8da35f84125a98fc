package peertest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"switchgram/bridge/sip"
)

// startKamailio runs one as a registrar on a port; every user's password is "secret".
func startKamailio(t *testing.T, port int, algorithm string, longest time.Duration) *process {
	t.Helper()
	path := program(t, "kamailio", "kamailio")
	config, err := filepath.Abs(filepath.Join("testdata", "kamailio.cfg"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := run(t, dir, path, "-f", config, "-DD", "-E", "-P", filepath.Join(dir, "pid"), "-Y", dir, "-m", "32", "-M", "4",
		"-A", "PORT="+strconv.Itoa(port), "-A", fmt.Sprintf("MAX_EXPIRES=%d", int(longest.Seconds())),
		"-A", fmt.Sprintf("ALGORITHM=%q", algorithm))
	p.waitLine(t, "SO_RCVBUF is finally") // its sockets are open
	return p
}

// registration is one that a test began, and its states as they came.
type registration struct {
	states chan sip.RegistrationState
	stop   func() // takes it back and waits for that
}

func register(t *testing.T, a *agent, port int, transport, password string) *registration {
	t.Helper()
	r := &registration{states: make(chan sip.RegistrationState, 100)}
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	registration := sip.Registration{
		Registrar: fmt.Sprintf("sip:127.0.0.1:%d;transport=%s", port, transport), User: "telegram", Password: password,
		OnState: func(s sip.RegistrationState) { r.states <- s },
	}
	wait.Go(func() {
		if err := a.Register(ctx, registration); err != nil {
			t.Errorf("register: %v", err)
		}
	})
	r.stop = func() { cancel(); wait.Wait() }
	t.Cleanup(r.stop)
	return r
}

// wait returns the next state that fits.
func (r *registration) wait(t *testing.T, what string, fits func(sip.RegistrationState) bool) sip.RegistrationState {
	t.Helper()
	ctx := patient(t)
	for {
		select {
		case s := <-r.states:
			if fits(s) {
				return s
			}
		case <-ctx.Done():
			t.Fatalf("the registration never was %s", what)
		}
	}
}

func registered(s sip.RegistrationState) bool { return s.Registered }

func TestRegisterWithKamailioAndUnregister(t *testing.T) {
	for _, tt := range []struct{ algorithm, transport string }{{"MD5", "udp"}, {"SHA-256", "udp"}, {"MD5", "tcp"}} {
		t.Run(tt.algorithm+" by "+tt.transport, func(t *testing.T) {
			port := freePort(t)
			k := startKamailio(t, port, tt.algorithm, time.Hour)

			r := register(t, newAgent(t, sip.Options{}), port, tt.transport, "secret")
			r.wait(t, "registered", registered)
			k.waitLine(t, "TEST telegram is registered by "+tt.transport)

			r.stop()
			k.waitLine(t, "TEST telegram is not registered")
			last := r.wait(t, "taken back", func(s sip.RegistrationState) bool { return !s.Registered })
			if last.Err != nil {
				t.Errorf("un-registered with %v", last.Err)
			}
		})
	}
}

func TestKamailioRefusesAWrongPassword(t *testing.T) {
	port := freePort(t)
	k := startKamailio(t, port, "MD5", time.Hour)

	r := register(t, newAgent(t, sip.Options{}), port, "udp", "guess")
	s := r.wait(t, "refused", func(s sip.RegistrationState) bool { return s.Err != nil })
	if !errors.Is(s.Err, sip.ErrAuth) {
		t.Errorf("refused with %v, want %v", s.Err, sip.ErrAuth)
	}
	if s.Retry < time.Minute {
		t.Errorf("tries again in %v: a wrong password does not become right so soon", s.Retry)
	}
	k.waitLine(t, "TEST telegram has a wrong password")
}

func TestRegistrationOutlivesItsExpiry(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	k := startKamailio(t, port, "MD5", 10*time.Second) // whatever is asked for

	r := register(t, newAgent(t, sip.Options{}), port, "udp", "secret")
	for range 3 { // 10 seconds, refreshed twice
		if s := r.wait(t, "registered", registered); s.Expires != 10*time.Second {
			t.Errorf("registered for %v, want the 10 s that kamailio grants", s.Expires)
		}
	}
	if k.said("has expired") {
		t.Error("the registration expired in between")
	}
}

func TestRegisteredAgainAfterKamailioRestarts(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	k := startKamailio(t, port, "MD5", 10*time.Second)
	r := register(t, newAgent(t, sip.Options{}), port, "udp", "secret")
	r.wait(t, "registered", registered)

	k.stop()
	k = startKamailio(t, port, "MD5", 10*time.Second) // knows nothing, its nonces neither
	r.wait(t, "registered again", registered)
	k.waitLine(t, "TEST telegram is registered")
}
