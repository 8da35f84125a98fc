package route

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"switchgram/bridge/route/template"
	"switchgram/bridge/route/tree"
)

// longestPlay and longestCollect are how long one may listen, and type.
const (
	longestPlay    = 10 * time.Minute
	longestCollect = 5 * time.Minute
	longestSpeech  = 1000 // characters
)

// media is something to be heard, as scripts have it.
type media struct {
	Name    channelText `json:"name"`
	ID      anything    `json:"id"`
	Type    string      `json:"type" words:"mp3,wav,local,silence,tone,say,shout,tts" default:"mp3"`
	Text    text        `json:"text"`
	Voice   text        `json:"voice"`
	Lang    text        `json:"lang"`
	Method  text        `json:"method"`
	Refresh bool        `json:"refresh"`
}

type playback struct {
	Name       channelText `json:"name" short:"true"`
	Type       string      `json:"type" words:"mp3,wav,local,silence,tone,say,shout,tts" default:"mp3"`
	Text       text        `json:"text"`
	Voice      text        `json:"voice"`
	Lang       text        `json:"lang"`
	Method     text        `json:"method"`
	Refresh    bool        `json:"refresh"`
	Files      []media     `json:"files"`
	Terminator text        `json:"terminator" default:"#"`
	Broadcast  string      `json:"broadcast" words:"aleg,bleg,both" default:"aleg"`
	GetDigits  *getDigits  `json:"getDigits"`
}

// getDigits is how keys are waited for.
type getDigits struct {
	SetVar       variable     `json:"setVar" default:"MyVar"`
	Min          int          `json:"min" default:"1" min:"0" max:"64"`
	Max          int          `json:"max" default:"1" min:"1" max:"64"`
	Tries        int          `json:"tries" default:"1" min:"1" max:"20"`
	Timeout      milliseconds `json:"timeout" default:"3000"`
	DigitTimeout milliseconds `json:"digitTimeout"`
	Regexp       expected     `json:"regexp" default:".*"`
	Terminators  string       `json:"terminators"`
	FlushDTMF    bool         `json:"flushDTMF"`
}

func (s *playback) check(p *parser, n *tree.Node) {
	if s.Name.Empty() && s.Text.Empty() && len(s.Files) == 0 {
		p.say(n, "name, files or text is missing: what is to be played?")
	}
	if s.GetDigits != nil && s.GetDigits.Max < s.GetDigits.Min {
		p.say(n, "getDigits wants %d keys at least, %d at most", s.GetDigits.Min, s.GetDigits.Max)
	}
}

func (s *playback) run(ctx context.Context, r *run) error {
	all := s.Files
	if len(all) == 0 {
		one := media{Name: s.Name, Type: s.Type, Text: s.Text, Voice: s.Voice, Lang: s.Lang, Method: s.Method, Refresh: s.Refresh}
		if one.Name.Empty() && one.Type == "mp3" {
			one.Type = "tts"
		}
		all = []media{one}
	}
	sounds, err := r.sounds(ctx, all)
	if err != nil {
		return err
	}
	terminators := r.raw(s.Terminator.Template)
	if s.GetDigits != nil {
		return r.collect(ctx, sounds, terminators, s.GetDigits)
	}
	to := map[string]Listener{"aleg": ALeg, "bleg": BLeg, "both": Both}[s.Broadcast]
	return r.play(ctx, Prompt{Sounds: sounds, To: to, Terminators: terminators})
}

func (r *run) play(ctx context.Context, p Prompt) error {
	player, ok := r.ch.(Player)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	ctx, cancel := context.WithTimeoutCause(ctx, longestPlay, errStepTime)
	defer cancel()
	return player.Play(ctx, p)
}

// sounds are what media are for the channel.
func (r *run) sounds(ctx context.Context, all []media) ([]Sound, error) {
	sounds := make([]Sound, 0, len(all))
	for i := range all {
		s, err := r.sound(ctx, &all[i])
		if err != nil {
			return nil, err
		}
		sounds = append(sounds, s)
	}
	return sounds, nil
}

func (r *run) sound(ctx context.Context, m *media) (Sound, error) {
	name := r.clean(m.Name.Template)
	switch m.Type {
	case "silence":
		ms, err := strconv.Atoi(name)
		if err != nil || ms < 0 {
			return Sound{}, failure("bad_sound", "silence of %q milliseconds", name)
		}
		return Sound{Kind: Silence, Length: time.Duration(ms) * time.Millisecond}, nil
	case "tone":
		return Sound{Kind: Tone, Name: name}, nil
	case "say":
		what := name
		if what == "" {
			what = r.clean(m.Text.Template)
		}
		return Sound{Kind: Say, Name: what, Language: r.clean(m.Lang.Template), Method: r.clean(m.Method.Template)}, nil
	case "shout":
		return Sound{Kind: Stream, Name: name}, nil
	case "tts":
		return r.speech(ctx, Speech{Text: r.raw(m.Text.Template), Voice: r.raw(m.Voice.Template), Language: r.raw(m.Lang.Template)})
	}
	if name = safePath(name); name == "" {
		return Sound{}, failure("bad_sound", "no file is named")
	}
	return Sound{Kind: File, Name: name, Fresh: m.Refresh}, nil
}

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

