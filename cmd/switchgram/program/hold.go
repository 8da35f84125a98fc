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

// openHoldMusic reads the music.
func (p *Program) openHoldMusic(o *bridge.Options) error {
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
