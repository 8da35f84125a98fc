package live_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"switchgram/bridge"
	"switchgram/bridge/live"
	"switchgram/esl"
	"switchgram/esl/esltest"
)

// desk is a FreeSWITCH that hands channels to a router, and writes down what they are told to do.
type desk struct {
	t      *testing.T
	fs     *esltest.Switch
	router *live.Router
	server *esl.Server
	served chan struct{} // has room for all
	talks  chan struct{} // told when a call is answered; has room for all

	mu     sync.Mutex
	ran    []string
	answer func() // tells the bridge that the channel is answered that it has sent here
}

// desked has routers with scripts take channels of a FreeSWITCH.
func desked(t *testing.T, w *town, scripts ...string) *desk {
	t.Helper()
	client := newClient()
	t.Cleanup(client.Close)
	return deskOf(t, options(folderOf(t, w.URL(), scripts...), client))
}

// deskOf has a router of these options take channels of a FreeSWITCH.
func deskOf(t *testing.T, o live.Options) *desk {
	t.Helper()
	fs, err := esltest.Start(esltest.Options{})
	must(t, err)
	t.Cleanup(fs.Close)
	d := &desk{t: t, fs: fs, served: make(chan struct{}, 8), talks: make(chan struct{}, 8)}
	o.Journal, o.Move = t.TempDir(), &live.Move{Number: "switchgram", Can: func(string) bool { return true }}
	o.FreeSWITCH.Domain = "fs.example"
	d.router, _ = run(t, o)
	d.server, err = esl.NewServer(esl.ServerOptions{Address: "127.0.0.1:0", Handle: func(ctx context.Context, s *esl.Session) {
		d.router.Serve(ctx, s)
		d.served <- struct{}{}
	}})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { must(t, d.server.Run(ctx)) })
	t.Cleanup(func() { cancel(); running.Wait() })
	for _, app := range []string{"conference", "playback", "export", "bridge"} {
		d.app(app, func(*esltest.Channel) {})
	}
	return d
}

// app is an application that is written down and does something.
func (d *desk) app(name string, do func(c *esltest.Channel)) {
	d.fs.HandleApp(name, func(_ context.Context, c *esltest.Channel, arg string) string {
		d.mu.Lock()
		d.ran = append(d.ran, strings.TrimSpace(name+" "+arg))
		d.mu.Unlock()
		do(c)
		return ""
	})
}

func (d *desk) wantRan(want ...string) {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if strings.Join(d.ran, "\n") != strings.Join(want, "\n") {
		d.t.Errorf("FreeSWITCH ran %q, want %q", d.ran, want)
	}
}

// hand hands a channel over.
func (d *desk) hand(o esltest.ChannelOptions) *esltest.Channel {
	d.t.Helper()
	c := d.fs.NewChannel(o)
	must(d.t, c.Socket(d.server.Addr().String()))
	return c
}

const there = `{"name": "there", "context": "default", "destination_number": "/.*/",
	"callflow": [{"answer": ""}, {"playback": {"name": "hello.wav", "type": "wav"}}, {"bridge": {"endpoints": [{"type": "user", "name": "101"}]}}, {"hangup": "NO_ANSWER"}],
	"onDisconnect": [{"httpRequest": {"url": "TOWN/after", "data": {"missed": "${missed}", "cause": "${hangup_cause}", "phone": "${tg_phone}"}}}]}`

func TestDialplanOfFreeSWITCHHasRoutes(t *testing.T) {
	w := newTown(t)
	d := desked(t, w, there)
	d.app("bridge", func(c *esltest.Channel) { c.SetVariable("originate_disposition", "NO_ANSWER") })

	c := d.hand(esltest.ChannelOptions{Incoming: true, Variables: []esltest.Header{{Name: "tg_phone", Value: "+4930"}, {Name: "route_context", Value: "default"}}})

	<-c.Done()
	if after := w.hears(t, "/after"); string(after.Body) != `{"cause":"NO_ANSWER","missed":"true","phone":"+4930"}` {
		t.Errorf("afterwards: %s", after.Body)
	}
	d.wantRan("playback hello.wav", "bridge {ignore_early_media=true,originate_timeout=60}user/101@fs.example")
}

func TestDialplanGoesOnWhereThereIsNoRoute(t *testing.T) {
	d := desked(t, newTown(t), strings.Replace(there, "/.*/", "^77$", 1))
	c := d.hand(esltest.ChannelOptions{Incoming: true})
	<-d.served
	if d.fs.Channel(c.UUID()) == nil {
		t.Error("the channel was hung up")
	}
}

