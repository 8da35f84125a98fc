package testnet

import (
	"encoding/binary"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"switchgram/tgcall/testnet/mtproto"
)

// device is a client: whoever holds one permanent auth key. Devices are not forgotten while the network runs. The network's lock guards them.
type device struct {
	key      mtproto.KeyID
	centre   *centre // that has made the key
	user     *User   // nil: not logged in
	pending  *User   // has shown code or token, but not the two-step password
	revoked  bool    // was logged in until somebody ended it
	since    time.Time
	info     tg.InitConnectionRequest
	sessions map[*mtproto.Session]struct{} // connected now
	srp      *srpExchange
}

// deviceOf finds the device of a session, and notes that the session is connected.
func (n *Network) deviceOf(c *centre, s *mtproto.Session) *device {
	d := n.deviceOfKey(c, s.Key())
	d.sessions[s] = struct{}{}
	d.info = s.Device()
	return d
}

func (n *Network) deviceOfKey(c *centre, k mtproto.KeyID) *device {
	d, ok := n.devices[k]
	if !ok {
		d = &device{key: k, centre: c, since: time.Now(), sessions: map[*mtproto.Session]struct{}{}}
		n.devices[k] = d
	}
	return d
}

// devicesOf a user, in no order.
func (n *Network) devicesOf(u *User) []*device {
	var all []*device
	for _, d := range n.devices {
		if d.user == u {
			all = append(all, d)
		}
	}
	return all
}

func (n *Network) authorise(d *device, u *User) {
	d.user, d.pending, d.revoked, d.since = u, nil, false, time.Now()
}

// release logs a device out.
func (n *Network) release(d *device) {
	n.endCallsOf(d)
	d.user, d.pending = nil, nil
}

// Revoke logs every device of u out, as "terminate all other sessions" on another device would: they are disconnected, and their next request is
// refused with 401 SESSION_REVOKED.
func (u *User) Revoke() {
	u.n.mu.Lock()
	defer u.n.mu.Unlock()
	for _, d := range u.n.devicesOf(u) {
		u.n.revoke(d)
	}
}

func (n *Network) revoke(d *device) {
	n.release(d)
	d.revoked = true
	d.centre.srv.Disconnect(d.key)
}

// Disconnect cuts every connection of u's devices. They may come back at once.
func (n *Network) Disconnect(u *User) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, d := range n.devicesOf(u) {
		d.centre.srv.Disconnect(d.key)
	}
}

// Online says how many of u's devices are connected now and get updates.
func (u *User) Online() int {
	u.n.mu.Lock()
	defer u.n.mu.Unlock()
	online := 0
	for _, d := range u.n.devicesOf(u) {
		if len(d.listening()) > 0 {
			online++
		}
	}
	return online
}

// listening sessions of a device get its updates.
func (d *device) listening() []*mtproto.Session {
	var all []*mtproto.Session
	for s := range d.sessions {
		if s.WantsUpdates() && s.Connected() {
			all = append(all, s)
		}
	}
	return all
}

// push sends an update to a device. It is made anew for each session, since gotd's Encode writes into what it encodes.
func (n *Network) push(d *device, build func(viewer) bin.Encoder) {
	if n.faults.away[d.user] > 0 || n.faults.loses(d.user) {
		return
	}
	for _, s := range d.listening() {
		if err := s.Push(build(viewer{n: n, user: d.user, layer: s.Layer()})); err != nil {
			n.log.Debug("update not delivered", "err", err)
		}
	}
}

// pushAll sends an update to every device of u, except one if that is not nil.
func (n *Network) pushAll(u *User, except *device, build func(viewer) bin.Encoder) {
	for _, d := range n.devicesOf(u) {
		if d != except {
			n.push(d, build)
		}
	}
}

// authorization describes a device to its owner.
func (d *device) authorization(current bool) tg.Authorization {
	var hash int64
	if !current {
		hash = int64(binary.LittleEndian.Uint64(d.key[:]))
	}
	return tg.Authorization{Current: current, Hash: hash, DeviceModel: d.info.DeviceModel, Platform: d.info.SystemVersion,
		SystemVersion: d.info.SystemVersion, APIID: d.info.APIID, AppName: "testnet", AppVersion: d.info.AppVersion,
		DateCreated: unix(d.since), DateActive: unix(time.Now()), IP: "127.0.0.1", Country: "ZZ"}
}

func (r *request) getAuthorizations(*tg.AccountGetAuthorizationsRequest) (bin.Encoder, error) {
	all := &tg.AccountAuthorizations{AuthorizationTTLDays: 180}
	for _, d := range r.n.devicesOf(r.user) {
		all.Authorizations = append(all.Authorizations, d.authorization(d == r.device))
	}
	return all, nil
}

func (r *request) resetAuthorizations(*tg.AuthResetAuthorizationsRequest) (bin.Encoder, error) {
	for _, d := range r.n.devicesOf(r.user) {
		if d != r.device {
			r.n.revoke(d)
		}
	}
	return &tg.BoolTrue{}, nil
}
