package tgcall

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"

	"github.com/gotd/td/tg"

	"switchgram/tgcall/engine"
	"switchgram/tgcall/reflector"
)

// Bounds of what Telegram may tell of a call's servers.
const (
	maxServers = 64
	maxHost    = 253 // characters, of a DNS name
	maxCustom  = 64 << 10
)

// reflectorUser is the username by which package engine knows Telegram's own relays.
const reflectorUser = "reflector"

// serversOf reads the servers of a call. What is empty or malformed is logged and left out; a call may still do without it.
func serversOf(connections []tg.PhoneConnectionClass, log *slog.Logger) []engine.Server {
	places := placesOf(connections, log)
	var list []engine.Server
	for _, c := range connections {
		servers, err := serversOfOne(c, places)
		for _, s := range servers {
			if wrong := checkServer(s); wrong != nil {
				err = wrong
			} else if len(list) < maxServers {
				list = append(list, s)
			}
		}
		if err != nil {
			log.Warn("server of the call not used", "kind", typeName(c), "err", err)
		}
	}
	return list
}

// kindsOf counts servers by kind, for the log.
func kindsOf(servers []engine.Server) string {
	var stun, turn, reflectors int
	for _, s := range servers {
		switch {
		case s.Username == reflectorUser:
			reflectors++
		case s.TURN:
			turn++
		default:
			stun++
		}
	}
	return fmt.Sprintf("stun %d, turn %d, reflector %d", stun, turn, reflectors)
}

// typeName is how Telegram's schema calls an object.
func typeName(c tg.PhoneConnectionClass) string {
	if c == nil {
		return "none"
	}
	return c.TypeName()
}

// placesOf numbers the reflectors as candidates name them.
func placesOf(connections []tg.PhoneConnectionClass, log *slog.Logger) map[int64]int {
	var ids []int64
	for _, c := range connections {
		if r, ok := c.(*tg.PhoneConnection); ok {
			ids = append(ids, r.ID)
		}
	}
	places, repeated := reflector.Number(ids)
	if repeated {
		log.Warn("two reflectors have the same id: apps for telephones may name them otherwise")
	}
	return places
}

var (
	errPeerTag     = errors.New("peer tag has not 16 bytes")
	errCredentials = errors.New("TURN server without credentials")
	errAddress     = errors.New("no address, or one that is none")
	errPort        = errors.New("no such port")
	errKind        = errors.New("unknown kind of server")
)

func serversOfOne(c tg.PhoneConnectionClass, places map[int64]int) (list []engine.Server, err error) {
	switch c := c.(type) {
	case *tg.PhoneConnection:
		if len(c.PeerTag) != reflector.TagSize {
			return nil, errPeerTag
		}
		return atHosts(engine.Server{
			ID: places[c.ID], Port: c.Port, Username: reflectorUser, Password: hex.EncodeToString(c.PeerTag), TURN: true, TCP: c.TCP,
		}, c.IP, c.Ipv6), nil
	case *tg.PhoneConnectionWebrtc:
		if c.Stun {
			list = append(list, atHosts(engine.Server{Port: c.Port}, c.IP, c.Ipv6)...)
		}
		if c.Turn && (c.Username == "" || c.Password == "") {
			return list, errCredentials
		}
		if c.Turn {
			s := engine.Server{Port: c.Port, Username: c.Username, Password: c.Password, TURN: true}
			list = append(list, atHosts(s, c.IP, c.Ipv6)...)
		}
		return list, nil
	default:
		return nil, errKind
	}
}

// checkServer names what is wrong. A reflector without a port is at the usual one.
func checkServer(s engine.Server) error {
	switch {
	case !validHost(s.Host):
		return errAddress
	case s.Port < 0 || s.Port > 65535 || s.Port == 0 && s.Username != reflectorUser:
		return errPort
	default:
		return nil
	}
}

// atHosts is one server at each of its addresses. One without any has none, which checkServer finds.
func atHosts(s engine.Server, hosts ...string) (list []engine.Server) {
	for _, h := range hosts {
		if h != "" {
			s.Host = h
			list = append(list, s)
		}
	}
	if list == nil {
		list = append(list, s)
	}
	return list
}

// validHost takes addresses and names.
func validHost(h string) bool {
	if addr, err := netip.ParseAddr(h); err == nil {
		return addr.Zone() == ""
	}
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
	return h != "" && len(h) <= maxHost && strings.Trim(h, letters) == ""
}

// customParametersOf reads the JSON object with which Telegram tunes the engines; nil if it is none.
func customParametersOf(p *tg.PhoneCall) json.RawMessage {
	data, ok := p.GetCustomParameters()
	text := bytes.TrimSpace([]byte(data.Data))
	if !ok || len(text) == 0 || len(text) > maxCustom || text[0] != '{' || !json.Valid(text) {
		return nil
	}
	return text
}
