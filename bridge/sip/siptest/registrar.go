package siptest

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Contact is where a registered user can be called.
type Contact struct {
	User    string
	URI     string // as registered
	Expires time.Time

	uri sip.Uri
}

// transport is how calls to the contact travel: by UDP unless its URI says otherwise, however it was registered.
func (c Contact) transport() string {
	if t, ok := c.uri.UriParams.Get("transport"); ok {
		return strings.ToUpper(t)
	}
	return "UDP"
}

// location remembers one contact a user, as FreeSWITCH does: the last that registered. Safe for concurrent use.
type location struct {
	mu       sync.Mutex
	contacts map[string]Contact
	changed  chan struct{} // closed and replaced at each change
}

func newLocation() *location {
	return &location{contacts: make(map[string]Contact), changed: make(chan struct{})}
}

func (l *location) set(c Contact) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.contacts[c.User] = c
	l.announce()
}

func (l *location) remove(user string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.contacts, user)
	l.announce()
}

func (l *location) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.contacts)
	l.announce()
}

func (l *location) announce() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// get is the user's contact, if it has not expired, and a channel that is closed when any contact changes.
func (l *location) get(user string) (Contact, bool, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.contacts[user]
	return c, ok && time.Now().Before(c.Expires), l.changed
}

// onRegister is the registrar (RFC 3261 §10.3).
func (s *Switch) onRegister(req *sip.Request, tx sip.ServerTransaction) {
	user, err := s.auth.check(req, "Authorization")
	if err != nil {
		s.refuse(req, tx, err, sip.StatusUnauthorized, "WWW-Authenticate")
		return
	}
	// 3. and 5. The address of record must be the authenticated user's own.
	if to := req.To(); to == nil || to.Address.User != user {
		s.respond(tx, s.newResponse(req, sip.StatusForbidden, "Forbidden"))
		return
	}
	contact, expires, err := readContact(req)
	if err != nil {
		s.log.Debug("refused a registration", "line", user, "err", err)
		s.respond(tx, s.newResponse(req, sip.StatusBadRequest, "Bad Request"))
		return
	}
	if contact != nil {
		s.register(user, *contact, expires)
	}
	res := s.newResponse(req, sip.StatusOK, "OK")
	// 8. The response lists the current bindings.
	if c, ok, _ := s.location.get(user); ok {
		left := math.Ceil(time.Until(c.Expires).Seconds())
		res.AppendHeader(sip.NewHeader("Contact", fmt.Sprintf("<%s>;expires=%.0f", c.URI, left)))
	}
	res.AppendHeader(sip.NewHeader("Date", time.Now().UTC().Format(http.TimeFormat)))
	s.respond(tx, res)
}

// register binds the contact or, with expires 0, unbinds it.
func (s *Switch) register(user string, uri sip.Uri, expires int) {
	if expires == 0 {
		s.location.remove(user)
		s.log.Info("unregistered", "line", user)
		return
	}
	life := min(time.Duration(expires)*time.Second, s.options.MaxExpires)
	c := Contact{User: user, URI: uri.String(), uri: uri, Expires: time.Now().Add(life)}
	s.location.set(c)
	s.log.Info("registered", "line", user, "to", c.URI)
}

// readContact is the one binding a REGISTER asks for and its seconds; nil when it only asks what is bound. "*" removes all.
func readContact(req *sip.Request) (*sip.Uri, int, error) {
	expires := 3600
	if h := req.GetHeader("Expires"); h != nil {
		n, err := strconv.Atoi(strings.TrimSpace(h.Value()))
		if err != nil || n < 0 {
			return nil, 0, fmt.Errorf("header Expires %q: want seconds", h.Value())
		}
		expires = n
	}
	h := req.GetHeader("Contact")
	if h == nil {
		return nil, 0, nil
	}
	if strings.TrimSpace(h.Value()) == "*" {
		if expires != 0 {
			return nil, 0, errors.New("wildcard Contact with Expires other than 0")
		}
		return &sip.Uri{Wildcard: true}, 0, nil
	}
	c := req.Contact()
	if c == nil || c.Address.Host == "" {
		return nil, 0, fmt.Errorf("header Contact %q: not an address", h.Value())
	}
	if v, ok := c.Params.Get("expires"); ok {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			return nil, 0, fmt.Errorf("header Contact: expires=%q: want seconds", v)
		}
		expires = n
	}
	return c.Address.Clone(), expires, nil
}

// refuse answers a request whose sender is not known: a challenge first; 403 for wrong credentials, as FreeSWITCH does.
func (s *Switch) refuse(req *sip.Request, tx sip.ServerTransaction, why error, status int, header string) {
	if errors.Is(why, errForbidden) {
		s.log.Info("wrong user or password", "from", req.Source(), "kind", req.Method)
		s.respond(tx, s.newResponse(req, sip.StatusForbidden, "Forbidden"))
		return
	}
	res := s.newResponse(req, status, map[int]string{
		sip.StatusUnauthorized: "Unauthorized", sip.StatusProxyAuthRequired: "Proxy Authentication Required"}[status])
	for _, v := range s.auth.challenges(errors.Is(why, errStale)) {
		res.AppendHeader(sip.NewHeader(header, v))
	}
	s.respond(tx, res)
}
