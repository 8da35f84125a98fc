package program

import (
	"fmt"
	"net/url"
	"slices"
)

// checkOrigins reports those origins of a key that are not as browsers write them (RFC 6454 §6.2), which is such as that one. What stands in besides may
// be there, too.
func checkOrigins(say func(key, format string, args ...any), key string, origins []string, such string, besides ...string) {
	for i, origin := range origins {
		if u, err := url.Parse(origin); !slices.Contains(besides, origin) && (err != nil || u.Host == "" || u.Scheme+"://"+u.Host != origin) {
			say(fmt.Sprintf("%s[%d]", key, i), "%q: want scheme and host, such as %s", origin, such)
		}
	}
}
