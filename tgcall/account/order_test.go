package account

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/session"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/transport"
)

// scripted is a connection on which messages wait to be read.
type scripted struct{ messages [][]byte }

func (s *scripted) Recv(_ context.Context, b *bin.Buffer) error {
	if len(s.messages) == 0 {
		return io.EOF
	}
	b.Buf, s.messages = s.messages[0], s.messages[1:]
	return nil
}

func (*scripted) Send(context.Context, *bin.Buffer) error { return nil }
func (*scripted) Close() error                            { return nil }

func testAuthKey() crypto.AuthKey {
	var k crypto.Key
	for i := range k {
		k[i] = byte(i)
	}
	return k.WithID()
}

// knownSession is a session as gotd stores it.
func knownSession(t testing.TB, key crypto.AuthKey) []byte {
	t.Helper()
	var m session.StorageMemory
	if err := (&session.Loader{Storage: &m}).Save(t.Context(), &session.Data{AuthKey: key.Value[:], AuthKeyID: key.ID[:]}); err != nil {
		t.Fatal(err)
	}
	raw, err := m.LoadSession(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// sealed is a message as a server with that key sends it.
func sealed(t testing.TB, key crypto.AuthKey, body []byte) []byte {
	t.Helper()
	var b bin.Buffer
	err := crypto.NewServerCipher(crypto.DefaultRand()).Encrypt(key, crypto.EncryptedMessageData{
		MessageID: 1, MessageDataLen: int32(len(body)), MessageDataWithPadding: body,
	}, &b)
	if err != nil {
		t.Fatal(err)
	}
	return b.Buf
}

func encode(t testing.TB, e bin.Encoder) []byte {
	t.Helper()
	var b bin.Buffer
	if err := e.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Buf
}

func signalling(n int64) *tg.UpdateShort {
	return &tg.UpdateShort{Update: &tg.UpdatePhoneCallSignalingData{PhoneCallID: n, Data: []byte{1, 2, 3}}}
}

func testConn(wire transport.Conn, o *order) *wireConn {
	return &wireConn{Conn: wire, wireResolver: wireResolver{order: o, pulse: &pulse{}, onNewSession: func() {}}}
}

// TestUpdatesAreHandledInWireOrder plays gotd's part: a goroutine for each message read, which takes its time.
func TestUpdatesAreHandledInWireOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const messages = 500
		key, o, wire := testAuthKey(), newOrder(), &scripted{}
		o.keys.learn(knownSession(t, key))
		for n := range int64(messages) {
			wire.messages = append(wire.messages, sealed(t, key, encode(t, signalling(n))))
		}
		conn := testConn(wire, o)

		var got []int64
		var mu sync.Mutex
		var handlers sync.WaitGroup
		for n := int64(0); ; n++ {
			if err := conn.Recv(t.Context(), &bin.Buffer{}); errors.Is(err, io.EOF) {
				break
			}
			handlers.Go(func() {
				time.Sleep(rand.N(time.Millisecond))
				mu.Lock()
				got = append(got, n)
				mu.Unlock()
				o.pass()
			})
		}
		handlers.Wait()

		for n := range got {
			if got[n] != int64(n) {
				t.Fatalf("update %d was handled as number %d", got[n], n)
			}
		}
		if len(got) != messages {
			t.Errorf("%d of %d handled", len(got), messages)
		}
	})
}

func TestAnUpdateThatIsNeverHandledDelaysOnlySomewhat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, o := testAuthKey(), newOrder()
		o.keys.learn(knownSession(t, key))
		one := sealed(t, key, encode(t, signalling(1)))
		conn := testConn(&scripted{messages: [][]byte{one, one}}, o)
		began := time.Now()
		for range 2 {
			if err := conn.Recv(t.Context(), &bin.Buffer{}); err != nil {
				t.Fatal(err)
			}
		}
		if waited := time.Since(began); waited != orderPatience {
			t.Errorf("waited %v, want %v", waited, orderPatience)
		}
	})
}

