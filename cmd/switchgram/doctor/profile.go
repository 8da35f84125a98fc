package doctor

import (
	"context"
	"io"
	"net"
	"strings"
)

// profileOf is FreeSWITCH's SIP profile that listens where a line registers, and what it says of itself; the name is empty if none is known.
func (p *patient) profileOf(ctx context.Context, registrar string) (name string, is element) {
	text, err := p.socket.API(ctx, "sofia xmlstatus")
	if err != nil {
		return "", element{}
	}
	_, port, _ := net.SplitHostPort(withPort(registrar, "udp"))
	for _, profile := range parseElement(text).all("profile") {
		switch at := profile.text("data"); {
		case strings.HasSuffix(at, "@"+registrar):
			name = profile.text("name") // none fits better
		case name == "" && strings.HasSuffix(at, ":"+port):
			name = profile.text("name")
		}
	}
	if name == "" {
		return "", element{}
	}
	text, err = p.socket.API(ctx, "sofia xmlstatus profile "+name)
	if err != nil {
		return "", element{}
	}
	return name, parseElement(text)
}

// text is what stands in the first element of that name.
func (e element) text(name string) string {
	if found := e.all(name); len(found) > 0 {
		return strings.TrimSpace(found[0].Text)
	}
	return ""
}

// asItIs is for FreeSWITCH's documents, which say ISO-8859-1 and are UTF-8.
func asItIs(_ string, in io.Reader) (io.Reader, error) { return in, nil }

// domain of the users of FreeSWITCH's directory.
func (p *patient) domain(ctx context.Context) string {
	answer, err := p.socket.API(ctx, "global_getvar domain")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(answer)
}
