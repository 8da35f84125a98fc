package verto

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/pion/sdp/v3"
)

const (
	maxSDP   = 64 << 10
	maxMedia = 8 // in a description
)

// readable makes of a page's description one that pion takes: each medium named and all in one group, which some clients leave out
// (RFC 9143 §7). It must have a medium of sound.
func readable(text string) (string, error) {
	if len(text) > maxSDP {
		return "", fmt.Errorf("%w: %d bytes of description", ErrNoOpus, len(text))
	}
	if strings.ContainsFunc(strings.NewReplacer("\r\n", "", "\n", "").Replace(text), unicode.IsControl) {
		return "", fmt.Errorf("%w: control characters", ErrNoOpus)
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoOpus, err)
	}
	if len(d.MediaDescriptions) > maxMedia || !slices.ContainsFunc(d.MediaDescriptions, isSound) {
		return "", fmt.Errorf("%w: no sound is described", ErrNoOpus)
	}
	name(&d)
	b, err := d.Marshal()
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoOpus, err)
	}
	return string(b), nil
}

func isSound(m *sdp.MediaDescription) bool {
	return m.MediaName.Media == "audio" && m.MediaName.Port.Value != 0
}

// name gives mids to media without, and groups all that have none.
func name(d *sdp.SessionDescription) {
	var mids []string
	for i, m := range d.MediaDescriptions {
		mid, ok := m.Attribute(sdp.AttrKeyMID)
		if !ok {
			mid = strconv.Itoa(i)
			m.WithValueAttribute(sdp.AttrKeyMID, mid)
		}
		if m.MediaName.Port.Value != 0 {
			mids = append(mids, mid)
		}
	}
	if _, ok := d.Attribute(sdp.AttrKeyGroup); !ok {
		d.WithValueAttribute(sdp.AttrKeyGroup, "BUNDLE "+strings.Join(mids, " "))
	}
}

// hasSound tells whether a page offers sound at all. One that shares a screen offers a picture alone.
func hasSound(text string) bool {
	return strings.HasPrefix(text, "m=audio ") || strings.Contains(text, "\nm=audio ")
}
