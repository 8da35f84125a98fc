package route

import (
	"context"
	"strconv"
	"strings"
	"time"
)

type recordFile struct {
	Name          text     `json:"name" default:"recordFile"`
	Type          string   `json:"type" words:"mp3,wav" default:"wav"`
	MaxSec        int      `json:"maxSec" default:"60" min:"1" max:"3600"`
	SilenceThresh int      `json:"silenceThresh" default:"200" min:"0" max:"10000"`
	SilenceHits   int      `json:"silenceHits" default:"5" min:"0" max:"60"`
	Terminators   string   `json:"terminators" default:"#"`
	SetVar        variable `json:"setVar" default:"local:record_file"`
	Email         texts    `json:"email" most:"10"`
	EmailSubject  text     `json:"emailSubject" default:"Message from ${caller_id_name} ${caller_id_number}"`
	EmailBody     text     `json:"emailBody" default:"<p>${caller_id_name} ${caller_id_number} has left a message.</p>"`
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
	if err := r.set(ctx, s.SetVar, file); err != nil || file == "" || len(s.Email) == 0 {
		return err
	}
	return s.mail(ctx, r, file)
}

// mail has the message mailed, by the queue: the caller does not wait for that.
func (s *recordFile) mail(ctx context.Context, r *run, file string) error {
	letter := sendEmail{To: s.Email, Subject: s.EmailSubject, Message: s.EmailBody}
	return letter.send(r, r.current(), func(by Mailer, m Mail) error {
		m.Attach = file
		return by.MailLater(context.WithoutCancel(ctx), m)
	})
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
		if w, ok := r.ch.(Waiter); ok && one.variable == "ringback" {
			if err := w.SetRingback(ctx, sound); err != nil {
				return err
			}
		}
	}
	return nil
}

type setSounds struct {
	Lang  text `json:"lang" need:"true"`
	Voice text `json:"voice" need:"true"`
}

func (s *setSounds) run(ctx context.Context, r *run) error {
	prefix := "/" + safePath(strings.ReplaceAll(r.clean(s.Lang.Template), "_", "/")+"/"+r.clean(s.Voice.Template))
	return r.set(ctx, variable{name: "sound_prefix"}, r.Variable("sounds_dir")+prefix)
}

// soundFolder is what setSounds has said, as a path below the folder of sounds.
func (r *run) soundFolder() string {
	return safePath(strings.TrimPrefix(r.Variable("sound_prefix"), r.Variable("sounds_dir")))
}

type echo struct {
	Delay int `json:"delay" short:"true" min:"0" max:"10000"`
}

func (s *echo) run(ctx context.Context, r *run) error {
	if e, ok := r.ch.(Echoer); ok {
		return e.Echo(ctx, time.Duration(s.Delay)*time.Millisecond)
	}
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
