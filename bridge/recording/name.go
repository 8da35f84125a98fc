package recording

import (
	"regexp"
	"time"
)

// What the names of our files end in.
const (
	spoolSuffix  = ".spool"
	partSuffix   = ".part"
	plainSuffix  = ".ogg"
	sealedSuffix = ".ogg.age"
	infoSuffix   = ".json"
)

// stamp is how a name begins: the date in UTC, so that files stand in their order.
const stamp = "20060102-150405.000"

var (
	callName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	idName   = regexp.MustCompile(`^\d{8}-\d{6}\.\d{3}-[A-Za-z0-9._-]{1,64}$`)
)

// newID names a recording by date and call. No other text may come into a file's name.
func newID(call string, began time.Time) (string, error) {
	if !callName.MatchString(call) {
		return "", ErrName
	}
	return began.UTC().Format(stamp) + "-" + call, nil
}
