package siptest

import (
	"net/url"
	"strings"

	"github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip/sdp"
)

// Route says where a call goes. The zero Route: nowhere, 404.
type Route struct {
	Extension *Extension        // of the switch itself
	User      string            // or a registered user
	Headers   map[string]string // added to the INVITE of a user, in place of the caller's own of that name
	Codecs    []sdp.Codec       // offered to a user; nil: those of the caller, in the caller's order
}

// DialTelegram is the dialplan of the FreeSWITCH configuration Switchgram is tested with: a number that begins with tg, + or @ goes to
// the registered user line with the Telegram person in X-TG-Dial; with otg it does too, but the offer is Opus, PCMU and PCMA
// whatever the caller speaks. All other numbers are left to users and extensions.
func DialTelegram(line string) func(from, number string) Route {
	return func(_, number string) Route {
		to := func(person string, codecs ...sdp.Codec) Route {
			return Route{User: line, Headers: map[string]string{"X-TG-Dial": person}, Codecs: codecs}
		}
		if person, ok := strings.CutPrefix(number, "otg"); ok {
			return to(person, sdp.Opus, sdp.PCMU, sdp.PCMA)
		}
		if person, ok := strings.CutPrefix(number, "tg"); ok {
			return to(person)
		}
		if strings.HasPrefix(number, "+") || strings.HasPrefix(number, "@") {
			return to(number)
		}
		return Route{}
	}
}

// route asks the dialplan, then the users, then the extensions: a telephone registered as 1000 is called in place of extension 1000.
func (s *Switch) route(from, number string) Route {
	if r := s.options.Dialplan(from, number); r.User != "" || r.Extension != nil {
		return r
	}
	x, isExtension := s.extension(number)
	_, isUser := s.options.Users[number]
	_, registered := s.Registered(number)
	switch {
	case registered, isUser && !isExtension:
		return Route{User: number}
	case isExtension:
		return Route{Extension: &x}
	default:
		return Route{}
	}
}

// dialled is the number a request is for.
func dialled(req *sip.Request) string {
	if user, err := url.PathUnescape(req.Recipient.User); err == nil {
		return user
	}
	return req.Recipient.User
}

// headersFor are the INVITE's headers towards a user: what the caller sent, overridden by what the dialplan says.
func headersFor(req *sip.Request, r Route) []sip.Header {
	headers := without(relayed(req), "Reason")
	for name, value := range r.Headers {
		headers = append(without(headers, name), sip.NewHeader(name, value))
	}
	return headers
}
