package mtproto

import (
	"bytes"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/gotd/td/transport"
)

func TestSessionIsAnnouncedOnce(t *testing.T) {
	w := serve(t)
	p := w.dial(t, transport.Intermediate)
	id := p.send(&mt.PingRequest{PingID: 1})
	var created mt.NewSessionCreated
	m := p.want(&created, mt.NewSessionCreatedTypeID)
	if created.FirstMsgID != id || created.ServerSalt != p.salt || m.seqNo != 1 || m.id&3 != 3 {
		t.Errorf("got %v in %v", created, m)
	}
	var pong mt.Pong
	if m := p.want(&pong, mt.PongTypeID); pong.MsgID != id || pong.PingID != 1 || m.seqNo != 2 || m.id&3 != 1 {
		t.Errorf("got %v in %v", pong, m)
	}
	id = p.send(&mt.PingDelayDisconnectRequest{PingID: 2, DisconnectDelay: 75})
	first, err := p.receive()
	if err != nil || pong.Decode(first.body) != nil || pong.MsgID != id || pong.PingID != 2 {
		t.Errorf("the next message is %v, %v", pong, err)
	}
}

func TestWrongSaltIsCorrected(t *testing.T) {
	w := serve(t)
	p := w.dial(t, transport.Intermediate)
	right := p.salt
	p.salt++
	id := p.send(&tg.HelpGetNearestDCRequest{})
	var bad mt.BadServerSalt
	if p.want(&bad, mt.BadServerSaltTypeID); bad.BadMsgID != id || bad.NewServerSalt != right || bad.ErrorCode != 48 {
		t.Errorf("got %v", bad)
	}
	p.salt = bad.NewServerSalt
	if got := nearest(t, p); got.ThisDC != 1 {
		t.Errorf("the request with the wrong salt was done: %v", got)
	}
}

func TestMessageIDsOutOfTheWindow(t *testing.T) {
	w := serve(t)
	at := func(d time.Duration) int64 {
		return int64(proto.NewMessageID(time.Now().Add(d), proto.MessageFromClient))
	}
	for name, c := range map[string]struct {
		id   int64
		code int
	}{
		"too old":         {at(-10 * time.Minute), codeTooLow},
		"from the future": {at(10 * time.Minute), codeTooHigh},
		"of a server":     {at(0) + 1, codeLowBits},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.dial(t, transport.Intermediate)
			for _, v := range []bin.Encoder{&tg.HelpGetNearestDCRequest{}, container(c.id, &tg.HelpGetNearestDCRequest{})} {
				id := c.id
				if _, inside := v.(*proto.MessageContainer); inside {
					id = p.id()
				}
				p.sendAs(id, v)
				var bad mt.BadMsgNotification
				if p.want(&bad, mt.BadMsgNotificationTypeID); bad.BadMsgID != c.id || bad.ErrorCode != c.code {
					t.Errorf("got %v", bad)
				}
			}
		})
	}
}

func container(id int64, all ...bin.Encoder) *proto.MessageContainer {
	c := &proto.MessageContainer{}
	for i, v := range all {
		body, _ := encode(v)
		c.Messages = append(c.Messages, proto.Message{ID: id + int64(i)*4, SeqNo: 1, Bytes: len(body), Body: body})
	}
	return c
}

func TestContainersAndPackedRequests(t *testing.T) {
	w := serve(t)
	p := w.dial(t, transport.Intermediate)
	first := p.id()
	p.send(container(first, &mt.MsgsAck{}, &tg.HelpGetNearestDCRequest{}, &mt.PingRequest{PingID: 9}))
	var pong mt.Pong
	p.want(&pong, mt.PongTypeID)
	var v tg.NearestDC
	packed, _ := encode(&tg.HelpGetNearestDCRequest{})
	p.must(p.send(proto.GZIP{Data: packed}), &v)
	p.must(p.send(&tg.InvokeWithLayerRequest{Layer: 200, Query: wrapped{proto.GZIP{Data: packed}}}), &v)

	var bad mt.BadMsgNotification
	p.send(container(p.id(), container(p.id(), &mt.PingRequest{})))
	if p.want(&bad, mt.BadMsgNotificationTypeID); bad.ErrorCode != codeContainer {
		t.Errorf("got %v for a container in a container", bad)
	}
}

