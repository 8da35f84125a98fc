package bench

import (
	"fmt"
	"slices"
	"strings"

	"switchgram/bridge/sip/sdp"
)

// Mode is a way in which calls are carried.
type Mode struct {
	Name  string
	About string
	Aim   int // calls that one core of the bridge is to carry

	telephone sdp.Codec // the only one the telephone speaks; of no meaning if friend
	friend    bool      // the callee is on Telegram, too
	anew      bool      // packets are encoded anew, not relayed
	frames    int       // of 20 ms in a packet from Telegram; 0: 1
	record    bool
	guest     bool   // another telephone is in the call
	browser   bool   // the callee is at a web page
	only      string // what is measured, other than calls that stand
}

// What a mode may measure in place of calls that stand.
const (
	onlySetup    = "setup"
	onlyAccounts = "accounts"
)

// relayMode is what others are compared with in.
const relayMode = "relay"

// Modes are all there are, in the order of the table.
func Modes() []Mode {
	return []Mode{
		{Name: relayMode, About: "Telegram and a telephone that speaks Opus", Aim: 500, telephone: sdp.Opus},
		{Name: "relay60", About: "the same with packets of 60 ms from Telegram", Aim: 500, telephone: sdp.Opus, frames: 3},
		{Name: "record", About: "relay, and the call is recorded", Aim: 500, telephone: sdp.Opus, record: true},
		{Name: "dtls", About: "two people on Telegram: DTLS-SRTP on both sides", Aim: 500, friend: true},
		{Name: "browser", About: "Telegram and a browser: DTLS-SRTP on both sides", Aim: 500, browser: true},
		{Name: "pcmu", About: "Opus transcoded to G.711 and back", Aim: 150, telephone: sdp.PCMU, anew: true},
		{Name: "g722", About: "Opus transcoded to G.722 and back", Aim: 150, telephone: sdp.G722, anew: true},
		{Name: "mix3", About: "three who hear each other: Telegram and two telephones that speak Opus", Aim: 60, telephone: sdp.Opus, anew: true, guest: true},
		{Name: "setup", About: "calls set up and ended, one after the other", telephone: sdp.Opus, only: onlySetup},
		{Name: "accounts", About: "Telegram accounts that are connected, and idle", telephone: sdp.Opus, only: onlyAccounts},
	}
}

// modeOf finds a mode by its name.
func modeOf(name string) (Mode, error) {
	all := Modes()
	if i := slices.IndexFunc(all, func(m Mode) bool { return m.Name == name }); i >= 0 {
		return all[i], nil
	}
	var names []string
	for _, m := range all {
		names = append(names, m.Name)
	}
	return Mode{}, fmt.Errorf("mode %q: want one of %s", name, strings.Join(names, ", "))
}
