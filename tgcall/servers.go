package tgcall

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"

	"github.com/gotd/td/tg"

	"switchgram/tgcall/engine"
)

// Bounds of what Telegram may tell of a call's servers.
const (
	maxServers = 64
	maxHost    = 253 // characters, of a DNS name
	maxCustom  = 64 << 10
	peerTagLen = 16
)

// reflectorUser is the username by which package engine knows Telegram's own relays.
const reflectorUser = "reflector"

// serversOf reads the servers of a call. What is empty or malformed is left out; a call may still do without it.
func serversOf(connections []tg.PhoneConnectionClass) []engine.Server {
	order := reflectorOrder(connections)
	var list []engine.Server
	for _, c := range connections {
		for _, s := range serversOfOne(c, order) {
			if validHost(s.Host) && s.Port > 0 && s.Port < 1<<16 && len(list) < maxServers {
				list = append(list, s)
			}
		}
	}
	return list
}

// reflectorOrder is the sorted ids of the reflectors: each is known by its place, counted from 1.
func reflectorOrder(connections []tg.PhoneConnectionClass) (ids []int64) {
	for _, c := range connections {
		if r, ok := c.(*tg.PhoneConnection); ok {
			ids = append(ids, r.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func serversOfOne(c tg.PhoneConnectionClass, order []int64) (list []engine.Server) {
	switch c := c.(type) {
	case *tg.PhoneConnection:
		if len(c.PeerTag) != peerTagLen {
			return nil
		}
		place, _ := slices.BinarySearch(order, c.ID)
		s := engine.Server{
			ID: place + 1, Port: c.Port, Username: reflectorUser, Password: hex.EncodeToString(c.PeerTag), TURN: true, TCP: c.TCP,
		}
		return atHosts(s, c.IP, c.Ipv6)
	case *tg.PhoneConnectionWebrtc:
		if c.Stun {
			list = append(list, atHosts(engine.Server{Port: c.Port}, c.IP, c.Ipv6)...)
		}
		if c.Turn && c.Username != "" && c.Password != "" {
			s := engine.Server{Port: c.Port, Username: c.Username, Password: c.Password, TURN: true}
			list = append(list, atHosts(s, c.IP, c.Ipv6)...)
		}
	}
	return list
}

func atHosts(s engine.Server, hosts ...string) (list []engine.Server) {
	for _, h := range hosts {
		if h != "" {
			s.Host = h
			list = append(list, s)
		}
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
