package verto

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/pion/sdp/v3"
)

const (
	maxSDP   = 64 << 10
	maxMedia = 8 // in a description
)

// readable makes of a page's description one that pion takes: the first medium of sound alone, named, and in a group, which some clients leave
// out (RFC 9143 §7). The rest, which declined tells of, is none of pion's business: it would open data channels, and lose media that it has
// no name for.
func readable(text string) (sound string, declined declined, err error) {
	if len(text) > maxSDP {
		return "", declined, fmt.Errorf("%w: %d bytes of description", ErrNoOpus, len(text))
	}
	if strings.ContainsFunc(strings.NewReplacer("\r\n", "", "\n", "").Replace(text), unicode.IsControl) {
		return "", declined, fmt.Errorf("%w: control characters", ErrNoOpus)
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(strings.TrimRight(text, "\r\n") + "\r\n"); err != nil {
		return "", declined, fmt.Errorf("%w: %w", ErrNoOpus, err)
	}
	at := slices.IndexFunc(d.MediaDescriptions, isSound)
	if len(d.MediaDescriptions) > maxMedia || at < 0 {
		return "", declined, fmt.Errorf("%w: no sound is described", ErrNoOpus)
	}
	declined.before, declined.after = d.MediaDescriptions[:at], d.MediaDescriptions[at+1:]
	d.MediaDescriptions = d.MediaDescriptions[at : at+1 : at+1]
	name(&d)
	b, err := d.Marshal()
	if err != nil {
		return "", declined, fmt.Errorf("%w: %w", ErrNoOpus, err)
	}
	return string(b), declined, nil
}

// declined are the media of an offer beside the one that is taken.
type declined struct{ before, after []*sdp.MediaDescription }

// in puts them into the answer, each in its place and with the port 0 (RFC 3264 §6).
func (n declined) in(answer string) (string, error) {
	if len(n.before)+len(n.after) == 0 {
		return answer, nil
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(answer); err != nil {
		return "", err
	}
	for _, m := range slices.Concat(n.before, n.after) {
		m.MediaName.Port = sdp.RangedPort{}
		m.ConnectionInformation = d.MediaDescriptions[0].ConnectionInformation
		m.Bandwidth = nil
		m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool { return a.Key != sdp.AttrKeyMID })
	}
	d.MediaDescriptions = slices.Concat(n.before, d.MediaDescriptions, n.after)
	b, err := d.Marshal()
	return string(b), err
}

func isSound(m *sdp.MediaDescription) bool {
	return m.MediaName.Media == "audio" && m.MediaName.Port.Value != 0
}

// name gives the one medium a mid and a group, unless it has them.
func name(d *sdp.SessionDescription) {
	m := d.MediaDescriptions[0]
	mid, ok := m.Attribute(sdp.AttrKeyMID)
	if !ok {
		mid = "0"
		m.WithValueAttribute(sdp.AttrKeyMID, mid)
	}
	if _, ok := d.Attribute(sdp.AttrKeyGroup); !ok {
		d.WithValueAttribute(sdp.AttrKeyGroup, "BUNDLE "+mid)
	}
}

// offers tells whether a description has a medium of the kind. A page that shares its screen offers video and no audio.
func offers(text, kind string) bool { return strings.Contains("\n"+text, "\nm="+kind+" ") }
