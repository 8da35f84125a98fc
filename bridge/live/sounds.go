package live

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"switchgram/bridge/room"
	"switchgram/bridge/route"
	"switchgram/bridge/sound"
)

// sounds makes what scripts play.
type sounds struct {
	folder string   // of files that scripts name; empty: none
	places []string // folders of files that we have made ourselves
}

// all is one sound after the other.
func (s sounds) all(list []route.Sound) (room.Source, error) {
	p := &playlist{}
	for _, one := range list {
		src, err := s.one(one)
		if err != nil {
			return nil, err
		}
		p.rest = append(p.rest, src)
	}
	return p, nil
}

func (s sounds) one(one route.Sound) (room.Source, error) {
	switch one.Kind {
	case route.File:
		return s.file(one.Folder, one.Name)
	case route.Tone:
		return sound.ParseTGML(one.Name)
	case route.Silence:
		return &pause{left: one.Length}, nil
	default:
		return nil, route.ErrNeedsFreeSWITCH
	}
}

// fileEndings are what the files end in that can be played here, best first.
var fileEndings = []string{".wav", ".opus", ".ogg", ".mp3"}

// file reads a file. It may be there as another kind than it is said to be.
func (s sounds) file(folder, name string) (room.Source, error) {
	path, err := s.in(folder, name)
	if err != nil {
		return nil, err
	}
	once, err := sound.Once(path)
	if err != nil {
		return nil, err
	}
	return once(), nil
}

// again makes a sound that has no end.
func (s sounds) again(one route.Sound) (func() room.Source, error) {
	if one.Kind == route.File {
		path, err := s.in(one.Folder, one.Name)
		if err != nil {
			return nil, err
		}
		again, err := sound.Again(path)
		return func() room.Source { return again() }, err
	}
	if _, err := s.one(one); err != nil {
		return nil, err
	}
	return func() room.Source {
		return &repeated{make: func() room.Source {
			src, err := s.one(one)
			if err != nil { // it was good a moment ago
				return sound.Silence{}
			}
			return src
		}}
	}, nil
}

// in is the path of a file in a folder of ours, or else as find knows it.
func (s sounds) in(folder, name string) (string, error) {
	if folder != "" && !filepath.IsAbs(name) {
		if path, err := s.find(filepath.Join(folder, name)); err == nil {
			return path, nil
		}
	}
	return s.find(name)
}

// find is the path of a file in one of our folders, and nowhere else.
func (s sounds) find(name string) (string, error) {
	if filepath.IsAbs(name) {
		if !s.ours(name) {
			return "", fmt.Errorf("play %q: outside the folder of sounds", name)
		}
		return name, nil
	}
	if s.folder == "" || !filepath.IsLocal(name) {
		return "", fmt.Errorf("play %q: outside the folder of sounds", name)
	}
	base := strings.TrimSuffix(name, filepath.Ext(name))
	tries := []string{name}
	for _, ending := range fileEndings {
		tries = append(tries, base+ending)
	}
	for _, try := range tries {
		path := filepath.Join(s.folder, try)
		if _, err := os.Stat(path); err == nil && filepath.Ext(path) != "" {
			return path, nil
		}
	}
	return "", fmt.Errorf("play %q: there is no such file, as %s", name, strings.Join(fileEndings, ", "))
}

func (s sounds) ours(path string) bool {
	for _, place := range append([]string{s.folder}, s.places...) {
		if rest, err := filepath.Rel(place, path); place != "" && err == nil && filepath.IsLocal(rest) {
			return true
		}
	}
	return false
}

// playlist is several sources, one after the other.
type playlist struct{ rest []room.Source }

// Fill implements room.Source.
func (p *playlist) Fill(pcm []int16, rate int) (n int) {
	for len(p.rest) > 0 && n < len(pcm) {
		m := p.rest[0].Fill(pcm[n:], rate)
		if n += m; n < len(pcm) {
			p.rest = p.rest[1:]
		}
	}
	return n
}

// repeated is a source that begins again when it ends.
type repeated struct {
	make func() room.Source
	now  room.Source
}

// Fill implements room.Source. A source of nothing is its end.
func (r *repeated) Fill(pcm []int16, rate int) (n int) {
	for empty := false; n < len(pcm); {
		if r.now == nil {
			r.now = r.make()
		}
		m := r.now.Fill(pcm[n:], rate)
		if n += m; n < len(pcm) {
			if r.now = nil; m == 0 && empty {
				return n
			}
			empty = m == 0
		}
	}
	return n
}

// pause is silence for a while.
type pause struct{ left time.Duration }

// Fill implements room.Source.
func (p *pause) Fill(pcm []int16, rate int) int {
	n := min(len(pcm), int(p.left*time.Duration(rate)/time.Second))
	clear(pcm[:n])
	p.left -= time.Duration(n) * time.Second / time.Duration(rate)
	if n == 0 {
		p.left = 0
	}
	return n
}
