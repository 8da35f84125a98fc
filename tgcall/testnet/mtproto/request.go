package mtproto

import (
	"context"
	"errors"
	"fmt"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// gzipFrom is the size of a result from which it is sent compressed, if that makes it smaller.
const gzipFrom = 1024

// Request is one request of a client. Answer or Fail it once.
type Request struct {
	Session *Session
	Method  uint32 // constructor of the method
	Body    []byte // the method, without invokeWithLayer and the like

	in incoming
	a  *answer
}

// Answer sends the result, which is encoded before Answer returns. It does not block. Messages that are pushed to the same session afterwards
// arrive after it.
func (r *Request) Answer(v bin.Encoder) {
	body, err := encode(v)
	if err != nil {
		r.in.c.s.o.Log.Error("encode answer", "method", fmt.Sprintf("%#x", r.Method), "err", err)
		r.Fail(tgerr.New(500, "INTERNAL"))
		return
	}
	r.finish(compress(body), false)
}

// Fail answers with an error: a *tgerr.Error as it is, any other as 500 INTERNAL.
func (r *Request) Fail(err error) {
	var e *tgerr.Error
	if !errors.As(err, &e) {
		r.in.c.s.o.Log.Error("request", "method", fmt.Sprintf("%#x", r.Method), "err", err)
		e = tgerr.New(500, "INTERNAL")
	}
	body, _ := encode(&mt.RPCError{ErrorCode: e.Code, ErrorMessage: e.Message}) // a number and a string
	r.finish(body, true)
}

func (r *Request) finish(body []byte, failed bool) {
	framed, _ := encode(result(r.in.msgID, raw(body)))
	first, wanted := r.in.x.settle(r.a, framed, failed)
	if first && wanted {
		r.in.answer(framed)
	}
}

// answer sends an rpc_result by whichever connection the session is on now.
func (in incoming) answer(framed []byte) {
	c := in.x.current()
	if c == nil {
		c = in.c
	}
	_ = c.send(in.x, message{kind: proto.MessageServerResponse, content: true, body: raw(framed)}) // a slow client is cut off, and repeats
}

func result(msgID int64, v bin.Encoder) bin.Encoder {
	body, _ := encode(v) // of types that cannot fail
	return &proto.Result{RequestMessageID: msgID, Result: body}
}

func compress(body []byte) []byte {
	if len(body) < gzipFrom {
		return body
	}
	packed, err := encode(proto.GZIP{Data: body})
	if err != nil || len(packed) >= len(body) {
		return body
	}
	return packed
}

// request starts handling a request of the API, or answers again a repeated one.
func (in incoming) request(ctx context.Context, b *bin.Buffer) error {
	a, known := in.x.ask(in.msgID)
	if known {
		return in.repeat(a)
	}
	select {
	case in.c.requests <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	r := &Request{Session: in.x, in: in, a: a}
	in.c.handlers.Go(func() {
		defer func() { <-in.c.requests }()
		r.do(ctx, b)
	})
	return nil
}

// repeat: clients send a request again when its answer is late. It is acknowledged, so that they wait, or answered again.
func (in incoming) repeat(a *answer) error {
	if body, answered := in.x.state(a); answered {
		in.answer(body)
		return nil
	}
	return in.c.send(in.x, response(&mt.MsgsAck{MsgIDs: []int64{in.msgID}}))
}

func (r *Request) do(ctx context.Context, b *bin.Buffer) {
	defer func() {
		if p := recover(); p != nil {
			r.Fail(fmt.Errorf("panic: %v", p))
		}
	}()
	if err := r.unwrap(ctx, b); err != nil {
		r.Fail(err)
		return
	}
	if r.Method == tg.AuthBindTempAuthKeyRequestTypeID {
		r.bind()
		return
	}
	r.in.c.s.o.Handler.Request(ctx, r)
	if _, answered := r.in.x.state(r.a); !answered {
		r.Fail(errors.New("handler gave no answer"))
	}
}
