package program

import (
	"cmp"

	"switchgram/bridge/route"
)

// userData is what scripts know of the users of the configuration: what FreeSWITCH knows of those whom we serve to it, and more of others.
type userData struct{ p *Program }

var _ route.Directory = userData{}

// UserData implements route.Directory.
func (d userData) UserData(domain, user, variable string) (string, bool) {
	if domain != "" && domain != d.p.routeDomain() {
		return "", false
	}
	u, ok := d.p.config.registry.Configured(user)
	if !ok {
		return "", false
	}
	value, said := u.Variables[variable]
	switch {
	case said:
		return value, true
	case variable == "effective_caller_id_number":
		return u.Name, true
	case variable == "effective_caller_id_name":
		return cmp.Or(u.DisplayName, u.Name), true
	}
	return "", true
}
