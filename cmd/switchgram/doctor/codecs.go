package doctor

import (
	"context"
	"fmt"
	"strings"
)

// codecs looks whether FreeSWITCH speaks Opus with us, so that nobody need transcode.
type codecs struct{}

const codecked = "codecs"

func (codecs) look(ctx context.Context, p *patient) (all []Finding) {
	if p.socket == nil {
		return []Finding{skipped(codecked, "seen through the event socket only")}
	}
	switch there, err := p.socket.API(ctx, "module_exists mod_opus"); {
	case err != nil:
		return []Finding{wrong(codecked, fmt.Sprintf("FreeSWITCH does not say what it has loaded: %v", err), "")}
	case strings.TrimSpace(there) != "true":
		return []Finding{warning(codecked, "FreeSWITCH has no mod_opus: every call is transcoded to G.722 or G.711, and sounds like it",
			"add <load module=\"mod_opus\"/> to autoload_configs/modules.conf.xml, and run: fs_cli -x \"load mod_opus\"")}
	}
	seen := map[string]bool{}
	for _, l := range p.registering() {
		name, profile := p.profileOf(ctx, l.SIP.Registrar)
		if name == "" || seen[name] {
			continue
		}
		seen[name] = true
		all = append(all, preferences(name, profile))
	}
	if len(all) == 0 {
		all = append(all, warning(codecked, "mod_opus is loaded, but FreeSWITCH has no SIP profile at the port where lines register",
			"compare sip.registrar with what `sofia status` shows"))
	}
	return all
}

// preferences looks at the codecs of a SIP profile.
func preferences(name string, profile element) Finding {
	for _, way := range []string{"inbound", "outbound"} {
		if list := profile.text(way + "-codecs"); !strings.Contains(strings.ToUpper(list), "OPUS") {
			return warning(codecked, fmt.Sprintf("profile %s has no OPUS among its %s codecs: %s", name, way, list),
				"put OPUS first in global_codec_prefs and outbound_codec_prefs of vars.xml, and restart FreeSWITCH")
		}
	}
	return ok(codecked, "mod_opus is loaded, and profile %s offers Opus both ways", name)
}
