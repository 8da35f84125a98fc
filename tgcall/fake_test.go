package tgcall

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// fakeTelegram is a phone service small enough to misbehave on purpose. It runs in the test's own time.
type fakeTelegram struct {
	t *testing.T
	p []byte

	mu      sync.Mutex
	devices []*fakeDevice
	calls   map[int64]*fakeCall
	lastID  int64

	faults  map[string][]error           // of a method: returned once each, in order
	slow    map[string]time.Duration     // how long a method's answer takes, after the method was done
	mangle  func(call tg.PhoneCallClass) // changes what is about to be sent
	holding map[string]bool              // updates of these types are not sent
}

type fakeCall struct {
	id              int64
	caller, callee  *fakeDevice // callee: nil until accepted
	to              int64
	gAHash, gA, gB  []byte
	fingerprint     int64
	versions        []string
	over, requested bool
}

// fakeDevice is one session of an account. It is a tg.Invoker.
type fakeDevice struct {
	fake    *fakeTelegram
	user    int64
	client  *Client
	updates chan tg.UpdateClass
	media   chan *fakeMedia

	mu   sync.Mutex
	sent []string // methods, with discard reasons: "phone.discardCall busy 3"
}

func newFake(t *testing.T) *fakeTelegram {
	t.Helper()
	return &fakeTelegram{
		t: t, p: loadVectors(t).DH[0].P, calls: map[int64]*fakeCall{}, lastID: 100,
		faults: map[string][]error{}, slow: map[string]time.Duration{}, holding: map[string]bool{},
	}
}

// device logs a user in and runs a client until the test ends. Its media is fake.
func (f *fakeTelegram) device(user int64, o Options) *fakeDevice {
	f.t.Helper()
	d := &fakeDevice{fake: f, user: user, updates: make(chan tg.UpdateClass, 1000), media: make(chan *fakeMedia, 100)}
	o.Self = user
	d.client = New(tg.NewClient(d), o)
	d.client.newMedia = d.newMedia
	f.mu.Lock()
	f.devices = append(f.devices, d)
	f.mu.Unlock()
	return d
}

// run runs the devices' clients while the test talks, then shuts them down and waits.
func (f *fakeTelegram) run(talk func()) {
	f.t.Helper()
	ctx, cancel := context.WithCancel(f.t.Context())
	var group sync.WaitGroup
	for _, d := range f.devices {
		group.Go(func() {
			if err := d.client.Run(ctx); err != nil {
				f.t.Errorf("run: %v", err)
			}
		})
		group.Go(func() { d.feed(ctx) })
	}
	talk()
	cancel()
	group.Wait()
}

func (d *fakeDevice) feed(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case u := <-d.updates:
			d.client.Handle(ctx, d.fake.entities(), u)
		}
	}
}

func (f *fakeTelegram) entities() tg.Entities {
	users := map[int64]*tg.User{}
	for _, d := range f.devices {
		users[d.user] = fakeUser(d.user)
	}
	return tg.Entities{Users: users}
}

func fakeUser(id int64) *tg.User {
	u := &tg.User{ID: id, FirstName: fmt.Sprint("User ", id)}
	u.SetAccessHash(id * 7)
	return u
}

func inputUser(id int64) *tg.InputUser { return &tg.InputUser{UserID: id, AccessHash: id * 7} }

// methods that were called on the device, with their reasons.
func (d *fakeDevice) methods() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.sent)
}

func (d *fakeDevice) count(method string) (n int) {
	for _, m := range d.methods() {
		if strings.HasPrefix(m, method) {
			n++
		}
	}
	return n
}

// Invoke implements tg.Invoker.
func (d *fakeDevice) Invoke(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
	method := in.(interface{ TypeName() string }).TypeName()
	d.note(method, in)
	f := d.fake
	f.mu.Lock()
	if list := f.faults[method]; len(list) > 0 {
		f.faults[method] = list[1:]
		if list[0] != nil {
			f.mu.Unlock()
			return list[0]
		}
	}
	answer, err := f.serve(d, in)
	wait := f.slow[method]
	f.mu.Unlock()
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err != nil {
		return err
	}
	var b bin.Buffer
	if err := answer.Encode(&b); err != nil {
		return err
	}
	return out.Decode(&b)
}

