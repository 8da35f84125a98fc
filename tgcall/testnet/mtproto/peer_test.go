package mtproto

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/clock"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/gotd/td/transport"
)

// patience is a safety net: no test waits so long unless something is broken.
const patience = 3 * time.Minute

// testKey is made once: it takes a second or two.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, crypto.RSAKeyBits)
	if err != nil {
		panic(err)
	}
	return k
})

// api answers help.getNearestDc with the number of requests so far, help.getInviteText with a long text, and pushes an update when it is asked
// for help.getSupport. It never answers help.getTermsOfServiceUpdate until release is closed, and panics at help.getPromoData.
type api struct {
	mu      sync.Mutex
	asked   int
	closed  chan *Session
	release chan struct{}
}

const longText = 4000

func (a *api) Request(ctx context.Context, r *Request) {
	switch r.Method {
	case tg.HelpGetNearestDCRequestTypeID:
		a.mu.Lock()
		a.asked++
		r.Answer(&tg.NearestDC{Country: "ZZ", ThisDC: a.asked, NearestDC: 2})
		a.mu.Unlock()
	case tg.HelpGetInviteTextRequestTypeID:
		r.Answer(&tg.HelpInviteText{Message: string(make([]byte, longText))})
	case tg.HelpGetSupportRequestTypeID:
		r.Answer(&tg.BoolTrue{})
		_ = r.Session.Push(&tg.UpdatesTooLong{})
	case tg.HelpGetTermsOfServiceUpdateRequestTypeID:
		select {
		case <-a.release:
			r.Answer(&tg.HelpTermsOfServiceUpdateEmpty{})
		case <-ctx.Done():
		}
	case tg.HelpGetPromoDataRequestTypeID:
		panic("as ordered")
	case tg.HelpGetAppConfigRequestTypeID: // no answer
	default:
		r.Fail(tgerr.New(400, "METHOD_NOT_IMPLEMENTED"))
	}
}

func (a *api) Closed(s *Session) {
	select {
	case a.closed <- s:
	default:
	}
}

type world struct {
	*Server
	api  *api
	addr string
}

func serve(t testing.TB, change ...func(*Options)) *world {
	t.Helper()
	w := &world{api: &api{closed: make(chan *Session, 16), release: make(chan struct{})}}
	o := Options{DC: 2, Key: testKey(), Handler: w.api}
	for _, f := range change {
		f(&o)
	}
	var err error
	if w.Server, err = New(o); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.addr = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return w
}

// peer is a client by hand: it decides itself what it sends.
type peer struct {
	t       *testing.T
	ctx     context.Context
	conn    transport.Conn
	key     AuthKey
	salt    int64
	session int64
	cipher  crypto.Cipher
	ids     *proto.MessageIDGen
	seq     int32
}

func (w *world) dial(t *testing.T, p transport.Protocol) *peer {
	t.Helper()
	k := w.NewKey()
	return w.dialWith(t, p, k, random64())
}

func (w *world) dialWith(t *testing.T, p transport.Protocol, k AuthKey, session int64) *peer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	nc, err := net.Dial("tcp4", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	c, err := p.Handshake(nc)
	if err != nil {
		t.Fatal(err)
	}
	return &peer{t: t, ctx: ctx, conn: c, key: k, salt: k.Salt, session: session, cipher: crypto.NewClientCipher(rand.Reader),
		ids: proto.NewMessageIDGen(clock.System.Now)}
}

func (p *peer) id() int64 { return p.ids.New(proto.MessageFromClient) }

// send sends v as a message and returns its id.
func (p *peer) send(v bin.Encoder) int64 {
	p.t.Helper()
	id := p.id()
	p.sendAs(id, v)
	return id
}

func (p *peer) sendAs(id int64, v bin.Encoder) {
	p.t.Helper()
	body, err := encode(v)
	if err != nil {
		p.t.Fatal(err)
	}
	var b bin.Buffer
	p.seq += 2
	err = p.cipher.Encrypt(p.key.Key, crypto.EncryptedMessageData{Salt: p.salt, SessionID: p.session, MessageID: id, SeqNo: p.seq - 1,
		MessageDataLen: int32(len(body)), MessageDataWithPadding: body}, &b)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.conn.Send(p.ctx, &b); err != nil {
		p.t.Fatal(err)
	}
}

// received is a message of the server.
type received struct {
	id    int64
	seqNo int32
	body  *bin.Buffer
}

func (p *peer) receive() (received, error) {
	var b bin.Buffer
	if err := p.conn.Recv(p.ctx, &b); err != nil {
		return received{}, err
	}
	m, err := p.cipher.DecryptFromBuffer(p.key.Key, &b)
	if err != nil {
		return received{}, err
	}
	return received{id: m.MessageID, seqNo: m.SeqNo, body: &bin.Buffer{Buf: m.Data()}}, nil
}

// want reads messages until one of v's type comes, and decodes it into v.
func (p *peer) want(v bin.Decoder, typeID uint32) received {
	p.t.Helper()
	for {
		m, err := p.receive()
		if err != nil {
			p.t.Fatalf("waiting for %T: %v", v, err)
		}
		if id, _ := m.body.PeekID(); id != typeID {
			continue
		}
		if err := v.Decode(m.body); err != nil {
			p.t.Fatal(err)
		}
		return m
	}
}

// result waits for the rpc_result of a request; an rpc_error is returned as one.
func (p *peer) result(msgID int64, v bin.Decoder) (received, error) {
	p.t.Helper()
	for {
		var r proto.Result
		m := p.want(&r, proto.ResultTypeID)
		if r.RequestMessageID != msgID {
			continue
		}
		b := &bin.Buffer{Buf: r.Result}
		var e mt.RPCError
		if err := e.Decode(b); err == nil {
			return m, tgerr.New(e.ErrorCode, e.ErrorMessage)
		}
		b.ResetTo(r.Result)
		return m, v.Decode(b)
	}
}

func (p *peer) must(msgID int64, v bin.Decoder) received {
	p.t.Helper()
	m, err := p.result(msgID, v)
	if err != nil {
		p.t.Fatal(err)
	}
	return m
}

// wantClosed reads until the server closes the connection.
func (p *peer) wantClosed() {
	p.t.Helper()
	for {
		if _, err := p.receive(); err != nil {
			if p.ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
				p.t.Fatal("the connection stays open")
			}
			return
		}
	}
}

func nearest(t *testing.T, p *peer) *tg.NearestDC {
	t.Helper()
	var v tg.NearestDC
	p.must(p.send(&tg.HelpGetNearestDCRequest{}), &v)
	return &v
}
