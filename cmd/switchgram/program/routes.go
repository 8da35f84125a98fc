package program

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"switchgram/bridge"
	"switchgram/bridge/fetch"
	"switchgram/bridge/live"
	"switchgram/bridge/live/freeswitch"
	"switchgram/bridge/live/speech"
	"switchgram/bridge/notify"
	"switchgram/bridge/room"
	"switchgram/bridge/route"
	"switchgram/bridge/route/folder"
	"switchgram/bridge/route/javascript"
	"switchgram/bridge/route/numberlist"
	"switchgram/bridge/store/search"
	"switchgram/esl"
	"switchgram/tgcall/account"
)

// routing is what runs scripts.
type routing struct {
	folder *folder.Folder
	router *live.Router
	client *fetch.Client
	socket *esl.Server         // nil: FreeSWITCH hands no calls to us
	queued *live.Requests      // nil: there is nowhere to keep requests that nobody waits for
	mail   *live.Mail          // nil: there is no server for it
	js     *javascript.Workers // nil: JavaScript is off
	hooks  *web                // nil: no web request has a script
}

// openRequests makes what sends the mail of scripts, and the queue of requests and mail that nobody waits for, if there is a store.
func (p *Program) openRequests() (err error) {
	if p.config.Routes.Directory == "" {
		return nil
	}
	p.routes = &routing{}
	var put func(notify.Notification) error
	if p.config.Store != "" && p.config.Store != noStore {
		put = func(n notify.Notification) error { return p.store.Enqueue(n) }
	}
	if p.routes.mail, err = p.openMail(put); err != nil || put == nil {
		return err
	}
	if err := os.MkdirAll(p.config.State, 0o700); err != nil {
		return p.config.wrong("state", err)
	}
	key, err := account.LoadKey(filepath.Join(p.config.State, "sessions.key"))
	if err != nil {
		return p.config.wrong("state", err)
	}
	p.routes.queued, err = live.NewRequests(key, put)
	return err
}

// openRoutes reads the scripts, and has them decide about calls.
func (p *Program) openRoutes(o *bridge.Options) (err error) {
	c := p.config.Routes
	if c.Directory == "" {
		return nil
	}
	r, fo := p.routes, folder.Options{Default: c.Default, Log: p.log}
	if c.JS.Enabled {
		if r.js, err = NewJavaScript(); err != nil {
			return p.config.wrong("routes.js", err)
		}
		fo.JavaScript = r.js
	}
	if r.folder, err = folder.Open(c.Directory, fo); err != nil {
		return p.config.wrong("routes.directory", err)
	}
	r.client = c.client()
	lo, err := p.routerOptions(o)
	if err != nil {
		return err
	}
	if r.router, err = live.New(lo); err != nil {
		return p.config.wrong("state", err)
	}
	o.Default = r.router
	p.sink = append(p.sink, r.router)
	o.Sink = p.sink
	p.observeRoutes()
	return errors.Join(p.openScriptSocket(), p.openWebhooks())
}

// openScriptSocket listens for the dialplan of FreeSWITCH.
func (p *Program) openScriptSocket() (err error) {
	f := p.config.Routes.FreeSWITCH
	if f.Socket == "" {
		return nil
	}
	p.routes.socket, err = esl.NewServer(esl.ServerOptions{Address: f.Socket, Allow: f.Allow, Handle: p.routes.router.Serve, Log: p.log})
	if err != nil {
		return p.config.wrong("routes.freeswitch.socket", err)
	}
	return nil
}

func (p *Program) routerOptions(o *bridge.Options) (live.Options, error) {
	c := p.config.Routes
	scripts, err := p.scriptOptions()
	if err != nil {
		return live.Options{}, err
	}
	lo := live.Options{
		Scripts: scripts, Arrival: p.arrival, People: people{p}, Gate: p.config.registry, Bridge: func() *bridge.Bridge { return p.bridge },
		Sink: told{p}, Journal: p.config.folder("scripts"), Sounds: c.Sounds, Made: []string{p.config.folder("speech")},
		Messages: p.config.folder("messages"), FreeSWITCH: p.freeswitchOptions(), Log: p.log,
	}
	if err := os.MkdirAll(lo.Messages, 0o700); err != nil {
		return lo, p.config.wrong("state", err)
	}
	if again, _ := c.ringback(); again != nil {
		lo.Ringback = func() room.Source { return again() }
	}
	if o.Recorder != nil {
		if lo.Announce, err = p.config.Recording.announcement(); err != nil {
			return lo, p.config.wrong("recording.announce", err)
		}
	}
	if f := c.FreeSWITCH; f.Number != "" {
		lo.Move = &live.Move{Number: f.Number, Can: func(name string) bool { _, up := p.sipLine(name); return up }}
	}
	return lo, nil
}

