package leg

import (
	"context"
	"errors"

	"github.com/gotd/td/tgerr"

	"switchgram/bridge"
	"switchgram/tgcall"
	"switchgram/tgcall/account"
)

// reasons and discards are Telegram's reasons as the two packages name them.
var (
	reasons = map[bridge.Discard]tgcall.DiscardReason{
		bridge.DiscardMissed: tgcall.Missed, bridge.DiscardHangup: tgcall.Hangup,
		bridge.DiscardBusy: tgcall.Busy, bridge.DiscardDisconnect: tgcall.Disconnect,
	}
	discards = map[tgcall.DiscardReason]bridge.Discard{
		tgcall.Missed: bridge.DiscardMissed, tgcall.Hangup: bridge.DiscardHangup, tgcall.Busy: bridge.DiscardBusy,
		tgcall.Disconnect: bridge.DiscardDisconnect, tgcall.Migrated: bridge.DiscardHangup, tgcall.None: bridge.DiscardNone,
	}
)

// known are the causes of the errors that our own packages make up. Those that Telegram sends are in the bridge's table, by the
// type that *tgerr.Error names; so are the others, by the type that means the same.
var known = []struct {
	err   error
	cause bridge.Cause
}{
	{tgcall.ErrPrivacy, bridge.CauseOfTelegram("USER_PRIVACY_RESTRICTED")},
	{tgcall.ErrBlocked, bridge.CauseOfTelegram("USER_IS_BLOCKED")},
	{tgcall.ErrOutdated, bridge.CauseOfTelegram("PARTICIPANT_VERSION_OUTDATED")},
	{tgcall.ErrNobody, bridge.CauseOfTelegram("USER_ID_INVALID")},
	{tgcall.ErrElsewhere, bridge.CauseOfTelegram("CALL_ALREADY_ACCEPTED")},
	{tgcall.ErrOccupied, bridge.CauseOfTelegram("CALL_OCCUPY_FAILED")},
	{tgcall.ErrGone, bridge.CauseOfTelegram("CALL_PEER_INVALID")},
	{tgcall.ErrTooMany, bridge.UserBusy},
	{tgcall.ErrStopped, bridge.DestinationOutOfOrder},
	{tgcall.ErrNoAnswer, bridge.NoAnswer},
	{tgcall.ErrNoDevice, bridge.SubscriberAbsent}, // every device is off
	{tgcall.ErrVersion, bridge.IncompatibleDestination},
	{tgcall.ErrNoKey, bridge.NormalTemporaryFailure},
	{tgcall.ErrNoMedia, bridge.NormalTemporaryFailure},
	{tgcall.ErrExchange, bridge.NormalTemporaryFailure},
	{account.ErrUnknownPerson, bridge.CauseOfTelegram("PHONE_NOT_OCCUPIED")},
	{account.ErrBadAddress, bridge.CauseOfTelegram("PHONE_NUMBER_INVALID")},
	{account.ErrLoginNeeded, bridge.CauseOfTelegram("AUTH_KEY_UNREGISTERED")},
	{account.ErrRevoked, bridge.CauseOfTelegram("SESSION_REVOKED")},
}

// causeOfTelegram is the cause of whatever a Telegram call ends or fails with. What went wrong says more than the reason that
// was sent for it.
func causeOfTelegram(err error) bridge.Cause {
	for _, k := range known {
		if errors.Is(err, k.err) {
			return k.cause
		}
	}
	var d *tgcall.DiscardError
	rpc, isRPC := tgerr.As(err)
	switch {
	case isRPC:
		return bridge.CauseOfTelegram(rpc.Type)
	case isFlood(err):
		return bridge.CauseOfTelegram(tgerr.ErrFloodWait)
	case errors.As(err, &d) && d.Err == nil:
		return bridge.CauseOfDiscard(discards[d.Reason], position(d.Outgoing, d.Answered))
	default:
		return bridge.CauseOf(err)
	}
}

func isFlood(err error) bool { return floodWait(err) > 0 }

// telegramRefusal is an error of dialling with its cause.
func telegramRefusal(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &refusal{cause: causeOfTelegram(err), wait: floodWait(err), err: err}
}
