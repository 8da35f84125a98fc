package leg

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"switchgram/bridge"
	"switchgram/bridge/sip"
)

// headers tell the switch's dialplan who calls from Telegram, as far as it is known. FreeSWITCH shows X-TG-Phone to it as
// ${sip_h_X-TG-Phone}. Values are UTF-8 as they are: RFC 2047 and percent escapes would have to be undone in the dialplan.
func headers(p bridge.Party) []sip.Header {
	id := ""
	if p.ID != 0 {
		id = strconv.FormatInt(p.ID, 10)
	}
	var all []sip.Header
	for _, h := range []sip.Header{
		{Name: "X-TG-Phone", Value: p.Phone},
		{Name: "X-TG-Username", Value: p.Username},
		{Name: "X-TG-ID", Value: id},
		{Name: "X-TG-First-Name", Value: p.FirstName},
		{Name: "X-TG-Last-Name", Value: p.LastName},
	} {
		if h.Value = clean(h.Value); h.Value != "" && p.ID != 0 { // others are not on Telegram
			all = append(all, h)
		}
	}
	return all
}

// shown tell a telephone what a script wants it to know. FreeSWITCH has X-Show-crm_link as ${sip_h_X-Show-crm_link}.
func shown(all map[string]string) (headers []sip.Header) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if value := clean(all[name]); value != "" && showable(name) {
			headers = append(headers, sip.Header{Name: "X-Show-" + name, Value: value})
		}
	}
	return headers[:min(len(headers), mostShown)]
}

// mostShown is how many of them there are at most: an INVITE has to fit into a datagram.
const mostShown = 16

func showable(name string) bool {
	return name != "" && len(name) <= maxText && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

const maxText = 80 // runes of a name in a header

// clean makes a text that a stranger chose fit for a dialplan: what cannot be seen becomes a space, so that it can begin no
// header field, and what FreeSWITCH would expand as a variable or function, as in "${system(...)}", or read as part of a dial
// string's braces, is left out.
func clean(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ToValidUTF8(s, "") {
		switch {
		case strings.ContainsRune(`${}\`, r):
			continue
		case !unicode.IsGraphic(r):
			r = ' '
		}
		if n++; n > maxText {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// addressOfURI is the user of a SIP URI as an address for our own switch: "sip:1001@example.org;x=y" is sip:1001. Where the URI
// points otherwise is not asked: the switch decides whom we call through it.
func addressOfURI(uri string) bridge.Address {
	_, rest, found := strings.Cut(uri, ":")
	if !found {
		rest = uri
	}
	user, _, _ := strings.Cut(rest, "@")
	user, _, _ = strings.Cut(user, ";")
	if plain, err := url.PathUnescape(user); err == nil {
		user = plain
	}
	return bridge.Address{Scheme: "sip", User: printable(user, maxUser)}
}
