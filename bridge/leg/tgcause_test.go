package leg

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gotd/td/tgerr"

	"switchgram/bridge"
	"switchgram/tgcall"
	"switchgram/tgcall/account"
)

func TestCausesOfTelegramsEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want bridge.Cause
	}{
		{"declined", &tgcall.DiscardError{Reason: tgcall.Busy, Remote: true, Outgoing: true}, bridge.UserBusy},
		{"not answered, as told by the app", &tgcall.DiscardError{Reason: tgcall.Missed, Remote: true, Outgoing: true}, bridge.NoAnswer},
		{"declined by an old app", &tgcall.DiscardError{Reason: tgcall.Hangup, Remote: true, Outgoing: true}, bridge.CallRejected},
		{"caller gave up", &tgcall.DiscardError{Reason: tgcall.Missed, Remote: true}, bridge.NormalClearing},
		{"declined on another device", &tgcall.DiscardError{Reason: tgcall.Busy, Remote: true}, bridge.LoseRace},
		{"hung up", &tgcall.DiscardError{Reason: tgcall.Hangup, Remote: true, Answered: true}, bridge.NormalClearing},
		{"lost", &tgcall.DiscardError{Reason: tgcall.Disconnect, Remote: true, Answered: true}, bridge.NormalTemporaryFailure},
		{"moved to a conference", &tgcall.DiscardError{Reason: tgcall.Migrated, Remote: true, Answered: true}, bridge.NormalClearing},
		{"taken on another device", &tgcall.DiscardError{Remote: true, Err: tgcall.ErrElsewhere}, bridge.LoseRace},
		{"no answer", &tgcall.DiscardError{Reason: tgcall.Missed, Outgoing: true, Err: tgcall.ErrNoAnswer}, bridge.NoAnswer},
		{"every device off", &tgcall.DiscardError{Reason: tgcall.Missed, Outgoing: true, Err: tgcall.ErrNoDevice}, bridge.SubscriberAbsent},
		{"no media", &tgcall.DiscardError{Reason: tgcall.Disconnect, Answered: true, Err: tgcall.ErrNoMedia}, bridge.NormalTemporaryFailure},
		{"wrong key", &tgcall.DiscardError{Reason: tgcall.Disconnect, Err: tgcall.ErrExchange}, bridge.NormalTemporaryFailure},
		{"unknown version", &tgcall.DiscardError{Reason: tgcall.Disconnect, Err: tgcall.ErrVersion}, bridge.IncompatibleDestination},
		{"privacy", fmt.Errorf("dial: %w", tgcall.ErrPrivacy), bridge.CallRejected},
		{"blocked", tgcall.ErrBlocked, bridge.CallRejected},
		{"outdated", tgcall.ErrOutdated, bridge.IncompatibleDestination},
		{"nobody", account.ErrUnknownPerson, bridge.UnallocatedNumber},
		{"nonsense", account.ErrBadAddress, bridge.InvalidNumberFormat},
		{"too many", tgcall.ErrTooMany, bridge.UserBusy},
		{"not logged in", account.ErrLoginNeeded, bridge.DestinationOutOfOrder},
		{"flood of calls", &tgcall.FloodError{Wait: time.Minute}, bridge.SwitchCongestion},
		{"flood of names", &account.FloodError{Wait: time.Minute}, bridge.SwitchCongestion},
		{"another error of telegram's", fmt.Errorf("x: %w", tgerr.New(400, "INPUT_USER_DEACTIVATED")), bridge.UnallocatedNumber},
		{"an error of telegram's that is new", tgerr.New(400, "SOMETHING_NEW"), bridge.NormalTemporaryFailure},
		{"anything", errors.New("x"), bridge.NormalTemporaryFailure},
	} {
		if got := causeOfTelegram(c.err); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestReasonsAreTheSameOnBothSides(t *testing.T) {
	for d, r := range reasons {
		if discards[r] != d || d.String() != r.String() {
			t.Errorf("%s becomes %s, which becomes %s", d, r, discards[r])
		}
	}
}

func TestFloodWaitIsKnownToWhoeverCalls(t *testing.T) {
	for _, err := range []error{
		&tgcall.FloodError{Wait: 30 * time.Second}, &account.FloodError{Wait: 30 * time.Second}, tgerr.New(420, "FLOOD_WAIT_30"),
	} {
		r, ok := telegramRefusal(fmt.Errorf("x: %w", err)).(*refusal)
		if !ok || r.RetryAfter() != 30*time.Second || r.Q850() != int(bridge.SwitchCongestion) || !errors.Is(r, err) {
			t.Errorf("%v: %+v", err, r)
		}
	}
	if err := telegramRefusal(context.Canceled); bridge.CauseOf(err) != bridge.NormalClearing {
		t.Errorf("a call that was given up: %v", err)
	}
}

func TestPositionsOfACall(t *testing.T) {
	for _, c := range []struct {
		outgoing, answered bool
		want               bridge.Position
	}{{false, false, bridge.CallerWaiting}, {true, false, bridge.CalleeWaiting}, {true, true, bridge.WasAnswered}, {false, true, bridge.WasAnswered}} {
		if got := position(c.outgoing, c.answered); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestPersonIsCalledBackByTheFirstThatIsKnown(t *testing.T) {
	for want, p := range map[string]bridge.Party{
		"tg:+4930": {Phone: "+4930", Username: "ann", ID: 7}, "tg:@ann": {Username: "ann", ID: 7}, "tg:*7": {ID: 7},
	} {
		if got := telegramAddress(p).String(); got != want {
			t.Errorf("%+v: %s, want %s", p, got, want)
		}
	}
}