func TestCallerOfFreeSWITCHHangsUpInAStep(t *testing.T) {
	w := newTown(t)
	d := desked(t, w, there)
	d.app("playback", func(c *esltest.Channel) { c.Hangup("ORIGINATOR_CANCEL") })
	d.hand(esltest.ChannelOptions{Incoming: true})
	if after := w.hears(t, "/after"); !strings.Contains(string(after.Body), "ORIGINATOR_CANCEL") || !strings.Contains(string(after.Body), `"missed":"true"`) {
		t.Errorf("afterwards: %s", after.Body)
	}
}

const moving = `{"name": "moving", "context": "public", "destination_number": ["1"],
	"callflow": [{"answer": ""}, {"setVar": {"crm": "Ann ${caller_id_number}", "all:lead": "7", "local:secret": "x"}}, {"conference": {"name": "daily"}},
		{"setVar": "after=${crm}"}, {"playback": {"name": "bye.wav", "type": "wav"}}, {"hangup": "USER_BUSY"}],
	"onDisconnect": [{"httpRequest": {"url": "TOWN/after", "data": {"after": "${after}", "secret": "${secret}", "missed": "${missed}", "daily": "${daily_pin}"}}}]}`

// sipLeg is a leg to FreeSWITCH, of a channel there.
type sipLeg struct {
	*caller
	d  *desk
	id string
}

func (l sipLeg) ID() bridge.LegID        { return bridge.LegID(l.id) }
func (l sipLeg) Address() bridge.Address { return bridge.Address{Scheme: "sip", User: "switchgram"} }
func (l sipLeg) Party() bridge.Party     { return bridge.Party{} }

// Dial implements bridge.Dialer: FreeSWITCH makes a channel whose UUID is the leg's ID, and hands it over.
func (d *desk) Dial(_ context.Context, to bridge.Address, o bridge.DialOptions) (bridge.Leg, error) {
	l := sipLeg{newCaller(), d, o.ID}
	if to.User != "switchgram" {
		l.end(bridge.Ended{Cause: bridge.UnallocatedNumber, Remote: true})
		return l, nil
	}
	d.mu.Lock()
	d.answer = func() { l.events <- bridge.Answered{} }
	d.mu.Unlock()
	d.fs.HandleApp("answer", func(_ context.Context, c *esltest.Channel, _ string) string {
		d.answers(c)
		return ""
	})
	c := d.fs.NewChannel(esltest.ChannelOptions{UUID: o.ID, Incoming: true})
	if err := c.Socket(d.server.Addr().String()); err != nil {
		return nil, err
	}
	go func() {
		<-c.Done()
		l.end(bridge.Ended{Cause: bridge.UserBusy, Remote: true})
	}()
	return l, nil
}

// answers answers a channel of a call that came from the bridge.
func (d *desk) answers(c *esltest.Channel) {
	c.Answer()
	d.mu.Lock()
	tell := d.answer
	d.mu.Unlock()
	tell()
}

// Hangup implements bridge.Leg.
func (l sipLeg) Hangup(ctx context.Context, c bridge.Cause) error {
	if channel := l.d.fs.Channel(l.id); channel != nil {
		channel.Hangup("NORMAL_CLEARING")
	}
	return l.caller.Hangup(ctx, c)
}

func TestCallMovesToFreeSWITCHForAConference(t *testing.T) {
	w := newTown(t)
	d := desked(t, w, moving)
	variables := make(chan [3]string, 1)
	d.app("conference", func(c *esltest.Channel) {
		crm, _ := c.Variable("crm")
		secret, _ := c.Variable("secret")
		variables <- [3]string{c.UUID(), crm, secret}
		c.SetVariable("daily_pin", "1234")
	})
	b, err := bridge.New(bridge.Options{Default: d.router, Sink: d.router, Dialers: map[string]bridge.Dialer{"sip": d}})
	must(t, err)

	out := b.Handle(t.Context(), newCaller(), bridge.Address{Scheme: "sip", User: "1000"})

	if got := <-variables; got[0] != string(out.Legs[1].ID) || got[1] != "Ann +4930123456" || got[2] != "" {
		t.Errorf("in the conference the channel had %q", got)
	}
	if after := w.hears(t, "/after"); string(after.Body) != `{"after":"Ann +4930123456","daily":"1234","missed":"false","secret":"x"}` {
		t.Errorf("afterwards: %s", after.Body)
	}
	d.wantRan("export lead=7", "conference daily_fs.example@default", "playback bye.wav")
	if out.Cause != bridge.UserBusy || w.Unread() > 0 || d.router.Stats().Moved != 1 {
		t.Errorf("ended with %s; %d more requests; %+v", out.Cause, w.Unread(), d.router.Stats())
	}
}

// events are what a bridge has told of a call.
type events struct {
	bridge.Sink
	talks chan struct{} // told when the call is answered; has room
	mu    sync.Mutex
	all   []bridge.Event
}

func (e *events) Publish(ev bridge.Event) {
	e.mu.Lock()
	e.all = append(e.all, ev)
	e.mu.Unlock()
	if ev.Kind == bridge.CallAnswered {
		e.talks <- struct{}{}
	}
	e.Sink.Publish(ev)
}

