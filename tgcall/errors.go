package tgcall

import (
	"errors"
	"fmt"
	"time"

	"github.com/gotd/td/tgerr"

	"switchgram/tgcall/engine"
)

// What Dial is refused with, or a DiscardError's Err. When Telegram said so, the *tgerr.Error is wrapped beside it.
var (
	ErrPrivacy  = errors.New("person does not allow our calls")
	ErrBlocked  = errors.New("person has blocked us")
	ErrOutdated = errors.New("no device of the person speaks a version of ours")
	ErrNobody   = errors.New("no such person, or not known to this account")
	ErrTooMany  = errors.New("as many calls as allowed already")
	ErrStopped  = errors.New("telegram calls are being shut down")

	ErrElsewhere = errors.New("answered or declined on another device")
	ErrOccupied  = errors.New("telegram says that one side is in another call")
	ErrGone      = errors.New("telegram does not know the call any more")

	ErrNoDevice = errors.New("no device of the person has taken note of the call")
	ErrNoAnswer = errors.New("nobody answered")
	ErrNoKey    = errors.New("the other side did not finish the key exchange")
	ErrNoMedia  = engine.ErrNoMedia

	ErrExchange = errors.New("key exchange is wrong") // bad prime, value out of range, hash or fingerprint that differs
	ErrVersion  = errors.New("telegram chose a version we do not speak")
)

// refusals are what Telegram calls the above.
var refusals = map[string]error{
	"USER_PRIVACY_RESTRICTED":            ErrPrivacy,
	"USER_IS_BLOCKED":                    ErrBlocked,
	"PARTICIPANT_VERSION_OUTDATED":       ErrOutdated,
	"CALL_PROTOCOL_COMPAT_LAYER_INVALID": ErrOutdated,
	"USER_ID_INVALID":                    ErrNobody,
	"INPUT_USER_DEACTIVATED":             ErrNobody,
	"CALL_ALREADY_ACCEPTED":              ErrElsewhere,
	"CALL_ALREADY_DECLINED":              ErrElsewhere,
	"CALL_OCCUPY_FAILED":                 ErrOccupied,
	"CALL_PEER_INVALID":                  ErrGone,
	"CALL_NOT_ACTIVE":                    ErrGone,
}

// isOver reports whether an error says that the call has ended already, so that nobody need be told.
func isOver(err error) bool { return errors.Is(err, ErrElsewhere) || errors.Is(err, ErrGone) }

// FloodError says that Telegram asked us to leave a method alone. Until then it fails without being sent.
type FloodError struct {
	Method string        // such as phone.requestCall
	Wait   time.Duration // how much longer
}

// Error names the method and the wait.
func (e *FloodError) Error() string {
	return fmt.Sprintf("%s: telegram asks to wait %v", e.Method, e.Wait.Round(time.Second))
}

// refusal names an error of a method.
func refusal(method string, err error) error {
	if err == nil {
		return nil
	}
	if rpc, ok := tgerr.As(err); ok && refusals[rpc.Type] != nil {
		return fmt.Errorf("%w: %s: %w", refusals[rpc.Type], method, err)
	}
	return fmt.Errorf("%s: %w", method, err)
}
