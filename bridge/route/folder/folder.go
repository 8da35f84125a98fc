// Package folder reads everything that routing scripts are made of from a folder:
//
//	routes/*.json            the scripts
//	routes/calendars/*.json  calendars (package calendar)
//	routes/lists/*.txt       lists of numbers (package numberlist), by file name
//	routes/limits.json       {"hotline": 5}: most calls at once
//	routes/globals.json      {"company": "Acme"}: what $${company} stands for
//	routes/secrets.json      {"crm_token": {"env": "CRM_TOKEN"}, "key": {"file": "key.txt"}}: where secrets stand
//
// Folder keeps what it has read, and reads it again when a file changes: what is broken then is refused as a whole, and what was before stays.
package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"switchgram/bridge/route"
	"switchgram/bridge/route/calendar"
	"switchgram/bridge/route/javascript"
	"switchgram/bridge/route/numberlist"
)

// every is how often the folder is looked at.
const every = 2 * time.Second

// Placeholder begins what stands for a secret that cannot be read: an address that leads nowhere (RFC 6761 §6.4).
const Placeholder = "https://secret.invalid/"

// Options of a folder. The zero value is usable.
type Options struct {
	Default string       // public route of numbers that no other has
	Lenient bool         // secrets that cannot be read are Placeholder and their name: for checks where they are not
	Log     *slog.Logger // nil: nowhere

	JavaScript javascript.Checker // of steps in that language; nil: they are not looked at
}

// Folder is a folder and what was last read from it. Make one with Open.
type Folder struct {
	path    string
	opt     Options
	current atomic.Pointer[route.Library]
	seen    string // what it looked like when it was last read
}

// Open reads a folder. Everything wrong with it is in the error.
func Open(path string, o Options) (*Folder, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	f := &Folder{path: path, opt: o, seen: look(path)}
	l, err := Load(path, o)
	if err != nil {
		return nil, err
	}
	f.current.Store(l)
	return f, nil
}

// Library is what is in force. It may be called at any time.
func (f *Folder) Library() *route.Library { return f.current.Load() }

// Run reads the folder again when something in it has changed, until ctx ends. Calls that run keep what they began with.
func (f *Folder) Run(ctx context.Context) error {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			f.refresh()
		case <-ctx.Done():
			return nil
		}
	}
}

func (f *Folder) refresh() {
	looks := look(f.path)
	if looks == f.seen {
		return
	}
	f.seen = looks
	l, err := Load(f.path, f.opt)
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			f.opt.Log.Error("changed routes are refused, the old ones stay", "err", line)
		}
		return
	}
	f.current.Store(l)
	f.opt.Log.Info("routes read again", "routes", len(l.Scripts))
}

// look is names, sizes and times of all files.
func look(path string) string {
	var b strings.Builder
	_ = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if info, err := d.Info(); err == nil {
			fmt.Fprintln(&b, name, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	}) // what cannot be read is found when it is
	return b.String()
}

// Load reads a folder once, and checks that everything is there that its scripts refer to.
func Load(path string, o Options) (*route.Library, error) {
	l := &route.Library{
		Calendars: map[string]route.Calendar{}, Lists: map[string]route.List{}, Limits: map[string]int{}, Secrets: map[string]string{}, Globals: map[string]string{}, Default: o.Default,
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("routes: %s is no folder", path)
	}
	var wrong []error
	for _, kind := range []struct {
		pattern string
		read    func(l *route.Library, name string, o Options) error
	}{
		{"limits.json", readLimits}, {"secrets.json", readSecrets}, {"globals.json", readGlobals}, {"calendars/*.json", readCalendar}, {"lists/*.txt", readList}, {"*.json", readScript},
	} {
		names, err := filepath.Glob(filepath.Join(path, kind.pattern))
		if err != nil {
			return nil, fmt.Errorf("routes: %w", err)
		}
		for _, name := range names {
			if err := kind.read(l, name, o); err != nil {
				wrong = append(wrong, err)
			}
		}
	}
	if len(wrong) == 0 {
		wrong = append(wrong, l.Check())
	}
	return l, errors.Join(wrong...)
}

// Beside reads one script with what stands beside it in its folder, so that it can be tried before the rest is in order. What is wrong with the others
// does not count; they are there if they can be read.
func Beside(file string, o Options) (*route.Library, *route.Script, error) {
	var one route.Library
	if err := readScript(&one, file, o); err != nil {
		return nil, nil, err
	}
	l, _ := Load(filepath.Dir(file), o) // its mistakes are the others'
	script := one.Scripts[0]
	l.Scripts = slices.DeleteFunc(l.Scripts, func(s *route.Script) bool { return s.Name == script.Name || s.File == file })
	l.Scripts = append(l.Scripts, script)
	return l, script, l.CheckScript(script)
}

// parsed has a file read.
func parsed[T any](name string, parse func(file string, from io.Reader) (T, error)) (read T, err error) {
	f, err := os.Open(name)
	if err != nil {
		return read, fmt.Errorf("routes: %w", err)
	}
	defer f.Close()
	return parse(name, f)
}

// besides are files beside the scripts that are none.
var besides = []string{"limits.json", "secrets.json", "globals.json"}

func readScript(l *route.Library, name string, o Options) error {
	if slices.Contains(besides, filepath.Base(name)) {
		return nil
	}
	s, err := parsed(name, route.Parse)
	if err == nil && o.JavaScript != nil {
		err = s.CheckJavaScript(o.JavaScript)
	}
	if err != nil {
		return err
	}
	l.Scripts = append(l.Scripts, s)
	return nil
}

func readCalendar(l *route.Library, name string, _ Options) error {
	c, err := parsed(name, calendar.Parse)
	if err != nil {
		return err
	}
	if l.Calendars[c.Name] != nil {
		return fmt.Errorf("%s: there is a calendar %q already", name, c.Name)
	}
	l.Calendars[c.Name] = c
	return nil
}

func readList(l *route.Library, name string, _ Options) error {
	all, err := parsed(name, numberlist.Parse)
	if err != nil {
		return err
	}
	l.Lists[strings.TrimSuffix(filepath.Base(name), ".txt")] = all
	return nil
}
