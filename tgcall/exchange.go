package tgcall

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gotd/td/tg"

	"switchgram/tgcall/signal"
)

// placement is what Telegram says to a call that we ask for.
type placement struct {
	call   *tg.PhoneCallWaiting
	users  []tg.UserClass
	secret *secret
	err    error
}

// ask has Telegram place the call. Its answer is waited for longer than the caller may care to, for as long as a call can ring: one that
// Telegram has after all is taken back, so that no phone rings for somebody who is gone.
func (o *owner) ask() {
	o.client.registry.also(func(run context.Context) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(run), o.client.patience.get().Ring)
		defer cancel()
		defer context.AfterFunc(run, func() { time.AfterFunc(discardTimeout, cancel) })()
		p := o.request(ctx)
		select {
		case o.asked <- p:
		case <-o.over:
			o.takeBack(run, p)
		}
	})
}

func (o *owner) request(ctx context.Context) placement {
	s, err := o.client.newSecret(ctx)
	if err != nil {
		return placement{err: err}
	}
	select {
	case <-o.over: // nobody wants it any more
		return placement{err: &o.end}
	default:
	}
	hash := sha256.Sum256(s.public)
	answer, err := o.client.request(ctx, o.to, hash[:])
	if err != nil {
		return placement{err: err}
	}
	w, ok := answer.PhoneCall.(*tg.PhoneCallWaiting)
	if !ok {
		return placement{err: fmt.Errorf("%s answered %T", methodRequest, answer.PhoneCall)}
	}
	o.client.began(o.Call, w.ID, w.AccessHash)
	return placement{call: w, users: answer.Users, secret: s}
}

// takeBack ends a call whose caller is gone.
func (o *owner) takeBack(ctx context.Context, p placement) {
	if p.err != nil {
		return
	}
	if o.client.discard(ctx, tg.InputPhoneCall{ID: p.call.ID, AccessHash: p.call.AccessHash}, Missed, 0) == nil {
		o.client.ended(p.call.ID)
	}
}

// placed gives the call its id, and with it the updates that came before.
func (o *owner) placed(p placement) result {
	if p.err != nil {
		return result{event: requested{p.err}}
	}
	o.secret = p.secret
	o.id, o.hash, o.date = p.call.ID, p.call.AccessHash, p.call.Date
	o.log = o.client.o.Log.With("tg_call_id", o.id)
	dialled := o.peer.AccessHash
	o.peer = peerOf(p.call.ParticipantID, findUser(p.users, p.call.ParticipantID))
	o.peer.AccessHash = cmp.Or(dialled, o.peer.AccessHash)
	o.early = o.client.registry.placed(o.Call)
	close(o.Call.placed)
	return result{event: requested{}}
}

func findUser(users []tg.UserClass, id int64) *tg.User {
	for _, u := range users {
		if u, ok := u.(*tg.User); ok && u.ID == id {
			return u
		}
	}
	return nil
}

func (o *owner) announce(ctx context.Context) result {
	o.client.began(o.Call, o.id, o.hash)
	err := o.client.resend(ctx, methodReceived, func() error {
		_, err := o.client.api.PhoneReceivedCall(ctx, o.input())
		return err
	})
	return result{event: announced{err}}
}

// offer tells OnCall, and draws our half of the key meanwhile.
func (o *owner) offer() {
	o.draw = sync.OnceValues(func() (*secret, error) { return o.client.newSecret(o.rpc) })
	o.tasks.Go(func() { _, _ = o.draw() }) // accept sees the error
	o.task(func(context.Context) result {
		o.client.o.OnCall(o.ctx, o.Call)
		return result{event: unanswered{}}
	})
}

func (o *owner) accept(ctx context.Context) result {
	s, err := o.draw()
	if err != nil {
		return result{event: accepted{err}}
	}
	var answer *tg.PhonePhoneCall
	err = o.client.resend(ctx, methodAccept, func() (err error) {
		answer, err = o.client.api.PhoneAcceptCall(ctx, &tg.PhoneAcceptCallRequest{
			Peer: o.input(), GB: s.public, Protocol: o.client.protocol(),
		})
		return err
	})
	if err == nil {
		if _, ok := answer.PhoneCall.(*tg.PhoneCallWaiting); !ok {
			err = fmt.Errorf("%s answered %T", methodAccept, answer.PhoneCall)
		}
	}
	return result{event: accepted{err}, keep: func() { o.secret = s }}
}

// agree checks the other side's half of the key and makes the key.
func (o *owner) agree() (err error) {
	if o.outgoing {
		if !o.concernsUs(o.accepted) {
			return errNotOurs
		}
		o.key, err = o.secret.key(o.accepted.GB)
		return err
	}
	if sum := sha256.Sum256(o.final.GAOrB); !bytes.Equal(sum[:], o.gAHash) {
		return fmt.Errorf("%w: value does not match its hash", ErrExchange)
	}
	if o.key, err = o.secret.key(o.final.GAOrB); err != nil {
		return err
	}
	return o.settle(o.final, o.final.GAOrB)
}

func (o *owner) confirm(ctx context.Context) result {
	var answer *tg.PhonePhoneCall
	err := o.client.resend(ctx, methodConfirm, func() (err error) {
		answer, err = o.client.api.PhoneConfirmCall(ctx, &tg.PhoneConfirmCallRequest{
			Peer: o.input(), GA: o.secret.public, KeyFingerprint: fingerprint(o.key), Protocol: o.client.protocol(),
		})
		return err
	})
	if err != nil {
		return result{event: confirmed{err}}
	}
	final, ok := answer.PhoneCall.(*tg.PhoneCall)
	if !ok {
		return result{event: confirmed{fmt.Errorf("%s answered %T", methodConfirm, answer.PhoneCall)}}
	}
	if err := o.settle(final, o.secret.public); err != nil {
		return result{event: confirmed{err}}
	}
	return result{event: confirmed{}, keep: func() { o.final = final }}
}

// errNotOurs is for an answer with another access hash, or other people.
var errNotOurs = fmt.Errorf("%w: it is another call's", ErrExchange)

// settle checks what both sides got in the end, and publishes version and emoji.
func (o *owner) settle(final *tg.PhoneCall, gA []byte) error {
	if !o.concernsUs(final) {
		return errNotOurs
	}
	if final.KeyFingerprint != fingerprint(o.key) {
		return fmt.Errorf("%w: key fingerprints differ", ErrExchange)
	}
	version, err := chooseVersion(final.Protocol.LibraryVersions)
	if err != nil {
		return err
	}
	o.facts.setKey(version, emojiOf(o.key, gA))
	return nil
}

// chooseVersion takes the first we speak, in Telegram's order, as its apps do.
func chooseVersion(offered []string) (string, error) {
	i := slices.IndexFunc(offered, signal.Known)
	if i < 0 {
		return "", fmt.Errorf("%w: %q", ErrVersion, offered[:min(len(offered), 8)])
	}
	return offered[i], nil
}

// concernsUs checks the parts of an update that tell whose call it is.
func (o *owner) concernsUs(u interface {
	GetAccessHash() int64
	GetAdminID() int64
	GetParticipantID() int64
}) bool {
	admin, participant := o.client.o.Self, o.peer.ID
	if !o.outgoing {
		admin, participant = participant, admin
	}
	return u.GetAccessHash() == o.hash && u.GetAdminID() == admin && u.GetParticipantID() == participant
}