func TestLongAnswersArePacked(t *testing.T) {
	w := serve(t)
	p := w.dial(t, transport.Intermediate)
	var z proto.GZIP
	p.must(p.send(&tg.HelpGetInviteTextRequest{}), &z)
	var text tg.HelpInviteText
	if err := text.Decode(&bin.Buffer{Buf: z.Data}); err != nil || len(text.Message) != longText {
		t.Errorf("got %d bytes, %v", len(text.Message), err)
	}
}

func TestRepeatedRequestIsDoneOnce(t *testing.T) {
	w := serve(t)
	p := w.dial(t, transport.Intermediate)
	var v tg.NearestDC
	id := p.send(&tg.HelpGetNearestDCRequest{})
	p.must(id, &v)
	p.sendAs(id, &tg.HelpGetNearestDCRequest{})
	p.must(id, &v)
	if v.ThisDC != 1 {
		t.Errorf("the request was done %d times", v.ThisDC)
	}

	slow := p.send(&tg.HelpGetTermsOfServiceUpdateRequest{})
	p.sendAs(slow, &tg.HelpGetTermsOfServiceUpdateRequest{})
	var ack mt.MsgsAck
	if p.want(&ack, mt.MsgsAckTypeID); len(ack.MsgIDs) != 1 || ack.MsgIDs[0] != slow {
		t.Errorf("got %v", ack)
	}
	nearest(t, p) // a slow request holds up no other
	close(w.api.release)
	p.must(slow, &tg.HelpTermsOfServiceUpdateEmpty{})
}

func TestInvokeAfterMsg(t *testing.T) {
	w := serve(t)
	p := w.dial(t, transport.Intermediate)
	slow := p.send(&tg.HelpGetTermsOfServiceUpdateRequest{})
	after := p.send(&tg.InvokeAfterMsgRequest{MsgID: slow, Query: &tg.HelpGetNearestDCRequest{}})
	nearest(t, p)
	close(w.api.release)
	p.must(slow, &tg.HelpTermsOfServiceUpdateEmpty{})
	var v tg.NearestDC
	if p.must(after, &v); v.ThisDC != 2 {
		t.Errorf("got %v", v)
	}
	_, err := p.result(p.send(&tg.InvokeAfterMsgsRequest{MsgIDs: []int64{slow, 4}, Query: &tg.HelpGetNearestDCRequest{}}), &v)
	if !tgerr.Is(err, "MSG_WAIT_FAILED") {
		t.Errorf("got %v for an unknown message", err)
	}
}

