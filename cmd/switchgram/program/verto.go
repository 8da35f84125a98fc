package program

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v4"

	"switchgram/bridge"
	"switchgram/bridge/desk"
	"switchgram/bridge/line"
	"switchgram/verto"
	"switchgram/verto/phone"
)

// Verto is where browsers log in; docs/verto.md explains.
type Verto struct {
	Listen      netip.AddrPort `yaml:"listen"`      // none: nowhere; off loopback only with a certificate
	Certificate string         `yaml:"certificate"` // PEM files
	Key         string         `yaml:"key"`
	Plain       bool           `yaml:"plain"`       // let pages in without TLS: what is in front of us has it
	Origins     []string       `yaml:"origins"`     // of pages elsewhere that may connect
	ICEServers  []ICEServer    `yaml:"ice_servers"` // by which browsers and we find each other
	Login       VertoLogin     `yaml:"login"`       // who knows passwords of users without one
	Demo        Demonstration  `yaml:"-"`
}

// Demonstration is who gets the page logged in; the zero value is nobody.
type Demonstration struct{ User, Password string }

// ICEServer is a STUN or TURN server.
type ICEServer struct {
	URL          string `yaml:"url"` // stun:host:port, turn:host:port?transport=udp, turns:…
	User         string `yaml:"user"`
	PasswordEnv  string `yaml:"password_env"`
	PasswordFile string `yaml:"password_file"`
}

// check reports what is wrong with the block.
func (v *Verto) check(say func(key, format string, args ...any), f FreeSWITCH) {
	if (v.Certificate == "") != (v.Key == "") {
		say("verto.certificate", "want certificate and key, or neither")
	}
	if v.Listen.IsValid() && !v.Listen.Addr().IsLoopback() && v.Certificate == "" && !v.Plain {
		say("verto.listen", "%s: browsers give no microphone to pages without TLS; want a loopback address, or certificate and key, or plain: true"+
			" behind a proxy that has TLS", v.Listen)
	}
	checkOrigins(say, "verto.origins", v.Origins, "https://phone.example.org", "*")
	v.Login.check(say, f)
	for i, s := range v.ICEServers {
		if scheme, _, found := strings.Cut(s.URL, ":"); !found || scheme != "stun" && scheme != "turn" && scheme != "turns" {
			say(fmt.Sprintf("verto.ice_servers[%d].url", i), "%q: want stun:, turn: or turns:, and a host, such as stun:stun.example.org:3478", s.URL)
		}
	}
}

// files are the names of files in it.
func (v *Verto) files() []*string {
	all := []*string{&v.Certificate, &v.Key, &v.Login.TokenFile}
	for i := range v.ICEServers {
		all = append(all, &v.ICEServers[i].PasswordFile)
	}
	return all
}

// iceServers reads the passwords.
func (c *Config) iceServers() (all []webrtc.ICEServer, err error) {
	for i, s := range c.Verto.ICEServers {
		server := webrtc.ICEServer{URLs: []string{s.URL}, Username: s.User}
		if ref := (line.SecretRef{Env: s.PasswordEnv, File: s.PasswordFile}); ref != (line.SecretRef{}) {
			password, err := c.secret(fmt.Sprintf("verto.ice_servers[%d].password", i), ref)
			if err != nil {
				return nil, err
			}
			server.Credential = password
		}
		all = append(all, server)
	}
	return all, nil
}

// openVerto listens for browsers, if there are to be any.
func (p *Program) openVerto() error {
	v := &p.config.Verto
	if !v.Listen.IsValid() {
		return nil
	}
	servers, err := p.config.iceServers()
	if err != nil {
		return err
	}
	if p.authority, err = p.newAuthority(); err != nil {
		return err
	}
	p.desk, err = desk.New(desk.Options{
		Registry: p.config.registry, Lines: deskLines{p}, Bridge: func() *bridge.Bridge { return p.bridge }, Store: p.store, Log: p.log,
		Verto: verto.Options{
			Users: vertoUsers{p.config.registry, p.authority, p.log}, Origins: v.Origins, Plain: v.Plain, ICEServers: servers, Media: p.pageMedia, Log: p.log,
		},
	})
	if err != nil {
		return err
	}
	secure, err := serverTLS(v.Certificate, v.Key)
	if err != nil {
		return p.config.wrong("verto.certificate", err)
	}
	p.phone, err = newWeb("verto", v.Listen, secure, v.handler(p.desk.Pages()), p.log)
	return err
}

// handler serves the telephone at "/", and Verto to whoever asks for a WebSocket, wherever: clients of FreeSWITCH's ask at "/".
func (v *Verto) handler(pages *verto.Server) http.Handler {
	page := phone.Handler(phone.Options{User: v.Demo.User, Password: v.Demo.Password})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if websocket.IsWebSocketUpgrade(r) {
			pages.ServeHTTP(w, r)
			return
		}
		page.ServeHTTP(w, r)
	})
}

// serveVerto serves browsers until ctx ends; their calls have ended before, or end then.
func (p *Program) serveVerto(ctx context.Context) {
	if p.desk == nil {
		return
	}
	serving, stop := context.WithCancel(ctx)
	defer stop()
	asking, forget := context.WithCancel(context.WithoutCancel(ctx))
	defer forget()
	var asked, all sync.WaitGroup
	if p.authority != nil {
		asked.Go(func() { p.authority.run(asking) })
	}
	all.Go(func() { _ = p.desk.Run(serving) }) // it always ends well
	scheme := "http"
	if p.config.Verto.Certificate != "" {
		scheme = "https"
	}
	p.log.Info("serving browsers", "url", fmt.Sprintf("%s://%s/", scheme, p.VertoAddr()))
	if err := p.phone.run(ctx); err != nil {
		p.log.Error("browsers are served no longer", "err", err)
	}
	stop()
	all.Wait()
	forget() // when nobody logs in any more
	asked.Wait()
}

// VertoAddr is where browsers may log in; the zero value: nowhere.
func (p *Program) VertoAddr() netip.AddrPort {
	if p.phone == nil {
		return netip.AddrPort{}
	}
	return p.phone.addr()
}
