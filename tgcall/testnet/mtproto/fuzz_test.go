package mtproto

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
)

// errDrained ends a connection that has no more frames to read.
var errDrained = errors.New("no more frames")

// script is a transport that reads what the fuzzer made up and writes nowhere.
type script struct{ frames [][]byte }

func (s *script) Recv(_ context.Context, b *bin.Buffer) error {
	if len(s.frames) == 0 {
		return errDrained
	}
	b.ResetTo(append([]byte(nil), s.frames[0]...))
	s.frames = s.frames[1:]
	return nil
}
func (s *script) Send(context.Context, *bin.Buffer) error { return nil }
func (s *script) Close() error                            { return nil }

func play(t testing.TB, s *Server, frames ...[]byte) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := newConn(s, &script{frames: frames}, cancel).run(ctx); err == nil {
		t.Error("the connection ended without a reason")
	}
}

func fuzzed(f *testing.F) *Server {
	f.Helper()
	s, err := New(Options{DC: 2, Key: testKey(), Handler: &api{release: make(chan struct{})}})
	if err != nil {
		f.Fatal(err)
	}
	return s
}

// FuzzFrame feeds frames as they come out of the transport.
func FuzzFrame(f *testing.F) {
	s := fuzzed(f)
	k := s.NewKey()
	f.Add([]byte{}, []byte{1})
	f.Add(k.Key.ID[:], append(append([]byte{}, k.Key.ID[:]...), make([]byte, 96)...))
	clear, err := encode(proto.UnencryptedMessage{MessageID: int64(proto.NewMessageID(time.Now(), proto.MessageFromClient)),
		MessageData: mustEncode(f, &mt.ReqPqMultiRequest{})})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(clear, clear)
	f.Fuzz(func(t *testing.T, first, second []byte) { play(t, s, first, second) })
}

// FuzzMessage feeds messages of a client that has a key: what is inside the encryption.
func FuzzMessage(f *testing.F) {
	s := fuzzed(f)
	k := s.NewKey()
	client := crypto.NewClientCipher(rand.Reader)
	ids := proto.NewMessageIDGen(time.Now)
	for _, v := range []bin.Encoder{
		&mt.PingRequest{PingID: 1}, &mt.MsgsStateReq{MsgIDs: []int64{1}}, &mt.MsgResendReq{MsgIDs: []int64{1}}, &mt.MsgsAck{MsgIDs: []int64{1}},
		&mt.RPCDropAnswerRequest{}, &mt.DestroySessionRequest{}, &mt.GetFutureSaltsRequest{Num: 1},
		container(ids.New(proto.MessageFromClient), &mt.PingRequest{}, &tg.HelpGetNearestDCRequest{}), proto.GZIP{Data: []byte{1, 2, 3, 4}},
		&tg.InvokeWithLayerRequest{Layer: 1, Query: &tg.InitConnectionRequest{Query: &tg.HelpGetNearestDCRequest{}}},
		&tg.InvokeAfterMsgRequest{MsgID: 1, Query: &tg.HelpGetNearestDCRequest{}},
		&tg.AuthBindTempAuthKeyRequest{PermAuthKeyID: k.Key.IntID(), EncryptedMessage: make([]byte, 104)},
	} {
		f.Add(mustEncode(f, v))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		body = body[:len(body)&^3]
		var b bin.Buffer
		if err := client.Encrypt(k.Key, crypto.EncryptedMessageData{Salt: k.Salt, SessionID: 1, MessageID: ids.New(proto.MessageFromClient),
			SeqNo: 1, MessageDataLen: int32(len(body)), MessageDataWithPadding: body}, &b); err != nil {
			t.Fatal(err)
		}
		play(t, s, b.Buf)
	})
}

func mustEncode(f *testing.F, v bin.Encoder) []byte {
	f.Helper()
	b, err := encode(v)
	if err != nil {
		f.Fatal(err)
	}
	return b
}
