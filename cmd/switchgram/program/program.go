// Package program is a running Switchgram: it wires a configuration into Telegram accounts, a SIP agent and a bridge between them.
//
// New makes a Program, Run serves until its context ends and then drains: new calls are refused, running ones get some time. There are no
// rules of the call here; those are in package bridge, and who may call whom is in package bridge/line.
package program

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/desk"
	"switchgram/bridge/eventsocket"
	"switchgram/bridge/leg"
	"switchgram/bridge/notify"
	"switchgram/bridge/recording"
	"switchgram/bridge/sip"
	"switchgram/bridge/store"
	"switchgram/bridge/stream"
	"switchgram/tgcall"
	"switchgram/tgcall/engine/port"
)

// Options are what a configuration file does not say. The zero value is what `switchgram run` uses.
type Options struct {
	Sink    bridge.Sink // hears what happens to calls; nil: nobody does
	Network *Network    // another Telegram than the real one; nil: Telegram
	Log     *slog.Logger
}

// Program is a running Switchgram. Its methods may be called concurrently.
type Program struct {
	config   *Config
	o        Options
	log      *slog.Logger
	agent    *sip.Agent            // whose ports all lines share that have none of their own
	agents   map[string]*sip.Agent // by line; never changes
	bridge   *bridge.Bridge
	exporter *web                // nil: nobody may ask for metrics
	xml      *web                // nil: FreeSWITCH may not ask us for anything
	recorder *recording.Recorder // nil: nothing is recorded
	socket   *eventsocket.Socket // nil: FreeSWITCH is not steered
	store    *store.Store        // nil: no call is remembered
	notifier *notify.Notifier    // nil: nobody is told
	events   *stream.Stream      // nil: nobody follows events
	readers  *web                // of events; nil with it
	routes   *routing            // nil: no script decides about calls
	sink     sinks               // of all events
	metrics  *metrics            // nil: nobody may ask for them
	plan     *notify.Plan        // which events become notifications; nil: none do
	dh       *tgcall.DHCache
	sip      map[string]leg.FreeSWITCHLine // by line; like the next, never changes
	telegram map[string]*telegramLine
	media    *port.Port // of all Telegram calls, and of browsers'
	desk     *desk.Desk // nil: no browser may log in
	phone    *web       // that serves the pages
	photos   *photos    // of who calls

	authority authority // about passwords of pages' users; nil: the configuration has them all

	again map[string]chan struct{} // by line: the switch may have forgotten it; never changes

	mu         sync.Mutex
	registered map[string]SideStatus // by line: what the registrar said last
	lineUp     map[string]bool       // what was said last of a line
	steering   SideStatus            // of the event socket
}

