package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/sip/sdp"
	"switchgram/cmd/switchgram/program"
	"switchgram/internal/town"
	"switchgram/tgcall/testnet"
)

// world is everything that rows run in: the real FreeSWITCH, a Telegram network, the bridge between them, and people at both ends.
type world struct {
	o        options
	log      *slog.Logger
	fs       *freeswitch
	tape     *tape
	net      *testnet.Network
	accounts map[string]*testnet.User // by line
	config   string                   // of the program
	routes   string                   // folder of its routing scripts
	town     *town.Town               // whom scripts ask and tell over HTTP: Slack, Pushover and the CRM
	program  *program.Program
	events   chan bridge.Event
	scripts  chan bridge.Event // ScriptEnded, which may be told before or after the end of its call
	ann, bob *person
	phones   [lineUDP]*telephone
	verto    *vertoPhone // nil: not yet
	ours     netip.Addr  // towards FreeSWITCH
	pitch    int         // of the next party
	away     bool        // FreeSWITCH is stopped

	stopProgram    func() // may be called twice
	always, perRow closers
}

// start-up may take so long.
const startTime = time.Minute

func newWorld(ctx context.Context, o options, log *slog.Logger) (_ *world, err error) {
	w := &world{o: o, log: log, tape: newTape(o.capture, o.port), events: make(chan bridge.Event, 256), scripts: make(chan bridge.Event, 256), stopProgram: func() {}, accounts: map[string]*testnet.User{}}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	ctx, cancel := context.WithTimeoutCause(ctx, startTime, errors.New("not started after a minute"))
	defer cancel()
	for _, start := range []func(context.Context) error{w.startFreeSWITCH, w.startTelegram, w.startProgram, w.startPeople, w.startTelephones} {
		if err := start(ctx); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *world) close() {
	w.tape.turn("end")
	w.perRow.close()
	w.always.close()
}

func (w *world) startFreeSWITCH(ctx context.Context) (err error) {
	if w.fs, err = reach(ctx, w.o, w.tape.dialer()); err != nil {
		return err
	}
	w.always.add(func() { _ = w.fs.Close() }) // another one, perhaps, after a restart
	for _, user := range w.o.users {
		if err := w.fs.free(ctx, user); err != nil {
			return err
		}
	}
	c, err := net.Dial("udp", w.fs.sip.String())
	if err != nil {
		return err
	}
	defer c.Close()
	w.ours = netip.MustParseAddrPort(c.LocalAddr().String()).Addr()
	return nil
}

func (w *world) startTelegram(ctx context.Context) (err error) {
	if w.net, err = testnet.Start(context.WithoutCancel(ctx), testnet.Options{Log: w.log}); err != nil {
		return err
	}
	w.always.add(w.net.Close)
	return nil
}

func (w *world) startPeople(ctx context.Context) (err error) {
	if w.ann, err = w.newPerson(ctx, testnet.UserOptions{Phone: annNumber, Username: "ann", FirstName: "Ann", LastName: "Ahlers"}); err != nil {
		return err
	}
	w.bob, err = w.newPerson(ctx, testnet.UserOptions{Phone: "999662001002", Username: "bob", FirstName: "Bob"})
	return err
}

func (w *world) startTelephones(ctx context.Context) error {
	codecs := map[int][]sdp.Codec{opusPhone: {sdp.Opus}, pcmuPhone: {sdp.PCMU}, sparePhone: {sdp.Opus, sdp.PCMU}}
	for role, c := range codecs {
		user := w.o.users[role]
		password, err := w.fs.passwordOf(ctx, user)
		if err != nil {
			return err
		}
		if w.phones[role], err = w.newTelephone(ctx, user, password, c); err != nil {
			return err
		}
	}
	return nil
}

// Publish implements bridge.Sink: what nobody reads is given up, oldest first.
func (w *world) Publish(e bridge.Event) {
	told := w.told(e.Kind)
	for {
		select {
		case told <- e:
			return
		default:
		}
		select {
		case <-told:
		default:
		}
	}
}

// told is where events of that kind wait to be read.
func (w *world) told(kind bridge.EventKind) chan bridge.Event {
	if kind == bridge.ScriptEnded {
		return w.scripts
	}
	return w.events
}

// begin forgets what the last row left.
func (w *world) begin(name string) {
	w.tape.turn(name)
	for _, told := range []chan bridge.Event{w.events, w.scripts} {
		for len(told) > 0 {
			<-told
		}
	}
	w.ann.begin()
	w.bob.begin()
	for _, p := range w.phones {
		if p != nil {
			p.begin()
		}
	}
}

const tidyTime = 10 * time.Second

// tidy ends what a row began, and finds what it left in FreeSWITCH.
func (w *world) tidy() error {
	w.perRow.close()
	ctx, cancel := context.WithTimeout(context.Background(), tidyTime)
	defer cancel()
	if err := w.startAgain(context.Background()); err != nil {
		return err
	}
	var left []string
	for ctx.Err() == nil {
		var err error
		if left, err = w.fs.left(ctx); err != nil {
			return fmt.Errorf("after the row: %w", err)
		}
		if len(left) == 0 {
			return nil
		}
		pause(ctx, lookEvery)
	}
	_, err := w.fs.API(context.Background(), "hupall")
	return errors.Join(fmt.Errorf("FreeSWITCH still has %s", strings.Join(left, ", ")), err)
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// event waits for one of the bridge's events.
func (w *world) event(ctx context.Context, kind bridge.EventKind) (bridge.Event, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, eventTime, fmt.Errorf("the bridge never said %s", kind))
	defer cancel()
	for {
		select {
		case e := <-w.told(kind):
			if e.Kind == kind {
				return e, nil
			}
		case <-ctx.Done():
			return bridge.Event{}, context.Cause(ctx)
		}
	}
}

// outcome waits for the bridge's word about how the call ended.
func (w *world) outcome(ctx context.Context) (bridge.Outcome, error) {
	e, err := w.event(ctx, bridge.CallEnded)
	if err != nil {
		return bridge.Outcome{}, err
	}
	return *e.Outcome, nil
}
