package mtproto

import (
	"context"
	"errors"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// maxWrappers around one method.
const maxWrappers = 8

// unwrap takes off what is around a method, https://core.telegram.org/api/invoking, and remembers what it says about the client.
func (r *Request) unwrap(ctx context.Context, b *bin.Buffer) error {
	updates := true
	for range maxWrappers {
		id, err := b.PeekID()
		if err != nil {
			return tgerr.New(400, "INPUT_FETCH_ERROR")
		}
		if id == tg.InvokeWithoutUpdatesRequestTypeID {
			updates = false
		}
		wrapped, err := r.peel(ctx, id, b)
		if err != nil {
			return err
		}
		if !wrapped {
			r.Method, r.Body = id, b.Buf
			r.Session.wants(updates)
			return nil
		}
	}
	return tgerr.New(400, "INPUT_LAYER_INVALID")
}

// peel takes one wrapper off b; false: the constructor is not one.
func (r *Request) peel(ctx context.Context, id uint32, b *bin.Buffer) (bool, error) {
	switch id {
	case proto.GZIPTypeID:
		var z proto.GZIP
		if err := z.Decode(b); err != nil {
			return false, tgerr.New(400, "INPUT_FETCH_ERROR")
		}
		b.ResetTo(z.Data)
		return true, nil
	case tg.InvokeWithLayerRequestTypeID:
		w := tg.InvokeWithLayerRequest{Query: rest{}}
		err := open(&w, b)
		r.Session.speaks(w.Layer)
		return true, err
	case tg.InitConnectionRequestTypeID:
		w := tg.InitConnectionRequest{Query: rest{}}
		err := open(&w, b)
		w.Query = nil
		r.Session.introduce(w)
		return true, err
	case tg.InvokeWithoutUpdatesRequestTypeID:
		return true, open(&tg.InvokeWithoutUpdatesRequest{Query: rest{}}, b)
	case tg.InvokeAfterMsgRequestTypeID:
		w := tg.InvokeAfterMsgRequest{Query: rest{}}
		if err := open(&w, b); err != nil {
			return true, err
		}
		return true, r.after(ctx, w.MsgID)
	case tg.InvokeAfterMsgsRequestTypeID:
		w := tg.InvokeAfterMsgsRequest{Query: rest{}}
		if err := open(&w, b); err != nil {
			return true, err
		}
		return true, r.after(ctx, w.MsgIDs...)
	}
	return false, nil
}

func open(w bin.Decoder, b *bin.Buffer) error {
	if err := w.Decode(b); err != nil {
		return tgerr.New(400, "INPUT_FETCH_ERROR")
	}
	return nil
}

// after waits for other requests of the session.
func (r *Request) after(ctx context.Context, ids ...int64) error {
	if !r.Session.await(ctx, ids) {
		return tgerr.New(400, "MSG_WAIT_FAILED")
	}
	return nil
}

// rest stands for the query inside a wrapper: it leaves it in the buffer.
type rest struct{}

// Decode takes nothing.
func (rest) Decode(*bin.Buffer) error { return nil }

// Encode is not used.
func (rest) Encode(*bin.Buffer) error { return errors.New("rest has no encoding") }

func (x *Session) speaks(layer int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.layer = layer
}

func (x *Session) introduce(d tg.InitConnectionRequest) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.device = d
}

func (x *Session) wants(updates bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.updates = x.updates || updates
}