// New opens the SIP sockets and reads every secret and session, so that what is wrong with them is known now. It starts nothing; a Program
// that is never run is closed with Close.
func New(c *Config, o Options) (*Program, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &Program{config: c, o: o, log: o.Log, dh: tgcall.NewDHCache(), registered: map[string]SideStatus{}, lineUp: map[string]bool{}}
	p.photos = newPhotos(p)
	if err := p.open(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// open opens one part after the other, each when those that it needs are there.
func (p *Program) open() error {
	dialers := map[string]bridge.Dialer{
		"tg":    &leg.TelegramDialer{Line: p.telegramLine},
		"sip":   &leg.FreeSWITCHDialer{Line: p.sipLine, User: p.sipPlaces},
		"verto": p.pageDialer(),
	}
	if err := errors.Join(p.openSocket(dialers), p.openSIPLines(), p.openTelegramLines()); err != nil {
		return err
	}
	for _, open := range []func() error{
		p.openAgents, p.openMedia, p.openMetrics, p.openXML, p.openRequests, p.planNotifications, p.openStore, p.openNotifier, p.openEvents, p.openVerto,
	} {
		if err := open(); err != nil {
			return err
		}
	}
	return p.openBridge(dialers)
}

// openBridge makes the bridge, with whoever decides about its calls and keeps what is said in them.
func (p *Program) openBridge(dialers map[string]bridge.Dialer) (err error) {
	p.sink = p.told()
	o := bridge.Options{Dialers: dialers, Gate: p.config.registry, Sink: p.sink, Log: p.log, RingTimeout: p.config.RingTimeout}
	if err := p.openRecorder(&o); err != nil {
		return err
	}
	if err := errors.Join(p.openHoldMusic(&o), p.openRoutes(&o)); err != nil {
		return err
	}
	p.bridge, err = bridge.New(o)
	return err
}

// told are those who are told of all events. The store is the first: what others hear of is on disk.
func (p *Program) told() (all sinks) {
	if p.store != nil {
		all = append(all, p.store)
	}
	if p.metrics != nil {
		all = append(all, p.metrics)
	}
	if p.o.Sink != nil {
		all = append(all, p.o.Sink)
	}
	if p.socket != nil {
		all = append(all, p.socket)
	}
	if p.desk != nil {
		all = append(all, p.desk)
	}
	return all
}

// openMetrics listens for Prometheus, if anybody is to ask.
func (p *Program) openMetrics() (err error) {
	at := p.config.Metrics
	if !at.IsValid() {
		return nil
	}
	p.metrics = newMetrics(newLineUp(p))
	p.metrics.registry.MustRegister(newDatagrams(p.media), newStrays(p.everyAgent()))
	p.observeSocket()
	p.exporter, err = newExporter(at, p.metrics.registry, p.log)
	return err
}

// serveMetrics serves until ctx ends. Calls go on without it.
func (p *Program) serveMetrics(ctx context.Context) {
	if p.exporter == nil {
		return
	}
	p.log.Info("serving metrics", "to", p.MetricsAddr())
	if err := p.exporter.run(ctx); err != nil {
		p.log.Error("metrics are served no longer", "err", err)
	}
}

func (p *Program) openTelegramLines() error {
	p.telegram = map[string]*telegramLine{}
	var wrong []error
	for _, l := range p.config.registry.Lines() {
		log := p.log.With("line", l.Name)
		login, err := p.config.Login(l, p.o.Network, log)
		if err == nil {
			_, err = login.stored(context.Background()) // a file
		}
		if err != nil && (len(wrong) == 0 || wrong[0].Error() != err.Error()) { // what is wrong for all lines is said once
			wrong = append(wrong, err)
		}
		p.telegram[l.Name] = &telegramLine{p: p, login: login, log: log}
	}
	return errors.Join(wrong...)
}

func (p *Program) telegramLine(name string) (leg.TelegramLine, bool) {
	t, ok := p.telegram[name]
	if !ok {
		return leg.TelegramLine{}, false
	}
	return t.ready()
}

// Close frees the sockets of a Program that was never run; one that runs ends with Run's context.
func (p *Program) Close() error {
	var err error
	if p.exporter != nil {
		err = p.exporter.close()
	}
	if p.xml != nil {
		err = errors.Join(err, p.xml.close())
	}
	if p.phone != nil {
		err = errors.Join(err, p.phone.close())
	}
	if p.readers != nil {
		err = errors.Join(err, p.readers.close())
	}
	for _, a := range p.everyAgent() {
		err = errors.Join(err, a.Close())
	}
	if p.store != nil {
		err = errors.Join(err, p.store.Close())
	}
	return errors.Join(err, p.routes.close(), p.closeMedia())
}

// SIPAddr is where we listen for the SIP of lines that have no ports of their own; network is "udp", "tcp" or "tls".
func (p *Program) SIPAddr(network string) netip.AddrPort { return p.agent.Addr(network) }

// MetricsAddr is where Prometheus may ask, at /metrics; the zero value: nowhere.
func (p *Program) MetricsAddr() netip.AddrPort {
	if p.exporter == nil {
		return netip.AddrPort{}
	}
	return p.exporter.addr()
}

// Run serves until ctx ends. Then new calls are refused with 503 and running ones may go on for Config.Drain; after that every Telegram call is
// discarded and every dialog ended. When Run returns, everything it started is gone. It fails if SIP or media cannot be served any more.
func (p *Program) Run(ctx context.Context) error {
	work, stopAgent := context.WithCancelCause(context.WithoutCancel(ctx))
	lines, stopLines := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLines()
	calls, stopCalls := context.WithCancel(context.WithoutCancel(ctx))
	defer stopCalls()
	scripts, stopScripts := context.WithCancel(context.WithoutCancel(ctx))
	defer stopScripts()
	var records, agent, scripted, all sync.WaitGroup
	records.Go(func() { p.keep(calls) })
	agent.Go(func() { stopAgent(p.runAgents(work)) })
	agent.Go(func() { stopAgent(p.media.Run(work)) })
	all.Go(func() { p.deliver(lines) })
	all.Go(func() { p.serveMetrics(lines) })
	all.Go(func() { p.serveXML(lines) })
	all.Go(func() { p.serveVerto(lines) })
	all.Go(func() { p.serveEvents(lines) })
	all.Go(func() { p.finishRecordings(lines) }) // which ends after all calls
	all.Go(func() { p.steer(lines) })
	all.Go(func() { p.watchRoutes(lines) })
	all.Go(func() { p.serveScripts(lines) })
	scripted.Go(func() { p.runRoutes(scripts) })
	scripted.Go(func() { p.serveWebhooks(scripts) })
	if p.awaitAgents(work) {
		p.log.Info("listening for sip", "udp", p.SIPAddr("udp"), "tcp", p.SIPAddr("tcp"), "tls", p.SIPAddr("tls"))
		p.log.Info("listening for media of telegram", "udp", p.MediaAddrs())
		p.runLines(lines, &all)
	}
	select {
	case <-ctx.Done():
		p.drain(p.config.Drain)
	case <-work.Done(): // without SIP or media there is nothing to do
		p.drain(0)
	}
	stopScripts() // while there are lines to send messages by
	scripted.Wait()
	stopLines() // while there is SIP to take registrations back by
	all.Wait()
	if err := p.routes.release(); err != nil {
		p.log.Error("the journal of scripts is not closed", "err", err)
	}
	stopAgent(nil)
	agent.Wait()
	stopCalls() // when nothing happens any more
	records.Wait()
	if err := context.Cause(work); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (p *Program) runLines(ctx context.Context, all *sync.WaitGroup) {
	for _, l := range p.config.registry.Lines() {
		all.Go(func() { p.register(ctx, l) })
		all.Go(func() { p.telegram[l.Name].run(ctx) })
	}
}

// drain lets running calls go on for a while.
func (p *Program) drain(d time.Duration) {
	for _, a := range p.everyAgent() {
		a.Drain()
	}
	if n := len(p.bridge.Calls()); n > 0 {
		p.log.Info("waiting for calls to end", "calls", n, "dur", d)
	}
	ctx, cancel := context.WithTimeout(context.Background(), d) // ours has ended
	defer cancel()
	if err := p.bridge.Shutdown(ctx); err != nil {
		p.log.Info("hung up the calls that were left")
	}
}
