package sdp

import (
	"errors"
	"strconv"
	"strings"
)

// mediaLine is an m= line with what belongs to it, as text: pion's parser refuses the whole SDP for media it has not heard of, such as
// the fax that gateways like to offer beside the sound.
type mediaLine struct {
	media, port, proto string
	formats            []string
	text               string // all of the lines
}

// String is the m= line.
func (m mediaLine) String() string {
	head, _, _ := strings.Cut(m.text, "\n")
	return strings.TrimSpace(head)
}

// sections cuts an SDP before each m= line.
func sections(body string) (session string, media []mediaLine) {
	for line := range strings.Lines(body) {
		switch {
		case strings.HasPrefix(line, "m="):
			m := mediaLine{text: line}
			if f := strings.Fields(line[2:]); len(f) > 3 {
				m.media, m.port, m.proto, m.formats = f[0], f[1], f[2], f[3:]
			}
			media = append(media, m)
		case len(media) > 0:
			media[len(media)-1].text += line
		default:
			session += line
		}
	}
	return session, media
}

// refuse says why the line is not audio that we can carry, or with which keys the far end encrypts it.
func (m mediaLine) refuse(how SRTP) (keyings []*Keying, err error) {
	switch {
	case m.media == "":
		return nil, errors.New("want media, port, protocol and formats")
	case m.media != "audio":
		return nil, errors.New("no audio")
	case m.port == "0":
		return nil, errors.New("port 0 refuses the sound")
	}
	if n, err := strconv.ParseUint(m.port, 10, 16); err != nil || n == 0 {
		return nil, errors.New("no such port")
	}
	keyings = m.keyings()
	switch strings.ToUpper(m.proto) {
	case "RTP/SAVP", "RTP/SAVPF":
		return keyings, m.refuseSRTP(how, keyings)
	case "RTP/AVP", "RTP/AVPF": // with keys: RFC 8643
		return m.opportune(how, keyings)
	case "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF":
		return nil, errors.New("SRTP with keys by DTLS is not supported, want RTP/SAVP with a=crypto, or RTP/AVP")
	default:
		return nil, errors.New("want RTP/AVP, or RTP/SAVP with a=crypto")
	}
}

func (m mediaLine) refuseSRTP(how SRTP, keyings []*Keying) error {
	switch {
	case how == NoSRTP:
		return errors.New("SRTP is switched off here, want RTP/AVP")
	case len(keyings) == 0:
		return errors.New("SRTP without an a=crypto of ours, such as AES_CM_128_HMAC_SHA1_80")
	default:
		return nil
	}
}

// opportune takes the keys of a line that can do without.
func (m mediaLine) opportune(how SRTP, keyings []*Keying) ([]*Keying, error) {
	switch {
	case how == NoSRTP:
		return nil, nil
	case how == RequireSRTP && len(keyings) == 0:
		return nil, errors.New("SRTP is demanded here, want RTP/SAVP with a=crypto")
	default:
		return keyings, nil
	}
}

// keyings are the a=crypto lines that we know.
func (m mediaLine) keyings() (all []*Keying) {
	for line := range strings.Lines(m.text) {
		if value, ok := strings.CutPrefix(line, "a=crypto:"); ok {
			if k := readCrypto(value); k != nil {
				all = append(all, k)
			}
		}
	}
	return all
}
