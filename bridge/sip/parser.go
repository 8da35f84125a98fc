package sip

import (
	"maps"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// newParser is sipgo's, which leaves the white space in From and To that RFC 3261 §25.1 allows around ";" and "=", and finds no tag then.
func newParser() *sip.Parser {
	parsers := maps.Clone(sip.DefaultHeadersParser())
	for _, name := range []string{"from", "f", "to", "t"} {
		parsers[name] = tidily(parsers[name])
	}
	return sip.NewParser(sip.WithHeadersParsers(parsers))
}

func tidily(parse sip.HeaderParser) sip.HeaderParser {
	return func(name []byte, value string) (sip.Header, error) {
		header, err := parse(name, value)
		switch h := header.(type) {
		case *sip.FromHeader:
			h.Address.Host, h.Params = strings.TrimSpace(h.Address.Host), tidied(h.Params)
		case *sip.ToHeader:
			h.Address.Host, h.Params = strings.TrimSpace(h.Address.Host), tidied(h.Params)
		}
		return header, err
	}
}

func tidied(params sip.HeaderParams) sip.HeaderParams {
	all := params[:0]
	for _, p := range params {
		if p.K = strings.TrimSpace(p.K); p.K != "" {
			p.V = strings.TrimSpace(p.V)
			all = append(all, p)
		}
	}
	return all
}
