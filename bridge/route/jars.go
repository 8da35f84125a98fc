package route

import (
	"net/http"
	"sync"
	"time"
)

// mostJars is how many there are at once; more are not kept.
const mostJars = 1000

// jars keep cookies between calls, by domain, name and host.
type jars struct {
	mu  sync.Mutex
	all map[jarKey]jar
}

type jarKey struct{ domain, name, host string }

type jar struct {
	cookies []*http.Cookie
	until   time.Time
}

func newJars() *jars { return &jars{all: map[jarKey]jar{}} }

func (j *jars) keep(domain, name, host string, cookies []*http.Cookie, now, until time.Time) {
	if len(cookies) == 0 {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for key, old := range j.all {
		if now.After(old.until) {
			delete(j.all, key)
		}
	}
	key := jarKey{domain, name, host}
	if old, there := j.all[key]; there || len(j.all) < mostJars {
		j.all[key] = jar{merged(old.cookies, cookies), until}
	}
}

// merged are the old cookies with the new ones in the place of those of their names.
func merged(old, recent []*http.Cookie) []*http.Cookie {
	all := append([]*http.Cookie(nil), recent...)
	for _, c := range old {
		known := false
		for _, other := range recent {
			known = known || other.Name == c.Name
		}
		if !known {
			all = append(all, c)
		}
	}
	return all
}

// cookies are those to send to a host.
func (j *jars) cookies(domain, name, host string, now time.Time) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	found := j.all[jarKey{domain, name, host}]
	if name == "" || now.After(found.until) {
		return ""
	}
	return joined(found.cookies)
}

// value is that of one cookie, of any host.
func (j *jars) value(domain, name, cookie string, now time.Time) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	for key, found := range j.all {
		if key.domain != domain || key.name != name || now.After(found.until) {
			continue
		}
		for _, c := range found.cookies {
			if c.Name == cookie {
				return c.Value
			}
		}
	}
	return ""
}
