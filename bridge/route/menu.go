package route

import (
	"context"
)

// ivr is a menu: what is heard, and what each key does. It plays again when nothing it knows was pressed, and in the end runs default.
type ivr struct {
	Greet   media        `json:"greet" need:"true"`
	Invalid *media       `json:"invalid"`
	Tries   int          `json:"tries" default:"3" min:"1" max:"20"`
	Timeout milliseconds `json:"timeout" default:"5000"`
	Options cases        `json:"options" need:"true"`
	Default steps        `json:"default"`
}

func (s *ivr) run(ctx context.Context, r *run) error {
	collector, ok := r.ch.(Collector)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	greet, err := r.sound(ctx, &s.Greet)
	if err != nil {
		return err
	}
	longest := 1
	for key := range s.Options.exact {
		longest = max(longest, len(key))
	}
	c := Collection{Prompt: []Sound{greet}, Min: 1, Max: longest, Timeout: s.Timeout.of(r), Between: s.Timeout.of(r), Terminators: "#"}
	for range s.Tries {
		keys, err := collector.Collect(ctx, c)
		if err != nil {
			return err
		}
		if then, ok := s.Options.exact[keys]; ok {
			r.put("ivr_choice", keys, Local)
			return r.do(steps{then})
		}
		if err := s.refuse(ctx, r, keys); err != nil {
			return err
		}
	}
	return r.do(s.Default)
}

// refuse tells the caller that a key means nothing.
func (s *ivr) refuse(ctx context.Context, r *run, keys string) error {
	if s.Invalid == nil || keys == "" {
		return nil
	}
	sound, err := r.sound(ctx, s.Invalid)
	if err != nil {
		return err
	}
	return r.play(ctx, Prompt{Sounds: []Sound{sound}})
}
