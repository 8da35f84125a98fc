package tgcall

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/tgcall/engine"
)

// fakeMedia is an engine that does what the test says.
type fakeMedia struct {
	config engine.Config
	events chan engine.Event
	fail   chan error
	up     time.Time // when ICE found a path, as Times tells it

	mu       sync.Mutex
	blobs    []string
	receiver func(*rtp.Packet)
	muted    bool
	written  int
}

func (d *fakeDevice) newMedia(c engine.Config) (media, error) {
	m := &fakeMedia{config: c, events: make(chan engine.Event, 64), fail: make(chan error, 1)}
	d.media <- m
	return m, nil
}

// nextMedia is the media of the device's next call to get that far.
func (d *fakeDevice) nextMedia(t *testing.T) *fakeMedia {
	t.Helper()
	select {
	case m := <-d.media:
		return m
	case <-time.After(time.Hour):
		t.Fatal("the call did not get as far as media")
		return nil
	}
}

func (m *fakeMedia) Run(ctx context.Context) error {
	defer close(m.events)
	select {
	case err := <-m.fail:
		return err
	case <-ctx.Done():
		return nil
	}
}

func (m *fakeMedia) establish() { m.events <- engine.StateChanged{State: engine.Established} }
func (m *fakeMedia) lose()      { m.events <- engine.StateChanged{State: engine.Reconnecting} }

func (m *fakeMedia) Receive(b []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blobs = append(m.blobs, string(b))
}

func (m *fakeMedia) received() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.blobs)
}

func (m *fakeMedia) Events() <-chan engine.Event { return m.events }

func (m *fakeMedia) OnRTP(f func(*rtp.Packet)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.receiver = f
}

func (m *fakeMedia) WriteRTP(*rtp.Packet) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.written++
	return nil
}

func (m *fakeMedia) Mute(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.muted = on
}

func (m *fakeMedia) isMuted() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.muted
}

func (m *fakeMedia) Times() engine.Times { return engine.Times{ICE: m.up} }

func (m *fakeMedia) Stats() engine.Stats { return engine.Stats{Sent: 7} }
