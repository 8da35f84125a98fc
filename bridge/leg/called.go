package leg

import (
	"errors"
	"fmt"
	"strings"

	"switchgram/bridge"
	"switchgram/bridge/sip"
)

// ErrNobodyCalled: an incoming call names nobody on Telegram, neither in its request URI nor in X-TG-Dial.
var ErrNobodyCalled = errors.New("call names nobody on telegram: want the request URI's user, or X-TG-Dial")

// Called is whom an incoming call of the switch wants on Telegram; user is what the line is registered as.
//
// A call to a registered user comes to our Contact, whose user is the line's: only X-TG-Dial, which the dialplan exports, says who
// is meant. Where the request URI names somebody else (a gateway's calls), that counts and X-TG-Dial is not read: FreeSWITCH
// relays headers of that kind from its telephones, and one of them may have made it up. The header is trusted only from the
// switch that the line is registered with.
func Called(d *sip.Dialog, user string, fromRegistrar bool) (bridge.Address, error) {
	who := d.RequestUser()
	if who == "" || who == user {
		who = ""
		if fromRegistrar {
			who = d.Header("X-TG-Dial")
		}
	}
	if who = strings.Join(strings.Fields(who), ""); who == "" { // numbers may be written with spaces
		return bridge.Address{}, &refusal{cause: bridge.UnallocatedNumber, err: ErrNobodyCalled}
	}
	to, err := bridge.ParseAddress("tg:" + strings.TrimPrefix(who, "tg:"))
	if err != nil {
		return bridge.Address{}, &refusal{cause: bridge.InvalidNumberFormat, err: fmt.Errorf("called: %w", err)}
	}
	return to, nil
}