// scriptOptions are what scripts have of the world.
func (p *Program) scriptOptions() (o route.Options, err error) {
	c, said := p.config.Routes, newMessenger(p)
	o = route.Options{Library: p.routes.folder.Library, HTTP: p.routes.client, Messenger: said, Chats: chats{said}, Agents: agents{p}, Directory: userData{p}, Log: p.log}
	if o.Lists, err = numberlist.OpenKeeper(p.config.AddedNumbers(), p.log); err != nil {
		return o, p.config.wrong("state", err)
	}
	toll, err := p.config.Toll()
	if err != nil {
		return o, p.config.wrong("routes.dial", err)
	}
	o.MayDial = toll.MayDial
	if p.routes.queued != nil {
		o.Requests = later{p.routes.queued, p.routes.client}
	}
	if p.routes.mail != nil {
		o.Mailer = p.routes.mail
	}
	if p.routes.js != nil {
		o.JavaScript = p.routes.js
	}
	if p.store != nil {
		o.Records = search.Records{Store: p.store}
	}
	if len(c.Speak) > 0 {
		if o.Speaker, err = speech.NewSpeaker(p.config.folder("speech"), services(c.Speak), p.routes.client); err != nil {
			return o, p.config.wrong("routes.speak", err)
		}
	}
	if len(c.Hear) > 0 {
		if o.Recogniser, err = speech.NewRecogniser(services(c.Hear), p.routes.client); err != nil {
			return o, p.config.wrong("routes.hear", err)
		}
	}
	return o, nil
}

// later queues the requests that the client would send.
type later struct {
	queue  route.Queue
	client *fetch.Client
}

// Enqueue implements route.Queue.
func (l later) Enqueue(ctx context.Context, key string, r fetch.Request) error {
	if err := l.client.May(r.URL); err != nil {
		return err
	}
	return l.queue.Enqueue(ctx, key, r)
}

