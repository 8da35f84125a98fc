package leg

import (
	"errors"
	"time"

	"github.com/gotd/td/tgerr"

	"switchgram/tgcall"
	"switchgram/tgcall/account"
)

// floodWait is for how long Telegram asked us to leave a method alone; 0: it is not such an error.
func floodWait(err error) time.Duration {
	var call *tgcall.FloodError
	var acc *account.FloodError
	switch {
	case errors.As(err, &call):
		return call.Wait
	case errors.As(err, &acc):
		return acc.Wait
	}
	wait, _ := tgerr.AsFloodWait(err)
	return wait
}
