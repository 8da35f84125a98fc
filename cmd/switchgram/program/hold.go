package program

import (
	"switchgram/bridge"
	"switchgram/bridge/room"
	"switchgram/bridge/sound"
)

// HoldMusic is what people hear whom a telephone holds that sends no music of its own: chime, none, or a file; empty: chime. A file is kept in memory.
type HoldMusic string

// file is its name, if it is one; nil: it is none.
func (h *HoldMusic) file() *string {
	if *h == "" || *h == "chime" || *h == "none" {
		return nil
	}
	return (*string)(h)
}

// openHoldMusic reads the music, and says what people hear who wait for others.
func (p *Program) openHoldMusic(o *bridge.Options) error {
	o.Ringback = p.ringback
	spec := string(p.config.HoldMusic)
	switch spec {
	case "none":
		return nil
	case "":
		spec = "chime"
	}
	again, err := sound.Again(spec)
	if err != nil {
		return p.config.wrong("hold_music", err)
	}
	o.HoldMusic = func() room.Source { return again() }
	return nil
}

// ringback is the ringing of the line's country; where that is not known, of the USA.
func (p *Program) ringback(name string) room.Source {
	country := "us"
	if l := p.config.registry.Line(name); l != nil && l.Country != "" {
		country = l.Country
	}
	s, err := sound.NewSignal(sound.Ringback, country)
	if err != nil {
		s, err = sound.NewSignal(sound.Ringback, "us")
	}
	if err != nil { // it is known
		return nil
	}
	return s
}
