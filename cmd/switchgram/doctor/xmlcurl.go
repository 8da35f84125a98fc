package doctor

import (
	"context"
	"fmt"
	"net"
	"strings"
)

// xmlCurl looks whether FreeSWITCH asks us for its directory and dialplan, where we are to be asked.
type xmlCurl struct{}

const curled = "xml_curl"

func (xmlCurl) look(ctx context.Context, p *patient) []Finding {
	at := p.config.XML.Listen
	switch {
	case !at.IsValid():
		return []Finding{skipped(curled, "the configuration serves FreeSWITCH no XML")}
	case p.socket == nil:
		return []Finding{skipped(curled, "seen through the event socket only")}
	}
	there, err := p.socket.API(ctx, "module_exists mod_xml_curl")
	if err != nil || strings.TrimSpace(there) != "true" {
		return []Finding{wrong(curled, "FreeSWITCH has no mod_xml_curl, and never asks for what we serve at "+at.String(),
			"add <load module=\"mod_xml_curl\"/> to autoload_configs/modules.conf.xml, before mod_sofia, and restart FreeSWITCH")}
	}
	var others []string
	for _, param := range p.located(ctx, "configuration configuration name xml_curl.conf").all("param") {
		if url := param.attr("value"); param.attr("name") == "gateway-url" {
			if strings.Contains(url, "://"+at.String()+"/") || strings.HasSuffix(url, "://"+at.String()) {
				return []Finding{p.answering(ctx, url, param.attr("bindings"))}
			}
			others = append(others, url)
		}
	}
	return []Finding{wrong(curled, fmt.Sprintf("FreeSWITCH has no binding to http://%s/, only to %q", at, others),
		"`switchgram config freeswitch` prints autoload_configs/xml_curl.conf.xml")}
}

// answering looks whether somebody is there to be asked.
func (p *patient) answering(ctx context.Context, url, bindings string) Finding {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", p.config.XML.Listen.String())
	if err == nil {
		_ = c.Close()
	} else if p.busy {
		return wrong(curled, fmt.Sprintf("a switchgram runs, but nothing listens at %s: %v", p.config.XML.Listen, err), "does it run on this configuration?")
	}
	return ok(curled, "FreeSWITCH asks %s for %s", url, bindings)
}