// only finds the one event of a kind; nil: there is none.
func (e *events) only(kind bridge.EventKind) *bridge.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range e.all {
		if e.all[i].Kind == kind {
			return &e.all[i]
		}
	}
	return nil
}

const ringsThere = `{"name": "r", "context": "public", "destination_number": ["1"],
	"callflow": [{"bridge": {"endpoints": [{"type": "sipGateway", "name": "gsm", "dialString": "204"}]}}, {"hangup": "NO_ANSWER"}],
	"onDisconnect": [{"httpRequest": {"url": "TOWN/after", "data": {"missed": "${missed}", "to": "${bridged_to}"}}}]}`

// TestWhatBecomesOfACallerInFreeSWITCHIsKnown: that FreeSWITCH has taken the call means nothing.
func TestWhatBecomesOfACallerInFreeSWITCHIsKnown(t *testing.T) {
	for name, c := range map[string]struct {
		rings  func(c *esltest.Channel)
		after  string
		missed bool
	}{
		"nobody answers there": {func(c *esltest.Channel) { c.Answer(); c.SetVariable("originate_disposition", "NO_ANSWER") }, `{"missed":"true","to":""}`, true},
		"somebody does": {func(c *esltest.Channel) {
			c.Answer()
			c.Fire("CHANNEL_BRIDGE", esltest.Header{Name: "Other-Leg-Unique-ID", Value: "b-leg"}, esltest.Header{Name: "Other-Leg-Destination-Number", Value: "204"})
			c.SetVariable("originate_disposition", "SUCCESS")
		}, `{"missed":"false","to":"204"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			d := desked(t, w, strings.Replace(ringsThere, `"callflow": [`, `"callflow": [{"answer": ""}, `, 1))
			seen := &events{Sink: d.router, talks: make(chan struct{}, 8)}
			d.app("bridge", func(ch *esltest.Channel) {
				if c.rings(ch); !c.missed {
					<-seen.talks
				}
			})
			b, err := bridge.New(bridge.Options{Default: d.router, Sink: seen, Dialers: map[string]bridge.Dialer{"sip": d}})
			must(t, err)

			out := b.Handle(t.Context(), newCaller(), bridge.Address{Scheme: "sip", User: "1000"})

			if after := w.hears(t, "/after"); string(after.Body) != c.after {
				t.Errorf("afterwards: %s", after.Body)
			}
			answered := seen.only(bridge.CallAnswered)
			if (seen.only(bridge.CallMissed) != nil) != c.missed || (answered == nil) != c.missed || out.Times.Answered() == c.missed {
				t.Errorf("missed %v, answered %v, outcome %+v", seen.only(bridge.CallMissed), answered, out.Times)
			}
			if answered != nil && answered.Address.User != "204" {
				t.Errorf("answered by %s", answered.Address)
			}
		})
	}
}

func TestCallerHangsUpInFreeSWITCH(t *testing.T) {
	w := newTown(t)
	d := desked(t, w, moving)
	ann := newCaller()
	d.app("conference", func(c *esltest.Channel) { ann.leaves(); <-c.Done() })
	b, err := bridge.New(bridge.Options{Default: d.router, Sink: d.router, Dialers: map[string]bridge.Dialer{"sip": d}})
	must(t, err)
	out := b.Handle(t.Context(), ann, bridge.Address{Scheme: "sip", User: "1000"})
	if after := w.hears(t, "/after"); !strings.Contains(string(after.Body), `"after":""`) || out.Cause != bridge.NormalClearing {
		t.Errorf("ended with %s; afterwards: %s", out.Cause, after.Body)
	}
}

// TestFreeSWITCHRefusesTheCall: the step fails, and the script goes on here.
func TestFreeSWITCHRefusesTheCall(t *testing.T) {
	w := newTown(t)
	client := newClient()
	defer client.Close()
	o := options(folderOf(t, w.URL(), strings.Replace(moving, `{"playback": {"name": "bye.wav", "type": "wav"}}`, `{"setVar": "daily_pin=${last_error}"}`, 1)), client)
	o.Move = &live.Move{Number: "nobody", Can: func(string) bool { return true }}
	r, _ := run(t, o)
	b, err := bridge.New(bridge.Options{Default: r, Sink: r, Dialers: map[string]bridge.Dialer{"sip": &desk{}}})
	must(t, err)
	out := b.Handle(t.Context(), newCaller(), bridge.Address{Scheme: "sip", User: "1000"})
	if after := w.hears(t, "/after"); !strings.Contains(string(after.Body), `"after":"Ann +4930123456"`) || strings.Contains(string(after.Body), `"daily":""`) || out.Cause != bridge.UserBusy {
		t.Errorf("ended with %s; afterwards: %s", out.Cause, after.Body)
	}
}
