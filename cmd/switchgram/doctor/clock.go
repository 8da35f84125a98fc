package doctor

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// clock compares this machine's clock with FreeSWITCH's; Telegram's is looked at with its sessions.
type clock struct{}

const clocked = "clock"

func (clock) look(ctx context.Context, p *patient) []Finding {
	if p.socket == nil {
		return []Finding{skipped(clocked, "FreeSWITCH's is seen through the event socket only")}
	}
	answer, err := p.socket.API(ctx, "strepoch")
	if err != nil {
		return []Finding{skipped(clocked, "FreeSWITCH does not tell the time: %v", err)}
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(answer), 10, 64)
	if err != nil {
		return []Finding{skipped(clocked, "FreeSWITCH tells no time: %.40q", answer)}
	}
	return []Finding{compare("FreeSWITCH", time.Unix(seconds, 0))}
}

// Differences of clocks. Telegram refuses messages that are 30 s in the future or 300 s old, until the client has asked for the time
// (https://core.telegram.org/mtproto/description, "message identifier"); records of calls go wrong sooner.
const (
	clockWarns = 5 * time.Second
	clockWrong = 30 * time.Second
)

// compare compares our clock with another that counts whole seconds.
func compare(whose string, theirs time.Time) Finding {
	off := time.Since(theirs).Truncate(time.Second)
	switch said := fmt.Sprintf("this machine's clock is %v from that of %s", off, whose); {
	case off.Abs() >= clockWrong:
		return wrong(clocked, said, "let NTP set it: timedatectl set-ntp true")
	case off.Abs() >= clockWarns:
		return warning(clocked, said, "let NTP set it: timedatectl set-ntp true")
	}
	return ok(clocked, "as %s has it", whose)
}
