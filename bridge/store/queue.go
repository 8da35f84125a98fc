package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/notify"
)

// deliveredFor is how long notifications are kept that were delivered, to be looked at and replayed.
const deliveredFor = 7 * 24 * time.Hour

var _ notify.Queue = (*Store)(nil)

// queued is a notification with the numbers of those whom it names, by which it can be erased.
type queued struct {
	notify.Notification
	numbers string
}

// notify asks who is to be told of an event.
func (b *batch) notify(ev bridge.Event) {
	if b.s.opt.Notify == nil {
		return
	}
	for _, n := range b.s.opt.Notify(ev) {
		b.out, b.told = append(b.out, queued{n, numbersOf(ev)}), true
	}
}

// numbersOf are the numbers of those whom an event names, between spaces.
func numbersOf(ev bridge.Event) string { return " " + named(ev).numbers.String() + " " }

// named are those whom an event names.
func named(ev bridge.Event) (c crowd) {
	c.add(ev.From, ev.Caller.Person())
	c.add(ev.To, bridge.Person{})
	c.add(ev.Address.String(), ev.Party.Person())
	if ev.Outcome != nil {
		for _, l := range ev.Outcome.Legs {
			c.add(l.Address.String(), l.Party.Person())
		}
	}
	return c
}

// insert queues the notification, unless it is there already.
func (q queued) insert(ctx context.Context, tx *transaction) error {
	const insert = `INSERT INTO notifications (id, endpoint, call, kind, at, event, numbers, state, next) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)
		ON CONFLICT (id) DO NOTHING`
	at := q.At.UnixMicro()
	next := min(at, time.Now().UnixMicro()) // a clock that was wrong, perhaps another machine's, delays nothing
	_, err := tx.ExecContext(ctx, insert, q.ID, q.Endpoint, clean(string(q.Call)), string(q.Kind), at, q.Event, q.numbers, string(notify.Waiting), next)
	return err
}

// foremost is the condition that no other notification of the same call waits before it.
const foremost = `d.endpoint = $1 AND d.state = 'waiting' AND (d.call = '' OR NOT EXISTS (SELECT 1 FROM notifications e
	WHERE e.endpoint = $1 AND e.state = 'waiting' AND e.call = d.call AND e.seq < d.seq))`

const deliveryColumns = "d.seq, d.id, d.endpoint, d.call, d.kind, d.at, d.event, d.state, d.attempts, d.first, d.next, d.status, d.err"

// Due implements notify.Queue. Of several machines one is told what an endpoint is to be told.
func (s *Store) Due(ctx context.Context, endpoint string, now time.Time, limit int) (all []notify.Delivery, next time.Time, err error) {
	if err := s.prepare(ctx); err != nil {
		return nil, time.Time{}, err
	}
	look := func(ask asker) (err error) {
		if all, err = foremostDue(ctx, ask, endpoint, now, limit); err == nil {
			next, err = later(ctx, ask, endpoint, now)
		}
		return err
	}
	if s.kind == postgresEngine {
		err = s.lease.with(ctx, endpoint, look)
	} else {
		err = look(s.ask)
	}
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("store: read notifications: %w", err)
	}
	return all, next, nil
}

// foremostDue are what is due of an endpoint.
func foremostDue(ctx context.Context, ask asker, endpoint string, now time.Time, limit int) ([]notify.Delivery, error) {
	const due = "SELECT " + deliveryColumns + " FROM notifications d WHERE " + foremost + " AND d.next <= $2 ORDER BY d.next, d.seq LIMIT $3"
	rows, err := ask(ctx, due, endpoint, now.UnixMicro(), limit)
	if err != nil {
		return nil, err
	}
	return scanDeliveries(rows)
}

// later is when the next notification is due that is not due now; zero: there is none.
func later(ctx context.Context, ask asker, endpoint string, now time.Time) (time.Time, error) {
	const later = "SELECT d.next FROM notifications d WHERE " + foremost + " AND d.next > $2 ORDER BY d.next LIMIT 1"
	rows, err := ask(ctx, later, endpoint, now.UnixMicro())
	if err != nil {
		return time.Time{}, err
	}
	defer rows.Close()
	var next int64
	if rows.Next() {
		err = rows.Scan(&next)
	}
	return moment(next), errors.Join(err, rows.Err())
}

// moment is a time as it stands in the database.
func moment(micro int64) time.Time {
	if micro == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micro)
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func (s *Store) deliveries(ctx context.Context, statement string, args ...any) ([]notify.Delivery, error) {
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	rows, err := s.db.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, fmt.Errorf("store: read notifications: %w", err)
	}
	all, err := scanDeliveries(rows)
	if err != nil {
		return nil, fmt.Errorf("store: read notifications: %w", err)
	}
	return all, nil
}