// collect has keys pressed, in several tries if need be. What was pressed in vain is "".
func (r *run) collect(ctx context.Context, prompt []Sound, terminators string, g *getDigits) error {
	collector, ok := r.ch.(Collector)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	ctx, cancel := context.WithTimeoutCause(ctx, longestCollect, errStepTime)
	defer cancel()
	c := Collection{
		Prompt: prompt, Min: g.Min, Max: g.Max, Timeout: g.Timeout.of(r), Between: g.DigitTimeout.of(r), Terminators: terminators,
		Flush: g.FlushDTMF, Pattern: g.Regexp.Regexp,
	}
	if g.Terminators != "" {
		c.Terminators = g.Terminators
	}
	if c.Between == 0 {
		c.Between = c.Timeout
	}
	any := false
	for range g.Tries {
		digits, err := collector.Collect(ctx, c)
		if err != nil {
			return err
		}
		if any = any || digits != ""; len(digits) >= g.Min && len(digits) <= g.Max && whole(c.Pattern, digits) {
			return r.set(ctx, g.SetVar, digits)
		}
	}
	if err := r.set(ctx, g.SetVar, ""); err != nil || any {
		return err
	}
	return failure("no_dtmf", "no keys were pressed")
}

func whole(re *regexp.Regexp, s string) bool { return re == nil || re.MatchString(s) }

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

type recordFile struct {
	Name          text     `json:"name" default:"recordFile"`
	Type          string   `json:"type" words:"mp3,wav" default:"wav"`
	MaxSec        int      `json:"maxSec" default:"60" min:"1" max:"3600"`
	SilenceThresh int      `json:"silenceThresh" default:"200" min:"0" max:"10000"`
	SilenceHits   int      `json:"silenceHits" default:"5" min:"0" max:"60"`
	Terminators   string   `json:"terminators" default:"#"`
	SetVar        variable `json:"setVar" default:"local:record_file"`
}

func (s *recordFile) run(ctx context.Context, r *run) error {
	taker, ok := r.ch.(MessageTaker)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	file, err := taker.TakeMessage(ctx, Message{
		Name: safeName(r.clean(s.Name.Template)), Type: s.Type, Longest: time.Duration(s.MaxSec) * time.Second,
		Silence: time.Duration(s.SilenceHits) * time.Second, Threshold: s.SilenceThresh, Terminators: s.Terminators,
	})
	if err != nil {
		return err
	}
	return r.set(ctx, s.SetVar, file)
}

type flushDTMF struct{ nothing }

func (s *flushDTMF) run(ctx context.Context, r *run) error {
	f, ok := r.ch.(Flusher)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	return f.FlushDigits(ctx)
}

// ringback sets what the caller hears while waiting: variables, which the channel understands.
type ringback struct {
	Call     *media `json:"call"`
	Hold     *media `json:"hold"`
	Transfer *media `json:"transfer"`
	All      *media `json:"all"`
}

func (s *ringback) run(ctx context.Context, r *run) error {
	for _, one := range []struct {
		variable string
		media    *media
	}{{"ringback", s.Call}, {"hold_music", s.Hold}, {"transfer_ringback", s.Transfer}} {
		m := one.media
		if m == nil {
			m = s.All
		}
		if m == nil {
			continue
		}
		sound, err := r.sound(ctx, m)
		if err != nil {
			return err
		}
		if err := r.set(ctx, variable{name: one.variable}, sound.String()); err != nil {
			return err
		}
	}
	return nil
}

// String is the sound as FreeSWITCH writes it.
func (s Sound) String() string {
	switch s.Kind {
	case Tone:
		return "tone_stream://" + s.Name
	case Silence:
		return fmt.Sprintf("silence_stream://%d", s.Length.Milliseconds())
	case Say:
		return strings.Join([]string{"say", s.Language, s.Method, s.Name}, ":")
	}
	return s.Name
}

type setSounds struct {
	Lang  text `json:"lang" need:"true"`
	Voice text `json:"voice" need:"true"`
}

func (s *setSounds) run(ctx context.Context, r *run) error {
	prefix := "/" + safePath(strings.ReplaceAll(r.clean(s.Lang.Template), "_", "/")+"/"+r.clean(s.Voice.Template))
	return r.set(ctx, variable{name: "sound_prefix"}, r.Variable("sounds_dir")+prefix)
}

type echo struct {
	Delay int `json:"delay" short:"true" min:"0" max:"10000"`
}

func (s *echo) run(ctx context.Context, r *run) error {
	if s.Delay > 0 {
		return r.execute(ctx, "delay_echo", strconv.Itoa(s.Delay))
	}
	return r.execute(ctx, "echo", "")
}

type inBandDTMF struct {
	Action string `json:"action" short:"true" words:"start,stop" default:"start"`
}

func (s *inBandDTMF) run(ctx context.Context, r *run) error {
	return r.execute(ctx, s.Action+"_dtmf", "")
}
