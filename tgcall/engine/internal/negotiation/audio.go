package negotiation

import (
	"slices"
	"strings"

	"switchgram/tgcall/signal"
)

// The RTP header extensions that Telegram's audio has.
const (
	absSendTimeURI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
	transportCCURI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
)

// transportCC is the name of the feedback about transportCCURI.
const transportCC = "transport-cc"

// Audio is one direction of sound as agreed. The zero value is none.
type Audio struct {
	SSRC         uint32
	PayloadTypes []uint8 // of Opus, the preferred one first
	AbsSendTime  uint8   // ids of the header extensions; 0: not used
	TransportCC  uint8
}

// ourAudio is what we offer: the same as Telegram's own engine, numbers included.
func ourAudio(ssrc signal.ID) signal.Content {
	return signal.Content{
		Type: "audio", SSRC: ssrc,
		PayloadTypes: []signal.PayloadType{{
			ID: 111, Name: "opus", Clockrate: 48000, Channels: 2,
			FeedbackTypes: []signal.Feedback{{Type: transportCC}},
			Parameters:    map[string]string{"minptime": "10", "useinbandfec": "1"},
		}},
		RTPExtensions: []signal.Extension{{ID: 2, URI: absSendTimeURI}, {ID: 3, URI: transportCCURI}},
	}
}

// accept copies an offered content less what we do not support. Video is never accepted: the peer then sends none, and the call
// goes on.
func accept(c signal.Content) (signal.Content, bool) {
	if c.Type != "audio" {
		return signal.Content{}, false
	}
	a := signal.Content{Type: c.Type, SSRC: c.SSRC, SSRCGroups: c.SSRCGroups}
	for _, p := range c.PayloadTypes {
		if isOpus(p) {
			p.FeedbackTypes = slices.DeleteFunc(slices.Clone(p.FeedbackTypes), func(f signal.Feedback) bool {
				return f.Type != transportCC
			})
			a.PayloadTypes = append(a.PayloadTypes, p)
		}
	}
	for _, x := range c.RTPExtensions {
		if x.URI == absSendTimeURI || x.URI == transportCCURI {
			a.RTPExtensions = append(a.RTPExtensions, x)
		}
	}
	return a, len(a.PayloadTypes) > 0
}

// isOpus also checks the number: 64 to 95 would look like RTCP on the shared port (RFC 5761 §4).
func isOpus(p signal.PayloadType) bool {
	free := p.ID >= 0 && p.ID < 64 || p.ID >= 96 && p.ID < 128
	return strings.EqualFold(p.Name, "opus") && p.Clockrate == 48000 && free
}

// accepted finds our audio in an answer: the content with our SSRC, or else any audio, since there are clients that answer with
// their own contents.
func accepted(contents []signal.Content, ssrc signal.ID) *signal.Content {
	var found *signal.Content
	for i := range contents {
		c, ok := accept(contents[i])
		switch {
		case ok && c.SSRC == ssrc:
			return &c
		case ok && found == nil:
			found = &c
		}
	}
	return found
}

func audioOf(c signal.Content, ssrc uint32) Audio {
	a := Audio{SSRC: ssrc}
	for _, p := range c.PayloadTypes {
		a.PayloadTypes = append(a.PayloadTypes, uint8(p.ID))
	}
	for _, x := range c.RTPExtensions {
		if x.ID < 1 || x.ID > 14 { // what one-byte headers can say, RFC 8285 §4.2
			continue
		}
		switch x.URI {
		case absSendTimeURI:
			a.AbsSendTime = uint8(x.ID)
		case transportCCURI:
			a.TransportCC = uint8(x.ID)
		}
	}
	return a
}
