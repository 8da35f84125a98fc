package program

import (
	"context"
	"crypto/rand"

	"github.com/pion/webrtc/v4"

	"switchgram/bridge"
	"switchgram/bridge/desk"
	"switchgram/bridge/leg"
	"switchgram/bridge/line"
	"switchgram/verto"
)

// deskLines is what users can do with our lines at the moment.
type deskLines struct{ p *Program }

var _ desk.Lines = deskLines{}

// Free implements desk.Lines.
func (d deskLines) Free(l *line.Line, scheme string) bool {
	if scheme == "tg" {
		_, up := d.p.telegramLine(l.Name)
		return up && l.Calls() < l.MaxCalls
	}
	_, up := d.p.sipLine(l.Name)
	return up
}

// Write implements desk.Lines.
func (d deskLines) Write(ctx context.Context, name string, to bridge.Address, text string) error {
	s := d.p.telegram[name].account()
	if s == nil {
		return desk.ErrOffline
	}
	return s.Tell(ctx, to.User, text, "text")
}

// pageDialer calls users at their pages.
func (p *Program) pageDialer() *leg.VertoDialer {
	return &leg.VertoDialer{
		Pages: func(user string) []*verto.Session {
			if p.desk == nil {
				return nil
			}
			return p.desk.Pages().Sessions(user)
		},
		Means: func(line, to string) bridge.Address { return p.desk.Means(line, to) },
		Photo: p.photos.of,
	}
}

// pageMedia has a browser's call share the port of Telegram's media.
func (p *Program) pageMedia(s *webrtc.SettingEngine) (leave func(), err error) {
	fragment := rand.Text()
	member, err := p.media.Join(fragment)
	if err != nil {
		return nil, err
	}
	s.SetICECredentials(fragment, rand.Text())
	s.SetNet(member)
	s.SetIncludeLoopbackCandidate(p.config.Verto.Listen.Addr().IsLoopback()) // for browsers on this machine
	var rules []webrtc.ICEAddressRewriteRule
	for _, public := range p.config.Media.Advertise {
		rules = append(rules, webrtc.ICEAddressRewriteRule{External: []string{public.String()}, AsCandidateType: webrtc.ICECandidateTypeHost})
	}
	if err := s.SetICEAddressRewriteRules(rules...); err != nil {
		member.Close()
		return nil, err
	}
	return member.Close, nil
}
