package bench

import (
	"context"
	"fmt"

	"switchgram/cmd/switchgram/bench/load"
)

// Accounts is what lines need that do nothing: a Telegram account that is connected, and a registration at the switch.
type Accounts struct {
	Point
	Accounts int   `json:"accounts"`
	Each     int64 `json:"rss_bytes_per_account"`
}

const (
	aimAccount   = 250 << 10 // bytes
	idleAccounts = 100
)

// sentence is what the table says of it.
func (a *Accounts) sentence() string {
	return fmt.Sprintf("Idle accounts: %d KiB each, of %d (aim: under %d KiB).", a.Each>>10, a.Accounts, aimAccount>>10)
}

// accounts compares a bridge with n more lines than one to a bridge with one.
func accounts(ctx context.Context, m Mode, o standOptions, n int) (*Accounts, error) {
	one, err := idle(ctx, m, o, 1)
	if err != nil {
		return nil, err
	}
	all, err := idle(ctx, m, o, 1+n)
	if err != nil {
		return nil, err
	}
	return &Accounts{Point: Point{Mode: m.Name}, Accounts: n, Each: (all - one) / int64(n)}, nil
}

// idle is the memory of a bridge with so many lines and no calls.
func idle(ctx context.Context, m Mode, o standOptions, lines int) (int64, error) {
	o.lines = lines
	s, err := newStand(ctx, m, o)
	if err != nil {
		return 0, err
	}
	defer s.close()
	if err := load.Pause(ctx, settleFor); err != nil {
		return 0, err
	}
	if err := s.process.Settle(); err != nil {
		return 0, err
	}
	sample, err := s.process.Sample()
	return sample.RSS, err
}
