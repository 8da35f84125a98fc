package tgcall

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
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
	config  *tg.Config                   // nil: help.getConfig fails
	lost    map[string]int               // how many of a method's next answers the connection loses, after the method was done
}

// errConnection is what gotd says of a request when the connection breaks.
var errConnection = errors.New("engine forcibly closed")

// tell changes what help.getConfig says.
func (f *fakeTelegram) tell(c *tg.Config) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.config = c
}

// lose has the connection lose a method's next answers.
func (f *fakeTelegram) lose(method string, count int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost[method] = count
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
	ids  []int    // random ids of its requests
}

func newFake(t *testing.T) *fakeTelegram {
	t.Helper()
	return &fakeTelegram{
		t: t, p: loadVectors(t).DH[0].P, calls: map[int64]*fakeCall{}, lastID: 100,
		faults: map[string][]error{}, slow: map[string]time.Duration{}, holding: map[string]bool{},
		lost: map[string]int{},
	}
}

// fail makes the next calls of a method fail, each with one of the errors.
func (f *fakeTelegram) fail(method string, errs ...error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults[method] = errs
}

// delay makes a method's answer late; the method itself is done at once.
func (f *fakeTelegram) delay(method string, d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.slow[method] = d
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
	if f.lost[method] > 0 {
		f.lost[method]--
		err = errConnection
	}
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
	if r, ok := in.(*tg.PhoneRequestCallRequest); ok {
		d.ids = append(d.ids, r.RandomID)
	}
}

func (d *fakeDevice) randomIDs() []int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.ids)
}
