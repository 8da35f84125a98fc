package account

import (
	"context"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

const (
	// strangers is what the ledger calls people who are no contacts of the account.
	strangers = "strangers"
	// strangersWait is how long they are left alone after PEER_FLOOD. Telegram names no time: it limits accounts that many complained
	// about, for hours or days (https://telegram.org/faq_spam), and each further attempt speaks against them.
	strangersWait = time.Hour
)

// approached says whom a request approaches, if it is of a kind that Telegram counts (PEER_FLOOD). Id 0: somebody by their number.
func approached(in bin.Encoder) (id int64, ok bool) {
	switch in := in.(type) {
	case *tg.PhoneRequestCallRequest:
		u, ok := in.UserID.(*tg.InputUser)
		return u.GetUserID(), ok
	case *tg.MessagesSendMessageRequest:
		u, ok := in.Peer.(*tg.InputPeerUser)
		return u.GetUserID(), ok
	case *tg.ContactsImportContactsRequest:
		return 0, true
	default:
		return 0, false
	}
}

// guardStrangers leaves people alone who are no contacts, for a while after Telegram complained.
func (l *link) guardStrangers(next tg.Invoker) telegram.InvokeFunc {
	return func(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
		id, ok := approached(in)
		if !ok || l.people.isContact(ctx, id) {
			return next.Invoke(ctx, in, out)
		}
		if wait := l.a.o.Ledger.wait(strangers); wait > 0 {
			return &FloodError{Method: methodOf(in), Wait: wait, Strangers: true}
		}
		err := next.Invoke(ctx, in, out)
		if tgerr.Is(err, peerFlood) {
			return l.a.budget.spend(strangers, &FloodError{Method: methodOf(in), Wait: strangersWait, Strangers: true})
		}
		return err
	}
}

// watchPeople forgets people whose access hash does not work (any more), so that they are looked up again.
func (l *link) watchPeople(next tg.Invoker) telegram.InvokeFunc {
	return func(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
		err := next.Invoke(ctx, in, out)
		if id, ok := approached(in); ok && id != 0 && tgerr.Is(err, "USER_ID_INVALID", "PEER_ID_INVALID") {
			l.people.forget(ctx, id)
		}
		return err
	}
}
