package testnet

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"switchgram/tgcall/testnet/mtproto"
)

// firstDC is the data centre that clients try first, and where accounts live that do not ask for another.
const firstDC = 2

// centre is one data centre, https://core.telegram.org/api/datacenter: an address, and authorisation keys that no other one knows.
type centre struct {
	dc   int
	srv  *mtproto.Server
	addr *net.TCPAddr
}

// openCentres makes the data centres, all with the network's one key, and opens their sockets. Nothing is served yet.
func (n *Network) openCentres() (sockets []net.Listener, err error) {
	for _, dc := range n.o.DCs {
		c := &centre{dc: dc}
		c.srv, err = mtproto.New(mtproto.Options{DC: dc, Key: n.key, Handler: handler{n, c}, Log: n.log})
		if err != nil {
			return sockets, err
		}
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return sockets, err
		}
		c.addr = l.Addr().(*net.TCPAddr)
		n.centres, sockets = append(n.centres, c), append(sockets, l)
	}
	return sockets, nil
}

// serve runs a data centre until ctx ends.
func (n *Network) serve(ctx context.Context, c *centre, l net.Listener) {
	if err := c.srv.Serve(ctx, l); err != nil {
		n.log.Error("telegram network stopped", "err", err)
	}
}

// centre finds a data centre by its number. One that does not exist is a mistake of the program, and panics.
func (n *Network) centre(dc int) *centre {
	i := slices.IndexFunc(n.centres, func(c *centre) bool { return c.dc == dc })
	if i < 0 {
		panic(fmt.Sprintf("testnet: there is no data centre %d, see Options.DCs", dc))
	}
	return n.centres[i]
}

func (n *Network) dcOptions() (all []tg.DCOption) {
	for _, c := range n.centres {
		all = append(all, tg.DCOption{Static: true, ID: c.dc, IPAddress: c.addr.IP.String(), Port: c.addr.Port})
	}
	return all
}

// Move takes the account to another data centre. Where its devices are connected now they are told to go there with their next request
// (303 USER_MIGRATE), as all who log in are.
func (u *User) Move(dc int) {
	to := u.n.centre(dc)
	u.n.mu.Lock()
	defer u.n.mu.Unlock()
	u.home = to
}

// astray refuses what is asked at another data centre than the user's. A device may still take its authorisation along.
func (r *request) astray(method uint32) error {
	if r.user == nil || r.user.home == r.centre || method == tg.AuthExportAuthorizationRequestTypeID || method == tg.HelpGetConfigRequestTypeID {
		return nil
	}
	return r.user.elsewhere("USER_MIGRATE")
}

// elsewhere is the error that sends a client to u's data centre, https://core.telegram.org/api/errors#303-see-other
func (u *User) elsewhere(name string) error {
	return tgerr.New(303, name+"_"+strconv.Itoa(u.home.dc))
}

// exported is an authorisation on its way to another data centre.
type exported struct {
	user *User
	to   int
}

// exportAuthorization gives a device a ticket that is good once, at one data centre.
func (r *request) exportAuthorization(q *tg.AuthExportAuthorizationRequest) (bin.Encoder, error) {
	if !slices.Contains(r.n.o.DCs, q.DCID) || q.DCID == r.centre.dc {
		return nil, tgerr.New(400, "DC_ID_INVALID")
	}
	ticket := randomBytes(64)
	r.n.tickets[string(ticket)] = exported{user: r.user, to: q.DCID}
	return &tg.AuthExportedAuthorization{ID: r.user.o.ID, Bytes: ticket}, nil
}

// importAuthorization logs a device in by such a ticket.
func (r *request) importAuthorization(q *tg.AuthImportAuthorizationRequest) (bin.Encoder, error) {
	e, ok := r.n.tickets[string(q.Bytes)]
	delete(r.n.tickets, string(q.Bytes))
	if !ok || e.to != r.centre.dc || e.user.o.ID != q.ID {
		return nil, tgerr.New(400, "AUTH_BYTES_INVALID")
	}
	return r.authorised(e.user), nil
}
