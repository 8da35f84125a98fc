package program

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/prometheus/client_golang/prometheus"

	"switchgram/bridge"
	"switchgram/bridge/eventsocket"
	"switchgram/bridge/line"
	"switchgram/esl"
)

// FreeSWITCH says where the event socket is of the FreeSWITCH that lines are registered with; docs/freeswitch.md says what for.
type FreeSWITCH struct {
	EventSocket  string `yaml:"event_socket"` // host and port; empty: calls go by SIP alone
	User         string `yaml:"user"`         // of its directory, as in 1000@example.org; empty: the password is the event socket's own
	PasswordEnv  string `yaml:"password_env"`
	PasswordFile string `yaml:"password_file"`
}

// check reports what is wrong with the block.
func (f FreeSWITCH) check(say func(key, format string, args ...any)) {
	if f == (FreeSWITCH{}) {
		return
	}
	if host, port, err := net.SplitHostPort(f.EventSocket); err != nil || host == "" || port == "" {
		say("freeswitch.event_socket", "%q: want host and port, such as 127.0.0.1:8021", f.EventSocket)
	}
	if (f.PasswordEnv == "") == (f.PasswordFile == "") {
		say("freeswitch.password_env", "want password_env or password_file: what event_socket.conf.xml has")
	}
}

func (f FreeSWITCH) password() line.SecretRef {
	return line.SecretRef{Env: f.PasswordEnv, File: f.PasswordFile}
}

// socketClient says where the event socket is, and with which password.
func (c *Config) socketClient(log *slog.Logger) (esl.ClientOptions, error) {
	f := c.FreeSWITCH
	password, err := c.secret("freeswitch.password", f.password())
	return esl.ClientOptions{Address: f.EventSocket, Options: esl.Options{User: f.User, Password: password, Log: log}}, err
}

// openSocket makes our side of the event socket, if there is one. It does not connect yet.
func (p *Program) openSocket(dialers map[string]bridge.Dialer) error {
	if p.config.FreeSWITCH.EventSocket == "" {
		return nil
	}
	client, err := p.config.socketClient(p.log)
	if err != nil {
		return err
	}
	p.again = map[string]chan struct{}{}
	for _, l := range p.config.registry.Lines() {
		p.again[l.Name] = make(chan struct{}, 1)
	}
	p.socket, err = eventsocket.New(eventsocket.Options{
		Client: client, Return: p.registerAgain, Change: p.setSocket, Whom: p.whom, Dialers: dialers, Log: p.log,
	})
	if err != nil {
		return p.config.wrong("freeswitch.event_socket", err)
	}
	return nil
}

// steer keeps the event socket connected until ctx ends.
func (p *Program) steer(ctx context.Context) {
	if p.socket == nil {
		return
	}
	if err := p.socket.Run(ctx, p.bridge); err != nil {
		p.log.Error("the event socket is used no longer", "err", err)
	}
}

// registerAgain has every line look whether the switch still knows it.
func (p *Program) registerAgain() {
	for _, again := range p.again {
		select {
		case again <- struct{}{}:
		default: // it is going to
		}
	}
}

// whom reads an address that a command of the event socket names, and asks whether the line allows it.
func (p *Program) whom(name, address string) (bridge.Address, error) {
	l := p.config.registry.Line(name)
	if l == nil {
		return bridge.Address{}, fmt.Errorf("there is no line %q", name)
	}
	to, err := bridge.ParseAddress(address)
	if err != nil || to.Scheme != "tg" {
		return to, err
	}
	to.User = l.Dialled(to.User)
	return to, p.config.registry.May("", name, to).Err()
}

// EventSocket says how the connection to FreeSWITCH's event socket stands; the zero SideStatus: there is none to be.
func (p *Program) EventSocket() SideStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.steering
}

// setSocket notes how the connection stands, and tells when that has changed.
func (p *Program) setSocket(err error) {
	now := SideStatus{Up: err == nil, State: "up", Err: err}
	switch {
	case errors.Is(err, esl.ErrAuth):
		now.State = "password refused"
	case errors.Is(err, esl.ErrRejected):
		now.State = "address refused"
	case err != nil:
		now.State = "down"
	}
	p.mu.Lock()
	was := p.steering
	p.steering = was.changed(now)
	p.mu.Unlock()
	log := p.log.With("to", p.config.FreeSWITCH.EventSocket)
	switch {
	case was.State == now.State:
	case err == nil:
		log.Info("event socket is up")
	default:
		log.Warn("event socket is "+now.State, "err", err)
	}
}

// observeSocket adds the event socket to what Prometheus sees.
func (p *Program) observeSocket() {
	m := p.metrics
	if p.socket == nil || m == nil {
		return
	}
	count := func(name, help, result string, read func(eventsocket.Stats) uint64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Namespace: namespace, Name: name, Help: help, ConstLabels: prometheus.Labels{"result": result},
		}, func() float64 { return float64(read(p.socket.Stats())) }))
	}
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "event_socket_up", Help: "1 if FreeSWITCH's event socket is connected.",
	}, func() float64 { return number(p.socket.Connected()) }))
	const ofEvents, ofCommands = "Events of calls, by whether FreeSWITCH took them.", "Commands that came by the event socket."
	count("event_socket_events_total", ofEvents, "announced", func(s eventsocket.Stats) uint64 { return s.Announced })
	count("event_socket_events_total", ofEvents, "lost", func(s eventsocket.Stats) uint64 { return s.Lost })
	count("event_socket_commands_total", ofCommands, "obeyed", func(s eventsocket.Stats) uint64 { return s.Commands - s.Refused })
	count("event_socket_commands_total", ofCommands, "refused", func(s eventsocket.Stats) uint64 { return s.Refused })
}
