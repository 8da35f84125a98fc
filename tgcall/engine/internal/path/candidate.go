package path

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/pion/ice/v4"

	"switchgram/tgcall/reflector"
)

// Why a candidate of the peer is of no use to us.
var (
	errNoCandidate = errors.New("not an ICE candidate")
	errTCP         = errors.New("candidate is reached over TCP")
	errReflector   = errors.New("candidate is behind a reflector of another call")
	errName        = errors.New("candidate has a name for an address")
	errAddress     = errors.New("candidate has an address that is no peer's")
	errTooMany     = errors.New("peer has too many candidates")
)

// candidate is what we want to know of one: RFC 8839 §5.1.
type candidate struct {
	foundation string
	priority   uint32
	addr       netip.AddrPort // of one behind a reflector only the port, until it is located
	reflector  string         // name of the peer's port there; "": not behind one
	kind       ice.CandidateType
}

// typeNames are the candidate types by name.
var typeNames = map[string]ice.CandidateType{
	"host":  ice.CandidateTypeHost,
	"srflx": ice.CandidateTypeServerReflexive,
	"prflx": ice.CandidateTypePeerReflexive,
	"relay": ice.CandidateTypeRelay,
}

// maxCandidate is longer than any candidate with an address in it.
const maxCandidate = 512

// AtReflector tells whether a candidate of the peer is its port at one of Telegram's reflectors.
func AtReflector(candidate string) bool {
	c, err := parse(candidate, true)
	return err == nil && c.reflector != ""
}

// parse reads libwebrtc's form of a candidate, with or without "a=" and "candidate:" in front. What follows the type is skipped:
// related addresses, generation, ufrag, network-id and whatever comes to be.
func parse(s string, loopback bool) (candidate, error) {
	if len(s) > maxCandidate {
		return candidate{}, errNoCandidate
	}
	s = strings.TrimPrefix(strings.TrimPrefix(s, "a="), "candidate:")
	f := strings.Fields(s)
	if len(f) < 8 || f[6] != "typ" || f[1] != "1" {
		return candidate{}, errNoCandidate
	}
	if !strings.EqualFold(f[2], "udp") {
		return candidate{}, errTCP
	}
	priority, err := strconv.ParseUint(f[3], 10, 32)
	kind, known := typeNames[f[7]]
	if err != nil || !known {
		return candidate{}, errNoCandidate
	}
	c := candidate{foundation: f[0], priority: uint32(priority), kind: kind}
	return c, c.parseAddr(f[4], f[5], loopback)
}

func (c *candidate) parseAddr(host, port string, loopback bool) error {
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return errNoCandidate
	}
	ip, err := netip.ParseAddr(host)
	ip = ip.Unmap()
	_, _, named := reflector.ParseName(host)
	switch {
	case named:
		c.reflector = host
	case err != nil:
		return errName // a browser hides host addresses so, as "….local"; where we can be reached its checks tell us the address
	case !usable(ip, loopback):
		return errAddress
	}
	c.addr = netip.AddrPortFrom(ip, uint16(number))
	return nil
}

// usable keeps our checks away from addresses that cannot be a peer's. A link-local address of IPv6 means nothing without its
// interface.
func usable(ip netip.Addr, loopback bool) bool {
	if ip.IsUnspecified() || ip.IsMulticast() || ip.Zone() != "" || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return false
	}
	if ip.Is6() && ip.IsLinkLocalUnicast() || reflector.Synthetic(ip) {
		return false
	}
	return ip.IsLoopback() == loopback
}

// remote makes pion's form of it.
func (c candidate) remote() (ice.Candidate, error) {
	host, port := c.addr.Addr().String(), int(c.addr.Port())
	switch c.kind {
	case ice.CandidateTypeHost:
		return ice.NewCandidateHost(&ice.CandidateHostConfig{
			Network: "udp", Address: host, Port: port, Component: 1, Priority: c.priority, Foundation: c.foundation,
		})
	case ice.CandidateTypeServerReflexive:
		return ice.NewCandidateServerReflexive(&ice.CandidateServerReflexiveConfig{
			Network: "udp", Address: host, Port: port, Component: 1, Priority: c.priority, Foundation: c.foundation,
		})
	case ice.CandidateTypePeerReflexive:
		return ice.NewCandidatePeerReflexive(&ice.CandidatePeerReflexiveConfig{
			Network: "udp", Address: host, Port: port, Component: 1, Priority: c.priority, Foundation: c.foundation,
		})
	default:
		return ice.NewCandidateRelay(&ice.CandidateRelayConfig{
			Network: "udp", Address: host, Port: port, Component: 1, Priority: c.priority, Foundation: c.foundation,
		})
	}
}

// format writes one of ours, at an address or name. Browsers tell our generations apart by the ufrag; a relay's related address is
// nobody's business.
func format(c ice.Candidate, host, ufrag string) string {
	s := fmt.Sprintf("candidate:%s 1 udp %d %s %d typ %s", c.Foundation(), c.Priority(), host, c.Port(), c.Type())
	if r := c.RelatedAddress(); r != nil && c.Type() == ice.CandidateTypeServerReflexive {
		s += fmt.Sprintf(" raddr %s rport %d", r.Address, r.Port)
	}
	return s + " generation 0 ufrag " + ufrag
}
