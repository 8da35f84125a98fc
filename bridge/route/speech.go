package route

import (
	"context"
	"time"

	"switchgram/bridge/route/template"
)

// speech has text spoken into a file.
func (r *run) speech(ctx context.Context, s Speech) (Sound, error) {
	if r.engine.opt.Speaker == nil {
		return Sound{}, failure("unavailable", "nothing speaks here")
	}
	if n := len([]rune(s.Text)); n > longestSpeech {
		return Sound{}, failure("too_long", "%d characters to speak; at most %d", n, longestSpeech)
	}
	file, err := r.engine.opt.Speaker.Speak(ctx, s)
	if err != nil {
		return Sound{}, failure("tts_failed", "%w", err)
	}
	return Sound{Kind: File, Name: file}, nil
}

type say struct {
	Text   text   `json:"text" short:"true" need:"true"`
	Lang   string `json:"lang" default:"en"`
	Type   string `json:"type" default:"number"`
	Method string `json:"method" words:"pronounced,iterated,counted,pronounced_year" default:"pronounced"`
}

func (s *say) run(ctx context.Context, r *run) error {
	sound := Sound{Kind: Say, Name: r.clean(s.Text.Template), Language: s.Lang, Method: s.Type + " " + s.Method}
	return r.play(ctx, Prompt{Sounds: []Sound{sound}})
}

type tts struct {
	Text       text       `json:"text" short:"true" need:"true"`
	TextType   string     `json:"textType" words:"text,ssml" default:"text"`
	Provider   string     `json:"provider"`
	Voice      text       `json:"voice"`
	Lang       text       `json:"lang"`
	Key        secretText `json:"key"`
	Terminator text       `json:"terminator" default:"#"`
	GetDigits  *getDigits `json:"getDigits"`
}

func (s *tts) run(ctx context.Context, r *run) error {
	escape := template.Raw
	if s.TextType == "ssml" {
		escape = template.HTML
	}
	sound, err := r.speech(ctx, Speech{
		Text: s.Text.Render(r, escape), SSML: s.TextType == "ssml", Provider: s.Provider, Voice: r.raw(s.Voice.Template),
		Language: r.raw(s.Lang.Template), Key: r.raw(s.Key.Template),
	})
	if err != nil {
		return err
	}
	if s.GetDigits != nil {
		return r.collect(ctx, []Sound{sound}, r.raw(s.Terminator.Template), s.GetDigits)
	}
	return r.play(ctx, Prompt{Sounds: []Sound{sound}, Terminators: r.raw(s.Terminator.Template)})
}

type stt struct {
	Lang          string     `json:"lang" default:"en-US"`
	Provider      string     `json:"provider"`
	Key           secretText `json:"key"`
	MaxSec        int        `json:"maxSec" default:"10" min:"1" max:"60"`
	SilenceHits   int        `json:"silenceHits" default:"3" min:"0" max:"60"`
	SilenceThresh int        `json:"silenceThresh" default:"200" min:"0" max:"10000"`
	SetVar        variable   `json:"setVar" default:"stt_response"`
}

func (s *stt) run(ctx context.Context, r *run) error {
	taker, ok := r.ch.(MessageTaker)
	switch {
	case !ok:
		return ErrNeedsFreeSWITCH
	case r.engine.opt.Recogniser == nil:
		return failure("unavailable", "nothing understands speech here")
	}
	file, err := taker.TakeMessage(ctx, Message{
		Name: "stt", Type: "wav", Longest: time.Duration(s.MaxSec) * time.Second, Silence: time.Duration(s.SilenceHits) * time.Second,
		Threshold: s.SilenceThresh, Terminators: "#",
	})
	if err != nil {
		return err
	}
	said := ""
	if file != "" {
		said, err = r.engine.opt.Recogniser.Recognise(ctx, Hearing{File: file, Provider: s.Provider, Language: s.Lang, Key: r.raw(s.Key.Template)})
	}
	if err != nil {
		err = failure("stt_failed", "%w", err)
	}
	if bad := r.set(ctx, s.SetVar, said); bad != nil {
		return bad
	}
	return err
}
