package account

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/updates"
	"github.com/gotd/td/tg"
)

// backlogSize is how many updates objects wait for the gap check.
const backlogSize = 256

// intake is where gotd delivers updates. Those of calls go to the queue at once. All others go through gotd's updates.Manager, which
// sorts them by pts and seq and asks for what is missing (https://core.telegram.org/api/updates); that takes up to half a second,
// or as long as a request takes, which a call cannot wait for.
//
// Handle does not block on requests, since the read loop waits for it (see order). The manager works in feed's goroutine instead. When
// that falls behind by more than the backlog, updates are dropped and the manager is told to fetch the difference.
type intake struct {
	order   *order
	queue   *queue
	people  *people
	manager *updates.Manager
	rung    rung
	missed  func(Missed)
	log     *slog.Logger
	backlog chan tg.UpdatesClass
	lost    atomic.Bool   // the backlog overflowed
	scanned chan struct{} // a QR code was scanned
}

func newIntake(l *link, missed func(Missed)) *intake {
	log := l.a.log
	in := &intake{
		order:   l.order,
		queue:   newQueue(),
		people:  l.people,
		missed:  missed,
		log:     log,
		backlog: make(chan tg.UpdatesClass, backlogSize),
		scanned: make(chan struct{}, 1),
	}
	in.manager = updates.New(updates.Config{
		Handler: telegram.UpdateHandlerFunc(in.deliver),
		Storage: reading{l.a.o.Ledger},
		Logger:  gotdLog{log},
	})
	return in
}

// Handle implements telegram.UpdateHandler.
func (in *intake) Handle(ctx context.Context, u tg.UpdatesClass) error {
	defer in.order.pass()
	switch u := u.(type) {
	case *tg.UpdateShort:
		return in.handleShort(ctx, u)
	case *tg.Updates:
		rest := *u
		rest.Updates = in.takePhone(ctx, u.Updates, u.Users, u.Chats)
		in.enqueue(&rest)
	case *tg.UpdatesCombined:
		rest := *u
		rest.Updates = in.takePhone(ctx, u.Updates, u.Users, u.Chats)
		in.enqueue(&rest)
	default:
		in.enqueue(u)
	}
	return nil
}

func (in *intake) handleShort(ctx context.Context, u *tg.UpdateShort) error {
	if len(in.takePhone(ctx, []tg.UpdateClass{u.Update}, nil, nil)) > 0 {
		in.enqueue(u)
	}
	return nil
}

// takePhone delivers what concerns calls and returns the rest. The rest keeps its place in Telegram's sequence even if it is empty.
func (in *intake) takePhone(ctx context.Context, all []tg.UpdateClass, users []tg.UserClass, chats []tg.ChatClass) (rest []tg.UpdateClass) {
	e := entitiesOf(users, chats)
	in.people.learn(e.Users)
	for _, u := range withoutDead(all) {
		switch {
		case isPhone(u):
			_ = in.queue.push(ctx, delivery{entities: e, update: u}) // fails only when all ends
		case u.TypeID() == tg.UpdateLoginTokenTypeID:
			poke(in.scanned)
		default:
			rest = append(rest, u)
		}
	}
	return rest
}

// takeResult passes on the updates with which Telegram answers requests, so that the sequence has no gap there. Those of calls are left to
// whoever made the request.
func (in *intake) takeResult(u tg.UpdatesClass) {
	switch u := u.(type) {
	case *tg.Updates:
		rest := *u
		rest.Updates = withoutPhone(u.Updates)
		in.enqueue(&rest)
	case *tg.UpdatesCombined:
		rest := *u
		rest.Updates = withoutPhone(u.Updates)
		in.enqueue(&rest)
	case *tg.UpdateShort:
		if !isPhone(u.Update) {
			in.enqueue(u)
		}
	default:
		in.enqueue(u)
	}
}

func withoutPhone(all []tg.UpdateClass) (rest []tg.UpdateClass) {
	for _, u := range all {
		if !isPhone(u) {
			rest = append(rest, u)
		}
	}
	return rest
}

// enqueue never blocks.
func (in *intake) enqueue(u tg.UpdatesClass) {
	select {
	case in.backlog <- u:
	default:
		in.lost.Store(true)
	}
}

// resync fetches what was missed while the connection was down.
func (in *intake) resync() { in.enqueue(&tg.UpdatesTooLong{}) }

// feed hands the backlog to the manager until ctx ends.
func (in *intake) feed(ctx context.Context) error {
	for {
		select {
		case u := <-in.backlog:
			in.pass(ctx, u)
		case <-ctx.Done():
			return nil
		}
		if in.lost.Swap(false) {
			in.log.Warn("updates came faster than they were read, fetching the difference")
			in.pass(ctx, &tg.UpdatesTooLong{})
		}
	}
}

func (in *intake) pass(ctx context.Context, u tg.UpdatesClass) {
	var err error
	if sent, ok := u.(*tg.UpdateShortSentMessage); ok { // says only how far the sequence went
		err = in.manager.HandleAffected(ctx, 0, sent.Pts, sent.PtsCount)
	} else {
		err = in.manager.Handle(ctx, u)
	}
	if err != nil && ctx.Err() == nil {
		in.log.Warn("update not handled", "err", err)
	}
}

// deliver is the end of the manager: u has its place in the sequence.
func (in *intake) deliver(ctx context.Context, u tg.UpdatesClass) error {
	all, e := unpack(u)
	in.people.learn(e.Users)
	for _, one := range withoutDead(all) {
		if m, ok := in.rung.missed(e, one); ok {
			in.missed(m)
		}
		if err := in.queue.push(ctx, delivery{entities: e, update: one}); err != nil {
			return err
		}
	}
	return nil
}

func unpack(u tg.UpdatesClass) ([]tg.UpdateClass, tg.Entities) {
	switch u := u.(type) {
	case *tg.Updates:
		return u.Updates, entitiesOf(u.Users, u.Chats)
	case *tg.UpdatesCombined:
		return u.Updates, entitiesOf(u.Users, u.Chats)
	case *tg.UpdateShort:
		return []tg.UpdateClass{u.Update}, entitiesOf(nil, nil)
	default:
		return nil, tg.Entities{}
	}
}

func entitiesOf(users []tg.UserClass, chats []tg.ChatClass) tg.Entities {
	c := tg.ChatClassArray(chats)
	return tg.Entities{
		Short:    users == nil && chats == nil,
		Users:    tg.UserClassArray(users).NotEmptyToMap(),
		Chats:    c.ChatToMap(),
		Channels: c.ChannelToMap(),
	}
}

// poke leaves a signal in a channel of size one, unless there is one already.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
