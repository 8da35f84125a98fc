package leg

import (
	"errors"
	"time"

	"switchgram/bridge"
)

// ErrOffline: the line cannot be used now, because its Telegram account or its registration is not there.
var ErrOffline = errors.New("line is not connected")

// refusal is an error of a protocol with the cause that the bridge should take from it.
type refusal struct {
	cause bridge.Cause
	wait  time.Duration // before another try; 0: the far end does not say
	err   error
}

func (r *refusal) Error() string             { return r.err.Error() }
func (r *refusal) Unwrap() error             { return r.err }
func (r *refusal) Q850() int                 { return int(r.cause) }
func (r *refusal) RetryAfter() time.Duration { return r.wait }
