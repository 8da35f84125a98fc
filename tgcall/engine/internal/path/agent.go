package path

import (
	"net"
	"time"

	"github.com/pion/ice/v4"
)

// options are where pion's defaults do not suit a Telegram call.
func (p *Path) options() []ice.AgentOption {
	kinds := []ice.CandidateType{ice.CandidateTypeHost, ice.CandidateTypeServerReflexive, ice.CandidateTypeRelay}
	relayWait := 500 * time.Millisecond // leaves direct pairs their chance
	if p.o.RelayOnly {
		kinds, relayWait = []ice.CandidateType{ice.CandidateTypeRelay}, 0
	}
	options := []ice.AgentOption{
		ice.WithNet(p.sockets),
		ice.WithLocalCredentials(p.ufrag, p.pwd),
		ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4, ice.NetworkTypeUDP6}),
		ice.WithCandidateTypes(kinds),
		ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled),
		ice.WithDisableActiveTCP(),
		ice.WithMaxBindingRequests(500), // 7 are over before slow signalling has brought the peer's candidates
		ice.WithContinualGatheringPolicy(ice.GatherContinually),
		ice.WithNetworkMonitorInterval(p.o.Timing.Interfaces),
		ice.WithCheckInterval(p.o.Timing.Check),
		ice.WithKeepaliveInterval(p.o.Timing.Keepalive),
		ice.WithDisconnectedTimeout(p.o.Timing.Disconnected),
		ice.WithFailedTimeout(time.Minute), // pion cannot come back from it; the call's own clock decides before
		ice.WithRelayAcceptanceMinWait(relayWait),
		ice.WithPrflxAcceptanceMinWait(min(relayWait, 200*time.Millisecond)),
		// Renomination lets repair move the call to another pair. The automatic one only serves to keep all pairs checked: it
		// still takes a dead pair for the best.
		ice.WithRenomination(ice.DefaultNominationValueGenerator()),
		ice.WithAutomaticRenomination(24 * time.Hour),
		ice.WithBindingRequestHandler(p.follow.request(p.o)),
		ice.WithLoggerFactory(p.o.PionLogs),
	}
	if p.o.Loopback {
		options = append(options, ice.WithIncludeLoopback(), ice.WithIPFilter(net.IP.IsLoopback))
	}
	return append(options, p.o.otherwise...)
}
