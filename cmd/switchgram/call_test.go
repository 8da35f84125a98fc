package main

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchgram/bridge/sound"
	"switchgram/tgcall"
	"switchgram/tgcall/account"
	"switchgram/tgcall/testnet"
)

// loggedIn is a configuration whose line has a session of the user, as `switchgram login` leaves it.
func (s *session) loggedIn(u *testnet.User) (config string) {
	s.t.Helper()
	config = configuration(s.t)
	stored, err := u.Session(s.ctx).LoadSession(s.ctx)
	s.must(err)
	state := filepath.Join(filepath.Dir(config), "state")
	s.must(os.Mkdir(state, 0o700))
	key, err := account.LoadKey(filepath.Join(state, "sessions.key"))
	s.must(err)
	file, err := account.NewFileSession(filepath.Join(state, "sales.session"), key)
	s.must(err)
	s.must(file.StoreSession(s.ctx, stored))
	return config
}

// somebody is a person on Telegram who does something with calls.
func (s *session) somebody(n *testnet.Network, does func(context.Context, *tgcall.Call)) {
	s.t.Helper()
	bob := n.AddUser(testnet.UserOptions{Phone: "4930654321", Username: "bob", FirstName: "Bob"})
	_, err := bob.Phone(s.ctx, testnet.PhoneOptions{OnCall: does})
	s.must(err)
}

func TestCallIsPlacedPlayedRecordedAndTold(t *testing.T) {
	s := sit(t)
	n, ann := s.telegram(testnet.UserOptions{})
	config, heard := s.loggedIn(ann), filepath.Join(t.TempDir(), "heard.wav")
	s.somebody(n, testnet.Echo)

	s.want(0, "call", "-c", config, "-to", "@bob", "-play", "sine:440", "-record", heard, "-for", "2s")

	for _, step := range []string{" s  calling Bob\n", " s  ringing\n", " s  accepted; version 13.0.0, emoji ", " s  connected\n", " s  ended: "} {
		s.out.await(s.ctx, t, step)
	}
	if tone := measure(t, heard); math.Abs(tone.Hz-440) > 1 {
		t.Errorf("recorded %s", tone)
	}
}

// measure says what is in the middle of a recording.
func measure(t *testing.T, name string) sound.Heard {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	wav, err := sound.ReadWAV(f)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 48000)
	wav.Fill(pcm, 48000) // what came first
	wav.Fill(pcm[:24000], 48000)
	return sound.Measure(pcm[:24000], 48000)
}

func TestCallThatNobodyTakesEndsWithStatus1(t *testing.T) {
	s := sit(t)
	n, ann := s.telegram(testnet.UserOptions{})
	config := s.loggedIn(ann)
	s.somebody(n, func(context.Context, *tgcall.Call) {}) // returning is declining

	s.want(1, "call", "-c", config, "-to", "+4930654321")
	s.out.await(s.ctx, t, "ended: call ended by the other side (busy)")
	s.want(1, "call", "-c", config, "-to", "@nobody")
	s.sees(`switchgram: call: `)
	s.want(1, "call", "-c", config, "-to", "not a name")
	s.sees(`want +number, digits with country code, @username or *id`)
	s.want(1, "call", "-c", config, "-to", "@bob", "-play", "nothing.wav")
	s.sees(`switchgram: play: `)
	s.want(1, "call", "-c", config, "-to", "@bob", "-record", filepath.Join(config, "x"))
	s.sees(`switchgram: record: open `)
}

func TestInterruptedCallIsHungUp(t *testing.T) {
	s := sit(t)
	n, ann := s.telegram(testnet.UserOptions{})
	config, ended := s.loggedIn(ann), make(chan tgcall.Ended, 1)
	s.somebody(n, func(ctx context.Context, c *tgcall.Call) {
		_ = c.Accept(ctx)
		for e := range c.Events() {
			if e, ok := e.(tgcall.Ended); ok {
				ended <- e
			}
		}
	})
	call := s.start("call", "-c", config, "-to", "@bob")
	s.out.await(s.ctx, t, "connected")
	s.signal()
	s.wantEnd(0, call)
	s.out.await(s.ctx, t, "ended: ")
	if e := <-ended; !strings.Contains(e.Err.Error(), "hangup") {
		t.Errorf("bob was told %v", e.Err)
	}
}

func TestCallWithoutLoginSaysWhatToDo(t *testing.T) {
	s := sit(t)
	s.telegram(testnet.UserOptions{})
	config := configuration(t)
	s.want(1, "call", "-c", config, "-to", "@bob")
	s.sees("switchgram: line sales: ")
	s.sees("run: switchgram login -c " + config + " -l sales")
}