func TestMessagesThatAreNotOursToReadAreNotHeldBack(t *testing.T) {
	key, o := testAuthKey(), newOrder()
	other := key
	other.Value[0] ^= 1
	other = other.Value.WithID()
	o.keys.learn(knownSession(t, key))
	update := encode(t, signalling(1))
	broken := sealed(t, key, update)
	broken[len(broken)-1] ^= 1
	for name, message := range map[string][]byte{
		"of another key": sealed(t, other, update), "broken": broken, "short": {1, 2, 3}, "empty": nil,
		"in clear": append(make([]byte, 8), update...),
	} {
		if n := o.keys.look(message).updates; n != 0 {
			t.Errorf("%s: counted %d updates", name, n)
		}
	}
	if n := o.keys.look(sealed(t, key, update)).updates; n != 1 {
		t.Errorf("ours: counted %d updates, want 1", n)
	}
}

func TestAKeyThatWasReplacedIsNoticed(t *testing.T) {
	var k keyring
	first := testAuthKey()
	second := first.Value
	second[0] ^= 1
	for i, step := range []struct {
		stored []byte
		want   bool
	}{
		{knownSession(t, first), false}, {knownSession(t, first), false}, {[]byte("{"), false}, {nil, false},
		{knownSession(t, second.WithID()), true}, {knownSession(t, second.WithID()), false},
	} {
		if before, _ := k.learn(step.stored); (before != nil) != step.want {
			t.Errorf("step %d: replaced %v", i, before)
		}
	}
}

func contained(t *testing.T, bodies ...[]byte) []byte {
	t.Helper()
	var c proto.MessageContainer
	for i, b := range bodies {
		c.Messages = append(c.Messages, proto.Message{ID: int64(i), Bytes: len(b), Body: b})
	}
	return encode(t, &c)
}

func TestUpdatesAreCountedAsGotdHandlesThem(t *testing.T) {
	update := encode(t, signalling(1))
	packed := encode(t, proto.GZIP{Data: update})
	result := encode(t, &proto.Result{RequestMessageID: 1, Result: update})
	config := encode(t, &tg.UpdateShort{Update: &tg.UpdateConfig{}})
	deep := update
	for range 10 {
		deep = encode(t, proto.GZIP{Data: deep})
	}
	for name, tc := range map[string]struct {
		body []byte
		want int
	}{
		"one":                             {update, 1},
		"packed":                          {packed, 1},
		"too long":                        {encode(t, &tg.UpdatesTooLong{}), 1},
		"container":                       {contained(t, update, result, packed, update), 3},
		"answer to a request":             {result, 0},
		"gotd asks before it handles":     {config, 0},
		"the same among others":           {contained(t, update, config), 0},
		"packed again and again":          {deep, 0},
		"container that promises more":    {contained(t, update)[:20], 0},
		"nothing":                         {nil, 0},
		"something that is no TL at all.": {[]byte("GET / HTTP/1.1\r\n\r\n"), 0},
	} {
		var got glance
		if got.look(tc.body, 0); got.updates != tc.want {
			t.Errorf("%s: counted %d, want %d", name, got.updates, tc.want)
		}
	}
}

func FuzzGlance(f *testing.F) {
	f.Add(encode(f, signalling(1)))
	f.Add(encode(f, proto.GZIP{Data: encode(f, signalling(1))}))
	f.Add(encode(f, &proto.MessageContainer{Messages: []proto.Message{{Bytes: 4, Body: []byte{0x7e, 0xaf, 0x17, 0xe3}}}}))
	f.Fuzz(func(t *testing.T, body []byte) {
		var seen glance
		if seen.look(body, 0); seen.updates > len(body) && len(body) < 1000 {
			t.Errorf("%d updates in %d bytes", seen.updates, len(body))
		}
	})
}

// BenchmarkGlance is what looking into a message costs.
func BenchmarkGlance(b *testing.B) {
	key, o := testAuthKey(), newOrder()
	o.keys.learn(knownSession(b, key))
	message := sealed(b, key, encode(b, &tg.UpdateShort{Update: &tg.UpdatePhoneCallSignalingData{Data: make([]byte, 1000)}}))
	b.SetBytes(int64(len(message)))
	for b.Loop() {
		if o.keys.look(message).updates != 1 {
			b.Fatal("not counted")
		}
	}
}
