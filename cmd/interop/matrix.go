package main

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"switchgram/cmd/interop/trial"
	"switchgram/tgcall/testnet/lan"
)

// cell is one kind of call of the matrix.
type cell struct {
	version string
	theirs  bool // the other program calls, ours is called
	path    trial.Path
	trouble trial.Trouble
}

// versions are those with messages of the kind we speak: 10.0.0 and 11.0.0 are SDP.
var versions = []string{"13.0.0", "12.0.0", "9.0.0", "8.0.0", "7.0.0"}

// framings are the versions that stand for all where signalling matters: SCTP, and acknowledgements of its own.
var framings = []string{"13.0.0", "9.0.0"}

// Paths.
var (
	direct          = trial.Path{Name: "direct", Direct: true}
	turn            = trial.Path{Name: "turn", TURN: true}
	reflectorUDP    = trial.Path{Name: "reflector-udp", ReflectorUDP: true}
	reflectorTCP    = trial.Path{Name: "reflector-tcp", ReflectorTCP: true}
	all             = trial.Path{Name: "all", Direct: true, TURN: true, ReflectorUDP: true}
	directTURN      = trial.Path{Name: "direct+turn", Direct: true, TURN: true}
	directReflector = trial.Path{Name: "direct+reflector", Direct: true, ReflectorUDP: true}
	directIPv6      = trial.Path{Name: "direct-ipv6", Direct: true, IPv6: true}
	reflectorIPv6   = trial.Path{Name: "reflector-ipv6", ReflectorUDP: true, IPv6: true}
)

// Troubles.
var (
	none            = trial.Trouble{Name: "none"}
	signallingLoss  = trial.Trouble{Name: "signalling-loss", SignallingLoss: 0.3}
	signallingDelay = trial.Trouble{Name: "signalling-delay", SignallingDelay: 400 * time.Millisecond}
	late            = trial.Trouble{Name: "late", Late: 2500 * time.Millisecond}
	lateDeaf        = trial.Trouble{Name: "late-deaf", Late: 2500 * time.Millisecond, Deaf: true}
	mute            = trial.Trouble{Name: "mute", Event: trial.Mute}
	outage          = trial.Trouble{Name: "outage", Event: trial.Outage}
	cut             = trial.Trouble{Name: "cut", Event: trial.Cut}
	mediaLoss       = trial.Trouble{Name: "media-loss", Weather: lan.Weather{Loss: 0.1, Jitter: 60 * time.Millisecond}}
	standalone      = trial.Trouble{Name: "standalone", CustomParameters: `{"network_standalone_reflectors":true}`,
		Needs: []trial.Ability{trial.StandaloneReflectors}}
	noSCTP = trial.Trouble{Name: "nosctp", CustomParameters: `{"network_signaling_nosctp":true}`, Needs: []trial.Ability{trial.NoSCTP}}
)

// blocks of the matrix: each is every combination of its parts. All versions take all paths once; a trouble is tried where it can make a
// difference. 7.0.0 repeats nothing that is lost, so that it is spared lost signalling.
var blocks = []struct {
	versions []string
	paths    []trial.Path
	troubles []trial.Trouble
}{
	{versions, []trial.Path{direct, turn, reflectorUDP, reflectorTCP, all}, []trial.Trouble{none}},
	{framings, []trial.Path{direct}, []trial.Trouble{signallingLoss, signallingDelay, late, lateDeaf, mute}},
	{framings, []trial.Path{direct, turn, reflectorUDP}, []trial.Trouble{outage, mediaLoss}},
	{framings, []trial.Path{directTURN, directReflector}, []trial.Trouble{cut}},
	{framings, []trial.Path{directIPv6, reflectorIPv6}, []trial.Trouble{none}},
	{framings, []trial.Path{reflectorUDP, reflectorTCP}, []trial.Trouble{standalone}},
	{versions[:2], []trial.Path{direct}, []trial.Trouble{noSCTP}},
}

// explanations of the names in the matrix, for the help.
var explanations = []struct{ name, what string }{
	{"direct", "peer-to-peer and a STUN server"},
	{"turn", "no peer-to-peer, a TURN server over UDP"},
	{"reflector-udp, -tcp", "no peer-to-peer, one of Telegram's own relays, over UDP or TCP"},
	{"all", "direct, TURN and reflector side by side"},
	{"…-ipv6", "hosts that have IPv6 addresses only"},
	{"", ""},
	{"none", "signalling takes 30 ms each way, nothing is lost"},
	{"signalling-loss", "30 % of the signalling is lost"},
	{"signalling-delay", "signalling takes 400 ms each way"},
	{"late, late-deaf", "the callee's engine starts 2.5 s late; what came before is kept for it, or is lost"},
	{"mute", "each side mutes and unmutes: tone gone, the other told, tone back"},
	{"outage", "the callee has no network for 10 s, then it has again"},
	{"cut", "the direct path is gone in mid-call, a relay is left"},
	{"media-loss", "10 % of what each side sends is lost, the rest is up to 60 ms late and overtakes"},
	{"standalone, nosctp", "the call's custom parameters ask for standalone reflectors, or for signalling without SCTP"},
}

// matrix is all cells, or where both programs are the same, those in which the first one calls.
func matrix(same bool) (cells []cell) {
	for _, b := range blocks {
		for _, v := range b.versions {
			for _, p := range b.paths {
				for _, t := range b.troubles {
					cells = append(cells, cell{v, false, p, t})
					if !same {
						cells = append(cells, cell{v, true, p, t})
					}
				}
			}
		}
	}
	return cells
}

// name is what -only is matched with: version, who calls, path, trouble.
func (c cell) name() string {
	return strings.Join([]string{c.version, c.caller(), c.path.Name, c.trouble.Name}, " ")
}

func (c cell) caller() string {
	if c.theirs {
		return "theirs"
	}
	return "ours"
}

// only leaves the cells that match one of the patterns, in which * stands for any text. They have commas between them.
func only(cells []cell, patterns string) ([]cell, error) {
	all := strings.Split(patterns, ",")
	for _, p := range all {
		if _, err := path.Match(p, ""); err != nil {
			return nil, fmt.Errorf("%q: %w", p, err)
		}
	}
	return slices.DeleteFunc(cells, func(c cell) bool {
		return !slices.ContainsFunc(all, func(p string) bool { ok, _ := path.Match(p, c.name()); return ok })
	}), nil
}

// trial of the cell, by our program and theirs.
func (c cell) trial(ours, theirs trial.Program, seed uint64) trial.Trial {
	t := trial.Trial{Version: c.version, Programs: [2]trial.Program{ours, theirs}, Path: c.path, Trouble: c.trouble, Seed: seed}
	if c.theirs {
		t.Programs = [2]trial.Program{theirs, ours}
	}
	return t
}