func scanDeliveries(rows *sql.Rows) (all []notify.Delivery, err error) {
	defer rows.Close()
	for rows.Next() {
		var d notify.Delivery
		var at, first, next int64
		err := rows.Scan(&d.Seq, &d.ID, &d.Endpoint, &d.Call, &d.Kind, &at, &d.Event, &d.State, &d.Attempts, &first, &next, &d.Status, &d.Err)
		if err != nil {
			return nil, err
		}
		d.At, d.First, d.Next = moment(at), moment(first), moment(next)
		all = append(all, d)
	}
	return all, rows.Err()
}

// Settle implements notify.Queue.
func (s *Store) Settle(ctx context.Context, results []notify.Result) error {
	err := s.transact(ctx, func(tx *transaction) error {
		for _, r := range results {
			if err := settle(ctx, tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store: write notifications: %w", err)
	}
	return nil
}

// settle writes what became of a notification. Those of the same call that wait for it get its next time: Due would otherwise look at them, and
// pass them over, again and again.
func settle(ctx context.Context, tx *transaction, r notify.Result) error {
	const settle = `UPDATE notifications SET state = $2, attempts = $3, first = $4, next = $5, status = $6, err = $7 WHERE seq = $1 AND state = 'waiting'`
	const delay = `UPDATE notifications SET next = $2 WHERE state = 'waiting' AND seq > $1 AND next < $2 AND call <> ''
		AND (endpoint, call) = (SELECT d.endpoint, d.call FROM notifications d WHERE d.seq = $1 AND d.state = 'waiting')`
	_, err := tx.ExecContext(ctx, settle, r.Seq, string(r.State), r.Attempts, micros(r.First), micros(r.Next), r.Status, clean(r.Err))
	if err == nil && r.State == notify.Waiting {
		_, err = tx.ExecContext(ctx, delay, r.Seq, micros(r.Next))
	}
	return err
}

// chosen is the condition of a filter; its values begin with $1.
func chosen(f notify.Filter) (condition string, args []any) {
	var w where
	for column, value := range map[string]string{"d.id": f.ID, "d.endpoint": f.Endpoint, "d.call": string(f.Call), "d.state": string(f.State)} {
		if value != "" {
			w.and(column+" = $", value)
		}
	}
	if w.sql == nil {
		return "1 = 1", nil
	}
	return strings.Join(w.sql, " AND "), w.args
}

// newest are the numbers of the last that a filter chooses.
func newest(f notify.Filter, further string) (statement string, args []any) {
	const most = 1000
	if f.Limit <= 0 {
		f.Limit = most
	}
	condition, args := chosen(f)
	return fmt.Sprintf("SELECT d.seq FROM notifications d WHERE %s%s ORDER BY d.seq DESC LIMIT %d", condition, further, f.Limit), args
}

// List implements notify.Queue.
func (s *Store) List(ctx context.Context, f notify.Filter) ([]notify.Delivery, error) {
	which, args := newest(f, "")
	return s.deliveries(ctx, "SELECT "+deliveryColumns+" FROM notifications d WHERE d.seq IN ("+which+") ORDER BY d.seq", args...)
}

// Replay implements notify.Queue.
func (s *Store) Replay(ctx context.Context, f notify.Filter, now time.Time) (int, error) {
	which, args := newest(f, " AND d.state <> 'waiting'")
	place := fmt.Sprintf("$%d", len(args)+1)
	n, err := s.change(ctx, "UPDATE notifications SET state = 'waiting', attempts = 0, first = 0, status = 0, err = '', next = "+place+
		" WHERE seq IN ("+which+")", slices.Concat(args, []any{now.UnixMicro()})...)
	if err != nil {
		return 0, fmt.Errorf("store: replay notifications: %w", err)
	}
	return n, nil
}

// change runs a statement and tells how many rows it has changed.
func (s *Store) change(ctx context.Context, statement string, args ...any) (int, error) {
	if err := s.prepare(ctx); err != nil {
		return 0, err
	}
	done, err := s.db.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	n, err := done.RowsAffected()
	return int(n), err
}

// eraseNotifications removes those that name a folded number.
func (s *Store) eraseNotifications(ctx context.Context, number string) (int, error) {
	n, err := s.change(ctx, "DELETE FROM notifications WHERE numbers LIKE $1", "% "+number+" %")
	if err != nil {
		return 0, fmt.Errorf("store: erase notifications: %w", err)
	}
	return n, nil
}

// forgetNotifications removes those that were delivered long ago, and those that were given up when their calls' records go.
func (s *Store) forgetNotifications(ctx context.Context, now time.Time) error {
	_, err := s.change(ctx, "DELETE FROM notifications WHERE state = 'delivered' AND at < $1", now.Add(-deliveredFor).UnixMicro())
	if err == nil && s.opt.Retention > 0 {
		_, err = s.change(ctx, "DELETE FROM notifications WHERE state <> 'waiting' AND at < $1", now.Add(-s.opt.Retention).UnixMicro())
	}
	return err
}
