package mtproto

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
)

// maxDepth of containers and packed objects inside each other. A container in a container is forbidden, so two would do.
const maxDepth = 4

// incoming is one message of a client, by itself or out of a container.
type incoming struct {
	c         *conn
	x         *Session
	msgID     int64
	seqNo     int32
	contained bool
	depth     int
}

// handle does what the message says. An error ends the connection: the message made no sense.
func (in incoming) handle(ctx context.Context, b *bin.Buffer) error {
	if in.depth > maxDepth {
		return errors.New("objects packed too deep")
	}
	in.depth++
	id, err := b.PeekID()
	if err != nil {
		return fmt.Errorf("message without constructor: %w", err)
	}
	switch id {
	case proto.MessageContainerTypeID:
		return in.container(ctx, b)
	case proto.GZIPTypeID:
		var z proto.GZIP
		if err := z.Decode(b); err != nil {
			return fmt.Errorf("gzip_packed: %w", err)
		}
		return in.handle(ctx, &bin.Buffer{Buf: z.Data})
	}
	if known, err := in.service(id, b); known || err != nil {
		return err
	}
	return in.request(ctx, b)
}

// container handles the messages of a container in their order.
func (in incoming) container(ctx context.Context, b *bin.Buffer) error {
	if in.contained {
		return in.c.send(in.x, response(&mt.BadMsgNotification{BadMsgID: in.msgID, BadMsgSeqno: int(in.seqNo), ErrorCode: codeContainer}))
	}
	var all proto.MessageContainer
	if err := all.Decode(b); err != nil {
		return fmt.Errorf("container: %w", err)
	}
	for _, m := range all.Messages {
		inner := in
		inner.msgID, inner.seqNo, inner.contained = m.ID, int32(m.SeqNo), true
		if code := checkMessageID(time.Now(), m.ID); code != 0 {
			bad := response(&mt.BadMsgNotification{BadMsgID: m.ID, BadMsgSeqno: m.SeqNo, ErrorCode: code})
			if err := in.c.send(in.x, bad); err != nil {
				return err
			}
			continue
		}
		if err := inner.handle(ctx, &bin.Buffer{Buf: m.Body}); err != nil {
			return err
		}
	}
	return nil
}

// service handles the messages of MTProto itself, https://core.telegram.org/mtproto/service_messages; known is false for all others.
func (in incoming) service(id uint32, b *bin.Buffer) (known bool, err error) {
	switch id {
	case mt.MsgsAckTypeID:
		var m mt.MsgsAck
		err = m.Decode(b)
		in.x.acknowledge(m.MsgIDs)
	case mt.PingRequestTypeID:
		var m mt.PingRequest
		err = in.reply(b, &m, func() bin.Encoder { return &mt.Pong{MsgID: in.msgID, PingID: m.PingID} })
	case mt.PingDelayDisconnectRequestTypeID: // the idle limit of the server is what disconnects
		var m mt.PingDelayDisconnectRequest
		err = in.reply(b, &m, func() bin.Encoder { return &mt.Pong{MsgID: in.msgID, PingID: m.PingID} })
	case mt.GetFutureSaltsRequestTypeID:
		var m mt.GetFutureSaltsRequest
		err = in.reply(b, &m, func() bin.Encoder { return in.futureSalts() })
	case mt.DestroySessionRequestTypeID:
		var m mt.DestroySessionRequest
		err = in.reply(b, &m, func() bin.Encoder { return in.destroySession(m.SessionID) })
	case mt.RPCDropAnswerRequestTypeID:
		var m mt.RPCDropAnswerRequest
		err = in.reply(b, &m, func() bin.Encoder { return result(in.msgID, in.dropAnswer(m.ReqMsgID)) })
	case mt.MsgsStateReqTypeID:
		var m mt.MsgsStateReq
		err = in.reply(b, &m, func() bin.Encoder { return in.states(m.MsgIDs) })
	case mt.MsgResendReqTypeID:
		var m mt.MsgResendReq
		if err = m.Decode(b); err == nil {
			err = in.resend(m.MsgIDs)
		}
	case mt.MsgsStateInfoTypeID, mt.MsgsAllInfoTypeID, mt.HTTPWaitRequestTypeID, mt.PongTypeID:
	default:
		return false, nil
	}
	return true, err
}

// reply decodes the message into m, then sends what answer returns.
func (in incoming) reply(b *bin.Buffer, m bin.Decoder, answer func() bin.Encoder) error {
	if err := m.Decode(b); err != nil {
		return err
	}
	return in.c.send(in.x, response(answer()))
}

// futureSalts tells the one salt that the key has.
func (in incoming) futureSalts() *mt.FutureSalts {
	now := int(time.Now().Unix())
	day := int((24 * time.Hour).Seconds())
	return &mt.FutureSalts{ReqMsgID: in.msgID, Now: now,
		Salts: []mt.FutureSalt{{ValidSince: now - 60, ValidUntil: now + day, Salt: in.x.salt()}}}
}

// destroySession forgets another session of the same key; a session cannot destroy itself.
func (in incoming) destroySession(id int64) bin.Encoder {
	if id != in.x.id.id && in.c.s.forget(sessionID{key: in.x.id.key, id: id}) {
		return &mt.DestroySessionOk{SessionID: id}
	}
	return &mt.DestroySessionNone{SessionID: id}
}

func (in incoming) dropAnswer(id int64) bin.Encoder {
	a := in.x.find(id)
	switch {
	case a == nil:
		return &mt.RPCAnswerUnknown{}
	case in.x.drop(a):
		return &mt.RPCAnswerDroppedRunning{}
	default:
		return &mt.RPCAnswerUnknown{} // answered: the client has it, or will have it
	}
}

// States of messages, https://core.telegram.org/mtproto/service_messages_about_messages#informational-message-regarding-status-of-messages
const (
	stateUnknown  = 1
	stateReceived = 4
)

func (in incoming) states(ids []int64) *mt.MsgsStateInfo {
	info := make([]byte, len(ids))
	for i, id := range ids {
		info[i] = stateUnknown
		if in.x.find(id) != nil {
			info[i] = stateReceived
		}
	}
	return &mt.MsgsStateInfo{ReqMsgID: in.msgID, Info: info}
}

// resend sends again what the client asks for. What it has acknowledged, or what never was, it is told it has.
func (in incoming) resend(ids []int64) error {
	for _, m := range in.x.kept(ids) {
		if err := in.c.queue(outgoing{x: in.x, msg: m}); err != nil {
			return err
		}
	}
	return in.c.send(in.x, response(in.states(ids)))
}
