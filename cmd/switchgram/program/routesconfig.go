package program

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"switchgram/bridge/fetch"
	"switchgram/bridge/line"
	"switchgram/bridge/live/speech"
	"switchgram/bridge/route"
	"switchgram/bridge/sound"
)

// Routes says which scripts decide about calls; docs/routing.md explains. Without a directory there are none.
type Routes struct {
	Directory string            `yaml:"directory"`
	Default   string            `yaml:"default"`  // public route of numbers that no other has; empty: none
	Numbers   map[string]string `yaml:"numbers"`  // by line: which number its calls from Telegram are for, 500 or default:500; others are for tg:LINE, if a route has that
	Domain    string            `yaml:"domain"`   // whose routes they are; empty: that of xml
	Sounds    string            `yaml:"sounds"`   // folder of what scripts play
	Ringback  string            `yaml:"ringback"` // country whose tone callers hear, or none; empty: US
	Allow     []netip.Prefix    `yaml:"allow"`    // networks that scripts may ask though they are not public

	Dial     line.TollConfig `yaml:"dial"` // which numbers scripts may dial; country empty: that of the lines, if they have one
	Requests RouteRequests   `yaml:"requests"`

	FreeSWITCH RoutesFreeSWITCH `yaml:"freeswitch"`
	JS         RoutesJS         `yaml:"js"`
	Webhooks   Webhooks         `yaml:"webhooks"`

	Speak []SpeechService `yaml:"speak"` // the first is meant where a script names none
	Hear  []SpeechService `yaml:"hear"`
}

// RoutesFreeSWITCH is for what only FreeSWITCH can do: its dialplan hands calls to us by "socket".
type RoutesFreeSWITCH struct {
	Socket     string         `yaml:"socket"` // host and port to listen on; empty: nowhere
	Allow      []netip.Prefix `yaml:"allow"`  // who may connect; empty: this machine
	Number     string         `yaml:"number"` // by which we send calls there: xml.scripts.numbers has it
	Recordings string         `yaml:"recordings"`
}

// RouteRequests bounds what scripts ask of web servers.
type RouteRequests struct {
	Hosts     []string `yaml:"hosts"`      // that alone may be asked: crm.example.org, *.example.org; empty: all
	PerSecond float64  `yaml:"per_second"` // to one host; those that come faster wait; 0: usualPerSecond
}

// usualPerSecond is how many requests a second go to one host if nothing is said.
const usualPerSecond = 50

// RoutesJS says whether scripts may have steps in JavaScript.
type RoutesJS struct {
	Enabled bool `yaml:"enabled"`
}

// SpeechService speaks or understands, by a program or over HTTP.
type SpeechService struct {
	Name     string            `yaml:"name"`
	Command  []string          `yaml:"command"`
	URL      string            `yaml:"url"`
	Header   map[string]string `yaml:"header"`
	Body     string            `yaml:"body"`
	Answer   string            `yaml:"answer"`
	Voice    string            `yaml:"voice"`
	Language string            `yaml:"language"`
}

func (r Routes) check(say func(key, format string, args ...any), lines []string) {
	if r.Directory == "" {
		if len(r.Numbers) > 0 || r.FreeSWITCH.Socket != "" || r.Webhooks.Listen.IsValid() {
			say("routes.directory", "missing: where are the routes?")
		}
		return
	}
	for name := range r.Numbers {
		if !slices.Contains(lines, name) {
			say("routes.numbers."+name, "there is no such line")
		}
	}
	if _, err := r.ringback(); err != nil {
		say("routes.ringback", "%q: want a country whose tones are known, or none", r.Ringback)
	}
	r.FreeSWITCH.check(say)
	r.Webhooks.check(say)
	if _, err := line.NewToll(r.Dial); err != nil {
		say("routes.dial", "%v", err)
	}
	if r.Requests.PerSecond < 0 {
		say("routes.requests.per_second", "%v: want a number of requests", r.Requests.PerSecond)
	}
	for kind, all := range map[string][]SpeechService{"speak": r.Speak, "hear": r.Hear} {
		for i, s := range all {
			if (len(s.Command) == 0) == (s.URL == "") {
				say(fmt.Sprintf("routes.%s[%d].command", kind, i), "want a command or a url")
			}
		}
	}
}

func (f RoutesFreeSWITCH) check(say func(key, format string, args ...any)) {
	if f.Socket == "" {
		if f.Number != "" {
			say("routes.freeswitch.socket", "missing: where does FreeSWITCH's dialplan find us? Such as 127.0.0.1:8084")
		}
		return
	}
	host, _, err := net.SplitHostPort(f.Socket)
	if err != nil {
		say("routes.freeswitch.socket", "%q: want host and port, such as 127.0.0.1:8084", f.Socket)
		return
	}
	if at, err := netip.ParseAddr(host); (err != nil || !at.IsLoopback()) && len(f.Allow) == 0 {
		say("routes.freeswitch.allow", "missing: off this machine want the networks that FreeSWITCH comes from; there is no password")
	}
}

// number is the context and number that calls from Telegram are for, and whether the configuration names it.
func (r Routes) number(line string) (context, number string, named bool) {
	number, named = r.Numbers[line]
	if !named {
		return route.Public, "tg:" + line, false
	}
	if rest, ok := strings.CutPrefix(number, route.Default+":"); ok {
		return route.Default, rest, true
	}
	return route.Public, number, true
}

// files are the names of files in it.
func (r *Routes) files() []*string {
	return append([]*string{&r.Directory, &r.Sounds}, r.Webhooks.files()...)
}

// ringback makes what callers hear; nil: nothing.
func (r Routes) ringback() (func() sound.Source, error) {
	country := r.Ringback
	switch country {
	case "none":
		return nil, nil
	case "":
		country = "US"
	}
	if _, err := sound.NewSignal(sound.Ringback, country); err != nil {
		return nil, err
	}
	return func() sound.Source {
		s, err := sound.NewSignal(sound.Ringback, country)
		if err != nil { // it was known a moment ago
			return sound.Silence{}
		}
		return s
	}, nil
}

// client is what asks web servers for scripts.
func (r Routes) client() *fetch.Client {
	return fetch.New(fetch.Options{Allow: r.Allow, Hosts: r.Requests.Hosts, PerSecond: cmp.Or(r.Requests.PerSecond, usualPerSecond)})
}

// Toll says which numbers scripts may dial: if no country is named, as in the only one that lines are in.
func (c *Config) Toll() (*line.Toll, error) {
	t := c.Routes.Dial
	for _, l := range c.Lines {
		if c.Routes.Dial.Country != "" || l.Country == "" {
			continue
		}
		if t.Country != "" && t.Country != l.Country {
			t.Country = ""
			break
		}
		t.Country = l.Country
	}
	return line.NewToll(t)
}

// AddedNumbers is the folder of what scripts add to lists.
func (c *Config) AddedNumbers() string { return c.folder("lists") }

// services are those of a list.
func services(all []SpeechService) (list []speech.Service) {
	for _, s := range all {
		list = append(list, speech.Service(s))
	}
	return list
}

// folder is one of those that the program keeps for scripts.
func (c *Config) folder(name string) string { return filepath.Join(c.State, name) }
