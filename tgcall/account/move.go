package account

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"
)

// moveTimeout bounds gotd's way to another data centre, and the taking along of a login. On a busy machine the new key takes seconds.
const moveTimeout = time.Minute

// move takes the login along when Telegram sends the account to another data centre in the middle of its life (303 USER_MIGRATE). gotd
// connects there with a new key, which belongs to nobody; so we ask the old data centre, with the old key, for a ticket, and show that at
// the new one (https://core.telegram.org/api/datacenter#authorization-transfer). Requests wait meanwhile.
type move struct {
	l     *link
	tasks sync.WaitGroup

	mu      sync.Mutex
	pending bool
	done    chan struct{} // closed when the last move has ended; nil: there was none
	err     error         // why it failed
}

// expect is called when gotd connects to a data centre, where home is that of the key we have: it makes requests there before it stores the
// new key.
func (m *move) expect(home, dc int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if home != 0 && home != dc && !m.pending {
		m.pending, m.done = true, make(chan struct{})
	}
}

// begin is called when gotd stores a session with another key. It does not block.
func (m *move) begin(before, now *session.Data) {
	m.expect(before.DC, now.DC)
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.pending {
		return
	}
	m.tasks.Go(func() {
		err := m.carry(*before, now.DC)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.pending, m.err = false, err
		close(m.done)
	})
}

// over waits for the move under way. True: there was one, and the login has arrived.
func (m *move) over(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, moveTimeout)
	defer cancel()
	m.mu.Lock()
	done := m.done
	m.mu.Unlock()
	if done == nil {
		return false
	}
	select {
	case <-done:
	case <-ctx.Done():
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err == nil
}

func (m *move) carry(from session.Data, to int) error {
	ctx, cancel := context.WithTimeout(m.l.alive, moveTimeout)
	defer cancel()
	ticket, err := m.l.exportLogin(ctx, from, to)
	if err == nil {
		_, err = m.l.client.API().AuthImportAuthorization(ctx, &tg.AuthImportAuthorizationRequest{ID: ticket.ID, Bytes: ticket.Bytes})
	}
	if err != nil {
		m.l.a.log.Debug("login not taken to the other data centre", "dc", to, "err", err)
		return err
	}
	m.l.a.log.Info("telegram moved the account to another data centre", "from", from.DC, "to", to)
	return nil
}

// exportLogin asks the data centre that the account has left for a ticket.
func (l *link) exportLogin(ctx context.Context, from session.Data, to int) (ticket *tg.AuthExportedAuthorization, err error) {
	kept := &session.StorageMemory{}
	if err := (&session.Loader{Storage: kept}).Save(ctx, &from); err != nil {
		return nil, err
	}
	o := l.options()
	o.SessionStorage, o.Resolver, o.NoUpdates = kept, l.a.resolver(), true
	client := telegram.NewClient(l.a.o.AppID, l.a.o.AppHash, o)
	err = client.Run(ctx, func(ctx context.Context) error {
		ticket, err = client.API().AuthExportAuthorization(ctx, to)
		return err
	})
	if err == nil && ticket == nil {
		err = errors.New("no connection to the old data centre")
	}
	if err != nil {
		return nil, fmt.Errorf("export login: %w", err)
	}
	return ticket, nil
}
