package signal

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// recorded is a call between two of Telegram's own engines: A called B.
type recorded struct {
	Name    string
	Version string
	NoSCTP  bool
	Key     hexBytes
	Events  []struct {
		Who     string
		Wire    hexBytes // a blob as sent
		Dropped bool     // and lost
		Out     string   // a message before encryption
		In      string   // a message as understood
		Channel string   // a message on the data channel
	}
}

func loadCalls(t testing.TB) (calls []recorded) {
	t.Helper()
	d := json.NewDecoder(fixture(t, "calls.jsonl.gz"))
	for {
		var c recorded
		switch err := d.Decode(&c); {
		case errors.Is(err, io.EOF):
			return calls
		case err != nil:
			t.Fatal(err)
		}
		calls = append(calls, c)
	}
}

// understood are the messages that the engine `who` found in the other's packets.
func (c recorded) understood(who string) (texts []string) {
	for _, e := range c.Events {
		if e.Who == who && e.In != "" {
			texts = append(texts, e.In)
		}
	}
	return texts
}

// arrived are the blobs that `who` sent and that were not lost.
func (c recorded) arrived(who string) (blobs [][]byte) {
	for _, e := range c.Events {
		if e.Who == who && e.Wire != nil && !e.Dropped {
			blobs = append(blobs, e.Wire)
		}
	}
	return blobs
}

// replay lets the engine `who` of a recorded call talk to a channel of ours, and returns what that delivered.
func replay(t *testing.T, c recorded, who string) (texts []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		actor := &nativeSCTP{}
		var mu sync.Mutex
		channel, err := NewChannel(Options{
			Version: c.Version, Key: c.Key, Outgoing: who == "B", NoSCTP: c.NoSCTP,
			Out:     actor.hear,
			Deliver: func(json []byte) { mu.Lock(); texts = append(texts, string(json)); mu.Unlock() },
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- channel.Run(ctx) }()
		synctest.Wait()
		for _, blob := range c.arrived(who) {
			if carriages[c.Version] == carriageSCTP && !c.NoSCTP {
				blob = actor.adapt(blob)
			}
			if err := channel.Receive(blob); err != nil && !errors.Is(err, ErrReplay) {
				t.Errorf("%s: %v", c.Name, err)
			}
			synctest.Wait()
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return texts
}

func TestMessagesOfTelegramsEngineAreUnderstood(t *testing.T) {
	for _, c := range loadCalls(t) {
		for who, peer := range map[string]string{"A": "B", "B": "A"} {
			t.Run(c.Name+"/from "+who, func(t *testing.T) {
				got, want := replay(t, c, who), c.understood(peer)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-what the other engine understood +ours):\n%s", diff)
				}
			})
		}
	}
}

// What we write is read by Telegram's engine, so it is compared with what that writes: same keys, same values of the same JSON
// types. Only candidates have a field more, for browsers.
func TestOurMessagesEqualThoseOfTelegramsEngine(t *testing.T) {
	kinds := map[string]int{}
	for _, c := range loadCalls(t) {
		for _, e := range c.Events {
			for _, text := range []string{e.Out, e.Channel} {
				if text != "" {
					kinds[sameMessage(t, text)]++
				}
			}
		}
	}
	for name := range parsers {
		if kinds[name] == 0 {
			t.Errorf("no %s among the recorded messages", name)
		}
	}
}

func sameMessage(t *testing.T, text string) (name string) {
	t.Helper()
	m, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var want, got map[string]any
	for v, text := range map[*map[string]any][]byte{&want: []byte(text), &got: Encode(m)} {
		if err := json.Unmarshal(text, v); err != nil {
			t.Fatal(err)
		}
	}
	if list, ok := got["candidates"].([]any); ok {
		for _, c := range list {
			delete(c.(map[string]any), "sdpMLineIndex")
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-theirs +ours):\n%s", m.name(), diff)
	}
	return m.name()
}

// nativeSCTP makes the recorded SCTP packets of one engine fit an association with us: it has another verification tag, and its
// own cookie. Everything else, and all user data, stays as recorded.
type nativeSCTP struct {
	mu     sync.Mutex
	tag    []byte // ours, from our INIT or INIT ACK
	cookie []byte // ours, from our INIT ACK
	echoed bool   // the cookie
}

// Chunk types and the cookie's parameter type of RFC 9260.
const (
	chunkData       = 0
	chunkInit       = 1
	chunkInitAck    = 2
	chunkSack       = 3
	chunkCookieEcho = 10
	paramCookie     = 7
)

// hear looks at what we send.
func (n *nativeSCTP) hear(p []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if kind := p[sctpHeader]; kind != chunkInit && kind != chunkInitAck {
		return
	}
	n.tag = slices.Clone(p[16:20])
	for params := p[32:]; len(params) >= 4; {
		length := int(binary.BigEndian.Uint16(params[2:]))
		if binary.BigEndian.Uint16(params) == paramCookie {
			n.cookie = slices.Clone(params[4:length])
		}
		params = params[min(len(params), (length+3)&^3):]
	}
}

// adapt returns the packet as the engine would have sent it to us.
func (n *nativeSCTP) adapt(p []byte) []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := slices.Clone(p[:sctpHeader])
	if p[sctpHeader] != chunkInit {
		copy(out[4:], n.tag)
	}
	for chunks := p[sctpHeader:]; len(chunks) >= 4; {
		length := int(binary.BigEndian.Uint16(chunks[2:]))
		padded := min(len(chunks), (length+3)&^3)
		switch kind := chunks[0]; {
		case kind == chunkSack: // of somebody else's data
		case kind == chunkCookieEcho:
			out = n.echo(out)
		case kind == chunkData && n.cookie != nil && !n.echoed: // in the recorded call the other side's INIT won
			out = append(n.echo(out), chunks[:padded]...)
		default:
			out = append(out, chunks[:padded]...)
		}
		chunks = chunks[padded:]
	}
	return appendChecksum(out)
}

func (n *nativeSCTP) echo(p []byte) []byte {
	n.echoed = true
	return append(append(p, chunkCookieEcho, 0, 0, byte(4+len(n.cookie))), n.cookie...)
}