func TestRequestsThatGoWrong(t *testing.T) {
	w := serve(t)
	p := w.dial(t, transport.Intermediate)
	for want, v := range map[string]bin.Encoder{
		"METHOD_NOT_IMPLEMENTED": &tg.HelpGetConfigRequest{},
		"INTERNAL":               &tg.HelpGetPromoDataRequest{}, // panics
		"INPUT_FETCH_ERROR":      raw{0x0d, 0x0d, 0x9b, 0xda},   // invokeWithLayer, and no more
	} {
		if _, err := p.result(p.send(v), &tg.BoolTrue{}); !tgerr.Is(err, want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := p.result(p.send(&tg.HelpGetAppConfigRequest{}), &tg.BoolTrue{}); !tgerr.Is(err, "INTERNAL") {
		t.Errorf("got %v from a handler without an answer", err)
	}
	nearest(t, p)
}

func TestWhatTheClientSaysAboutItself(t *testing.T) {
	w := serve(t)
	p := w.dial(t, transport.Intermediate)
	query := &tg.InvokeWithLayerRequest{Layer: 177, Query: &tg.InitConnectionRequest{APIID: 5, DeviceModel: "toaster",
		Query: &tg.InvokeWithoutUpdatesRequest{Query: &tg.HelpGetNearestDCRequest{}}}}
	p.must(p.send(query), &tg.NearestDC{})
	x := w.sessionsOf(p.key.Key.ID)[0]
	if x.Layer() != 177 || x.Device().DeviceModel != "toaster" || x.WantsUpdates() {
		t.Errorf("the server knows layer %d, %v, updates %v", x.Layer(), x.Device(), x.WantsUpdates())
	}
	nearest(t, p)
	if !x.WantsUpdates() {
		t.Error("no updates after a request that was not wrapped")
	}
}

func TestServiceMessages(t *testing.T) {
	w := serve(t)
	p := w.dial(t, transport.Intermediate)
	done := p.send(&tg.HelpGetNearestDCRequest{})
	p.must(done, &tg.NearestDC{})

	id := p.send(&mt.GetFutureSaltsRequest{Num: 1})
	var salts mt.FutureSalts
	if p.want(&salts, mt.FutureSaltsTypeID); salts.ReqMsgID != id || salts.Salts[0].Salt != p.salt {
		t.Errorf("got %v", salts)
	}
	id = p.send(&mt.MsgsStateReq{MsgIDs: []int64{done, 4}})
	var state mt.MsgsStateInfo
	if p.want(&state, mt.MsgsStateInfoTypeID); state.ReqMsgID != id || !bytes.Equal(state.Info, []byte{stateReceived, stateUnknown}) {
		t.Errorf("got %v", state)
	}
	p.must(p.send(&mt.RPCDropAnswerRequest{ReqMsgID: 4}), &mt.RPCAnswerUnknown{})
	p.must(p.send(&mt.RPCDropAnswerRequest{ReqMsgID: done}), &mt.RPCAnswerUnknown{})
	slow := p.send(&tg.HelpGetTermsOfServiceUpdateRequest{})
	p.must(p.send(&mt.RPCDropAnswerRequest{ReqMsgID: slow}), &mt.RPCAnswerDroppedRunning{})
	p.send(&mt.DestroySessionRequest{SessionID: p.session})
	p.want(&mt.DestroySessionNone{}, mt.DestroySessionNoneTypeID)
	w.dialWith(t, transport.Full, p.key, 77).send(&mt.PingRequest{})
	waitUntil(t, func() bool { return len(w.sessionsOf(p.key.Key.ID)) == 2 })
	p.send(&mt.DestroySessionRequest{SessionID: 77})
	p.want(&mt.DestroySessionOk{}, mt.DestroySessionOkTypeID)
}

func TestUnacknowledgedMessagesComeAgain(t *testing.T) {
	w := serve(t)
	p := w.dial(t, transport.Intermediate)
	p.send(&tg.HelpGetSupportRequest{})
	pushed := p.want(&tg.UpdatesTooLong{}, tg.UpdatesTooLongTypeID)

	p.send(&mt.MsgResendReq{MsgIDs: []int64{pushed.id}})
	if again := p.want(&tg.UpdatesTooLong{}, tg.UpdatesTooLongTypeID); again.id != pushed.id {
		t.Errorf("resent as %x, want %x", again.id, pushed.id)
	}
	_ = p.conn.Close()
	back := w.dialWith(t, transport.Abridged, p.key, p.session)
	back.send(&mt.PingRequest{})
	if again := back.want(&tg.UpdatesTooLong{}, tg.UpdatesTooLongTypeID); again.id != pushed.id {
		t.Errorf("on the new connection it is %x, want %x", again.id, pushed.id)
	}
	back.send(&mt.MsgsAck{MsgIDs: []int64{pushed.id}})
	back.send(&mt.MsgResendReq{MsgIDs: []int64{pushed.id}})
	if m, err := back.receive(); err != nil {
		t.Fatal(err)
	} else if id, _ := m.body.PeekID(); id == tg.UpdatesTooLongTypeID {
		t.Error("resent though it was acknowledged")
	}
}

func TestHandlerIsToldThatASessionWentAway(t *testing.T) {
	w := serve(t)
	p := w.dial(t, transport.Intermediate)
	nearest(t, p)
	w.Disconnect(p.key.Key.ID)
	p.wantClosed()
	if x := <-w.api.closed; x.Key() != p.key.Key.ID || x.Connected() {
		t.Errorf("told about %v", x.Key())
	}
}

func TestClientThatDoesNotReadIsCutOff(t *testing.T) {
	w := serve(t)
	p := w.dial(t, transport.Intermediate)
	nearest(t, p)
	x := w.sessionsOf(p.key.Key.ID)[0]
	big := &tg.HelpInviteText{Message: string(make([]byte, 1<<16))}
	for x.Push(big) == nil {
		if t.Context().Err() != nil {
			t.Fatal("the queue has no end")
		}
	}
	<-w.api.closed
}

// wrapped makes an encoder an object, for queries.
type wrapped struct{ bin.Encoder }

func (wrapped) Decode(*bin.Buffer) error { return nil }

func waitUntil(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("it does not happen")
		}
	}
}
