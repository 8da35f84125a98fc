package program

import (
	"context"
	"fmt"

	"switchgram/bridge"
	"switchgram/bridge/leg"
)

// Invite calls somebody by a line, and lets them into a running call in a role. It returns as bridge.Bridge.Join does: when they have left. Whether
// the line may call them nobody has asked.
func (p *Program) Invite(ctx context.Context, call bridge.CallID, line string, to bridge.Address, as bridge.Role) error {
	var d bridge.Dialer = &leg.FreeSWITCHDialer{Line: p.sipLine, User: p.sipPlaces}
	if to.Scheme == "tg" {
		d = &leg.TelegramDialer{Line: p.telegramLine}
	}
	l, err := d.Dial(ctx, to, bridge.DialOptions{Call: call, Line: line})
	if err != nil {
		return fmt.Errorf("invite %s: %w", to, err)
	}
	return p.bridge.Join(ctx, call, l, as)
}
