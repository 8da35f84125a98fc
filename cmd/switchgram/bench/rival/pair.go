package rival

import (
	"context"
	"fmt"

	"switchgram/cmd/switchgram/bench/load"
)

// pair is the two ends of a call, who talk to each other. The zero value has not begun to.
type pair struct{ talkers []*load.Talker }

// join lets both begin to talk.
func (p *pair) join(l *load.Load, ends ...load.Wire) {
	for _, e := range ends {
		p.talkers = append(p.talkers, l.Join(e, load.Stamped(1)))
	}
}

// await returns when everybody has heard something.
func (p *pair) await(ctx context.Context) error {
	for _, t := range p.talkers {
		select {
		case <-t.Heard():
		case <-ctx.Done():
			return fmt.Errorf("nobody is heard: %w", context.Cause(ctx))
		}
	}
	return nil
}

func (p *pair) leave() {
	for _, t := range p.talkers {
		t.Leave()
	}
}
