package doctor

import (
	"context"
	"fmt"
	"testing"
	"time"
)

func TestAClockThatIsWrongIsSaid(t *testing.T) {
	for off, w := range map[time.Duration]want{
		time.Hour:         {clocked, Wrong, "of FreeSWITCH", "NTP"},
		-10 * time.Second: {clocked, Warning, "of FreeSWITCH", "NTP"},
		0:                 {clocked, OK, "as FreeSWITCH has it", ""},
	} {
		s := newSetUp(t)
		s.socket.HandleAPI("strepoch", func(context.Context, string) string { return fmt.Sprint(time.Now().Add(-off).Unix()) })
		s.finds(w)
	}
}

func TestAFreeSWITCHThatTellsNoTimeIsNotComparedWith(t *testing.T) {
	s := newSetUp(t)
	s.socket.HandleAPI("strepoch", func(context.Context, string) string { return "soon\n" })
	s.finds(want{clocked, Skipped, "tells no time", ""})
}
