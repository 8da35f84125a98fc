package xml

import (
	"regexp"
	"strings"
)

// The ways to dial somebody on Telegram. Without "tg" before them ids have five digits at least: shorter ones are star codes of the switch.
var (
	dialNumber = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	dialName   = regexp.MustCompile(`^@?[A-Za-z][A-Za-z0-9_]{0,31}$`)
	dialID     = regexp.MustCompile(`^\*[1-9][0-9]{0,18}$`)
	dialDigits = regexp.MustCompile(`^[0-9]{3,18}$`)
	dialLongID = regexp.MustCompile(`^\*[1-9][0-9]{4,18}$`)
)

// Target is whom a dialled number names on Telegram: tg#ann, tg@ann and tgann are @ann; tg+4930123456, tg4930123456 and tg*123456789 are what
// stands after tg; @ann, +4930123456 and *123456789 are themselves, unless prefixed is asked for.
func Target(dialled string, prefixed bool) (who string, ok bool) {
	if name, found := strings.CutPrefix(dialled, "tg#"); found {
		return "@" + name, dialName.MatchString("@" + name)
	}
	rest, found := strings.CutPrefix(dialled, "tg")
	switch {
	case found && dialName.MatchString(rest):
		return "@" + strings.TrimPrefix(rest, "@"), true
	case found && (dialNumber.MatchString(rest) || dialID.MatchString(rest) || dialDigits.MatchString(rest)):
		return rest, true
	case prefixed || dialled == "":
		return "", false
	case dialled[0] == '@' && dialName.MatchString(dialled), dialNumber.MatchString(dialled), dialLongID.MatchString(dialled):
		return dialled, true
	default:
		return "", false
	}
}