func (d *fakeDevice) note(method string, in bin.Encoder) {
	if r, ok := in.(*tg.PhoneDiscardCallRequest); ok {
		method = fmt.Sprintf("%s %v %d", method, reasonOf(r.Reason), r.Duration)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent = append(d.sent, method)
}

func (f *fakeTelegram) serve(d *fakeDevice, in bin.Encoder) (bin.Encoder, error) {
	switch r := in.(type) {
	case *tg.MessagesGetDhConfigRequest:
		random := make([]byte, r.RandomLength)
		_, _ = rand.Read(random)
		if r.Version == 3 {
			return &tg.MessagesDhConfigNotModified{Random: random}, nil
		}
		return &tg.MessagesDhConfig{G: 3, P: f.p, Version: 3, Random: random}, nil
	case *tg.PhoneRequestCallRequest:
		return f.requestCall(d, r), nil
	case *tg.PhoneReceivedCallRequest:
		return f.receivedCall(r.Peer)
	case *tg.PhoneAcceptCallRequest:
		return f.acceptCall(d, r)
	case *tg.PhoneConfirmCallRequest:
		return f.confirmCall(r)
	case *tg.PhoneSendSignalingDataRequest:
		return f.sendSignalling(d, r)
	case *tg.PhoneDiscardCallRequest:
		return f.discardCall(d, r)
	}
	return nil, tgerr.New(400, "METHOD_UNKNOWN")
}

func (f *fakeTelegram) requestCall(d *fakeDevice, r *tg.PhoneRequestCallRequest) bin.Encoder {
	f.lastID++
	c := &fakeCall{id: f.lastID, caller: d, to: r.UserID.(*tg.InputUser).UserID, gAHash: r.GAHash, versions: r.Protocol.LibraryVersions}
	f.calls[c.id] = c
	f.send(c.to, nil, &tg.PhoneCallRequested{
		ID: c.id, AccessHash: hashFor(c, c.to), Date: int(time.Now().Unix()), AdminID: d.user, ParticipantID: c.to, GAHash: c.gAHash,
	})
	return f.waiting(c, d.user, 0)
}

// hashFor is the call's access hash, which differs for the two sides.
func hashFor(c *fakeCall, user int64) int64 { return c.id*1000 + user }

func (f *fakeTelegram) waiting(c *fakeCall, user int64, received int) *tg.PhonePhoneCall {
	w := &tg.PhoneCallWaiting{ID: c.id, AccessHash: hashFor(c, user), AdminID: c.caller.user, ParticipantID: c.to}
	if received != 0 {
		w.SetReceiveDate(received)
	}
	return f.answer(w)
}

func (f *fakeTelegram) answer(call tg.PhoneCallClass) *tg.PhonePhoneCall {
	if f.mangle != nil {
		f.mangle(call)
	}
	users := []tg.UserClass{}
	for _, d := range f.devices {
		users = append(users, fakeUser(d.user))
	}
	return &tg.PhonePhoneCall{PhoneCall: call, Users: users}
}

// send gives an update to all devices of a user, or to one.
func (f *fakeTelegram) send(user int64, only *fakeDevice, call tg.PhoneCallClass) {
	if f.holding[call.TypeName()] {
		return
	}
	if f.mangle != nil {
		f.mangle(call)
	}
	for _, d := range f.devices {
		if d == only || only == nil && d.user == user {
			d.updates <- &tg.UpdatePhoneCall{PhoneCall: call}
		}
	}
}

func (f *fakeTelegram) find(p tg.InputPhoneCall) (*fakeCall, error) {
	c := f.calls[p.ID]
	if c == nil || p.AccessHash != hashFor(c, c.caller.user) && p.AccessHash != hashFor(c, c.to) {
		return nil, tgerr.New(400, "CALL_PEER_INVALID")
	}
	if c.over {
		return nil, tgerr.New(400, "CALL_ALREADY_DECLINED")
	}
	return c, nil
}

func (f *fakeTelegram) receivedCall(p tg.InputPhoneCall) (bin.Encoder, error) {
	c, err := f.find(p)
	if err != nil {
		return nil, err
	}
	f.send(0, c.caller, f.waiting(c, c.caller.user, 1).PhoneCall)
	return &tg.BoolTrue{}, nil
}

func (f *fakeTelegram) acceptCall(d *fakeDevice, r *tg.PhoneAcceptCallRequest) (bin.Encoder, error) {
	c, err := f.find(r.Peer)
	if err != nil {
		return nil, err
	}
	if c.callee != nil {
		return nil, tgerr.New(400, "CALL_ALREADY_ACCEPTED")
	}
	common := slices.DeleteFunc(slices.Clone(c.versions), func(v string) bool { return !slices.Contains(r.Protocol.LibraryVersions, v) })
	if len(common) == 0 {
		return nil, tgerr.New(406, "CALL_PROTOCOL_COMPAT_LAYER_INVALID")
	}
	c.callee, c.gB, c.versions = d, r.GB, common[:1]
	f.send(0, c.caller, &tg.PhoneCallAccepted{
		ID: c.id, AccessHash: hashFor(c, c.caller.user), AdminID: c.caller.user, ParticipantID: c.to, GB: c.gB,
		Protocol: tg.PhoneCallProtocol{LibraryVersions: c.versions},
	})
	for _, other := range f.devices {
		if other.user == d.user && other != d {
			f.send(0, other, &tg.PhoneCallDiscarded{ID: c.id})
		}
	}
	return f.waiting(c, d.user, 1), nil
}

func (f *fakeTelegram) confirmCall(r *tg.PhoneConfirmCallRequest) (bin.Encoder, error) {
	c, err := f.find(r.Peer)
	if err != nil {
		return nil, err
	}
	c.gA, c.fingerprint = r.GA, r.KeyFingerprint
	f.send(0, c.callee, f.final(c, c.to, c.gA))
	return f.answer(f.final(c, c.caller.user, c.gB)), nil
}

func (f *fakeTelegram) final(c *fakeCall, user int64, half []byte) *tg.PhoneCall {
	return &tg.PhoneCall{
		ID: c.id, AccessHash: hashFor(c, user), AdminID: c.caller.user, ParticipantID: c.to, GAOrB: half, KeyFingerprint: c.fingerprint,
		Protocol: tg.PhoneCallProtocol{LibraryVersions: c.versions}, P2PAllowed: true,
		Connections: []tg.PhoneConnectionClass{&tg.PhoneConnectionWebrtc{Stun: true, IP: "127.0.0.1", Port: 3478}},
	}
}

func (f *fakeTelegram) sendSignalling(d *fakeDevice, r *tg.PhoneSendSignalingDataRequest) (bin.Encoder, error) {
	c, err := f.find(r.Peer)
	if err != nil {
		return nil, tgerr.New(400, "CALL_NOT_ACTIVE")
	}
	to := c.callee
	if d == c.callee {
		to = c.caller
	}
	to.updates <- &tg.UpdatePhoneCallSignalingData{PhoneCallID: c.id, Data: r.Data}
	return &tg.BoolTrue{}, nil
}

func (f *fakeTelegram) discardCall(d *fakeDevice, r *tg.PhoneDiscardCallRequest) (bin.Encoder, error) {
	c, err := f.find(r.Peer)
	if err != nil {
		return nil, err
	}
	c.over = true
	u := &tg.PhoneCallDiscarded{ID: c.id}
	u.SetReason(r.Reason)
	if d == c.caller {
		f.send(c.to, c.callee, u)
	} else {
		f.send(0, c.caller, u)
	}
	return &tg.Updates{}, nil
}

// vectors of the key exchange.
type vectors struct {
	DH []struct {
		G           int
		P           hexBytes `json:"p_hex"`
		A           hexBytes `json:"a_hex"`
		B           hexBytes `json:"b_hex"`
		GA          hexBytes `json:"g_a_hex"`
		GB          hexBytes `json:"g_b_hex"`
		Key         hexBytes `json:"key_hex"`
		Fingerprint int64    `json:"key_fingerprint_int64"`
		Indexes     [4]int   `json:"emoji_indexes"`
		Emoji       any
	}
	Emoji []string `json:"emoji_table_points"`
}

type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	*h = b
	return err
}

func loadVectors(t testing.TB) (v vectors) {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err := cmp.Or(err, json.NewDecoder(r).Decode(&v)); err != nil {
		t.Fatal(err)
	}
	return v
}