// freeswitchOptions are for scripts that run in FreeSWITCH.
func (p *Program) freeswitchOptions() freeswitch.Options {
	c := p.config.Routes
	return freeswitch.Options{
		Domain: p.routeDomain(), Recordings: c.FreeSWITCH.Recordings,
		Sound: func(name string) (string, error) {
			if filepath.IsAbs(name) { // of our making
				return name, nil
			}
			if path := filepath.Join(c.Sounds, name); c.Sounds != "" && filepath.IsLocal(name) && exists(path) {
				return path, nil
			}
			if !filepath.IsLocal(name) {
				return "", fmt.Errorf("play %q: outside the folder of sounds", name)
			}
			return name, nil // one of FreeSWITCH's own
		},
		Telegram: func(peer string) (user, dial string, err error) {
			way := switchboard{p}.way(peer)
			if way.Cause != "" {
				return "", "", fmt.Errorf("call %s: %s", peer, way.Cause)
			}
			return way.User, way.Who, nil
		},
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// arrival is as what a call comes to its route. Calls for which there is none are connected as without routes, unless the configuration names their
// number.
func (p *Program) arrival(c *bridge.Call) (route.Arrival, bool) {
	context, number, named := route.Default, c.To().User, false
	if c.From().Scheme == "tg" {
		context, number, named = p.config.Routes.number(c.Line())
	}
	domain := p.routeDomain()
	_, _, err := p.routes.folder.Library().Choose(context, domain, number)
	return live.ArrivalOf(c, context, domain, number), err == nil || named
}

func (p *Program) routeDomain() string {
	if d := p.config.Routes.Domain; d != "" {
		return d
	}
	return p.config.xmlDomain()
}

// people are those whom scripts call.
type people struct{ p *Program }

// User implements live.People: a user of ours rings wherever it is registered and logged in; others are the line's switch's.
func (w people) User(t route.Target) []bridge.Address {
	name := t.Name
	if t.Protocol == "webrtc" {
		return []bridge.Address{{Scheme: "verto", User: name}}
	}
	return []bridge.Address{{Scheme: "sip", User: name}}
}

// Telegram implements live.People.
func (w people) Telegram(line, peer string) bridge.Address {
	if l := w.p.config.registry.Line(line); l != nil {
		peer = l.Dialled(peer)
	}
	return bridge.Address{Scheme: "tg", User: peer}
}

// told tells everybody what scripts did.
type told struct{ p *Program }

// Publish implements bridge.Sink.
func (t told) Publish(ev bridge.Event) { t.p.sink.Publish(ev) }

// subscriptions are those of scripts.
func (r *routing) subscriptions() []notify.Subscription {
	if r == nil || r.queued == nil {
		return nil
	}
	all := []notify.Subscription{r.queued.Subscription()}
	if r.mail != nil {
		all = append(all, r.mail.Subscription())
	}
	return all
}

// runRoutes runs scripts until ctx ends.
func (p *Program) runRoutes(ctx context.Context) {
	if p.routes == nil {
		return
	}
	if err := p.routes.router.Run(ctx); err != nil {
		p.log.Error("scripts do nothing after calls any longer", "err", err)
	}
	p.routes.client.Close()
}

// watchRoutes reads routes that change, and takes calls of FreeSWITCH's dialplan, until ctx ends.
func (p *Program) watchRoutes(ctx context.Context) {
	if p.routes == nil {
		return
	}
	if err := p.routes.folder.Run(ctx); err != nil {
		p.log.Error("routes that change are not read any longer", "err", err)
	}
}

func (p *Program) serveScripts(ctx context.Context) {
	if p.routes == nil || p.routes.socket == nil {
		return
	}
	if err := p.routes.socket.Run(ctx); err != nil {
		p.log.Error("FreeSWITCH's dialplan finds no scripts any longer", "err", err)
	}
}

// ScriptSocket is where FreeSWITCH's dialplan finds us; empty: nowhere.
func (p *Program) ScriptSocket() string {
	if p.routes == nil || p.routes.socket == nil {
		return ""
	}
	return p.routes.socket.Addr().String()
}

func (r *routing) close() error {
	if r == nil {
		return nil
	}
	var err error
	if r.hooks != nil {
		err = r.hooks.close()
	}
	if r.socket != nil {
		err = errors.Join(err, r.socket.Close())
	}
	return errors.Join(err, r.release())
}

// release ends the processes that JavaScript has run in, and closes the journal: nobody reads or runs scripts any longer.
func (r *routing) release() error {
	if r == nil {
		return nil
	}
	if r.js != nil {
		r.js.Close()
	}
	if r.router == nil {
		return nil
	}
	return r.router.Close()
}

// Routes are the scripts in force, and what they did; not ok: there are none.
func (p *Program) Routes() (names []string, did live.Stats, ok bool) {
	if p.routes == nil || p.routes.router == nil {
		return nil, live.Stats{}, false
	}
	for _, s := range p.routes.folder.Library().Scripts {
		names = append(names, s.Name)
	}
	return names, p.routes.router.Stats(), true
}

// observeRoutes adds scripts to what Prometheus sees.
func (p *Program) observeRoutes() {
	m := p.metrics
	if m == nil {
		return
	}
	count := func(name, help string, read func(live.Stats) uint64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help},
			func() float64 { return float64(read(p.routes.router.Stats())) }))
	}
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "routes", Help: "Routes that are in force.",
	}, func() float64 { return float64(len(p.routes.folder.Library().Scripts)) }))
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "scripts", Help: "Calls that have a script, until it is done with what is due after them.",
	}, func() float64 { return float64(p.routes.router.Stats().Running) }))
	count("scripts_total", "Calls for which a script was begun.", func(s live.Stats) uint64 { return s.Calls })
	count("script_steps_total", "Steps of scripts that were run.", func(s live.Stats) uint64 { return s.Steps })
	count("script_steps_failed_total", "Steps of scripts that failed.", func(s live.Stats) uint64 { return s.Failed })
	count("scripts_moved_total", "Calls that went to FreeSWITCH for a step.", func(s live.Stats) uint64 { return s.Moved })
	count("scripts_resumed_total", "Calls whose onDisconnect was gone on with after a crash.", func(s live.Stats) uint64 { return s.Resumed })
}

var errNobody = errors.New("no line is connected to Telegram")
