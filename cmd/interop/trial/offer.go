package trial

import (
	"context"
	"fmt"
	"slices"

	"switchgram/tgcall/testnet/lan"
)

// Ability is something a program may lack and say so in its first line.
type Ability string

// Abilities.
const (
	TCPReflectors        Ability = "tcp-reflectors"
	StandaloneReflectors Ability = "standalone-reflectors"
	NoSCTP               Ability = "nosctp"
	IPv6                 Ability = "ipv6"
)

// Offer is what a program says it can do.
type Offer struct {
	Versions []string
	Without  []Ability // what it lacks
}

// Ask starts a program, reads its first line, and has it leave.
func Ask(ctx context.Context, program Program) (Offer, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p, err := newPeer(ctx, program.Name, program, nil, func([]byte) {})
	if err != nil {
		return Offer{}, err
	}
	done := make(chan struct{})
	go func() { defer close(done); p.run(lan.Here()) }()
	defer func() { cancel(); <-done }()
	if err := p.until(ctx, untilReady, "said what it speaks", (*said).ready); err != nil {
		return Offer{}, err
	}
	if err := p.leave(ctx); err != nil {
		return Offer{}, err
	}
	return Offer{Versions: p.said.versions, Without: p.said.without}, nil // it says no more
}

// Missing says why a program of this offer cannot take part in a trial; "": it can.
func (o Offer) Missing(t Trial) string {
	if !slices.Contains(o.Versions, t.Version) {
		return "does not speak " + t.Version
	}
	for _, need := range t.needs() {
		if slices.Contains(o.Without, need) {
			return fmt.Sprintf("has no %s", need)
		}
	}
	return ""
}

// needs is what both must be able to do, beyond calling.
func (t Trial) needs() (all []Ability) {
	if t.Path.ReflectorTCP {
		all = append(all, TCPReflectors)
	}
	if t.Path.IPv6 {
		all = append(all, IPv6)
	}
	return append(all, t.Trouble.Needs...)
}
