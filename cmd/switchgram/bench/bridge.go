package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"switchgram/bridge"
	"switchgram/cmd/switchgram/bench/worker"
	"switchgram/tgcall/testnet"
)

// startBridge starts the bridge in a process of its own.
func (s *stand) startBridge(ctx context.Context, o standOptions) (err error) {
	if s.rtpPort, err = freePair(); err != nil {
		return err
	}
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(password), 0o600); err != nil {
		return err
	}
	sessions, err := s.sessions(ctx)
	if err != nil {
		return err
	}
	settings := s.config(secret)
	if s.mode.browser {
		if err := s.pages(settings); err != nil {
			return err
		}
	}
	config, err := json.Marshal(settings) // which is YAML, too
	if err != nil {
		return err
	}
	setup := worker.Setup{
		Config: string(config), AppID: s.net.AppID(), AppHash: s.net.AppHash(), DCs: s.net.DCList(), PublicKey: s.net.PublicKey(),
		Sessions: sessions,
	}
	if s.mode.guest {
		setup.Guest = bridge.Address{Scheme: "sip", User: extension}
	}
	s.process, err = worker.Start(ctx, o.command, o.cores, o.errors, setup)
	if err != nil {
		return err
	}
	s.onClose(func() { _ = s.process.Close() })
	s.sample = s.process.Sample
	if err := s.process.Settle(); err != nil {
		return err
	}
	s.bare, err = s.sample()
	return err
}

// sessions are logged-in sessions of the lines' accounts.
func (s *stand) sessions(ctx context.Context) (map[string][]byte, error) {
	all := map[string][]byte{}
	for i := range s.lines {
		u := s.net.AddUser(testnet.UserOptions{Phone: fmt.Sprint(999661001001 + i), Username: lineName(i)})
		session, err := u.Session(ctx).LoadSession(ctx)
		if err != nil {
			return nil, err
		}
		all[lineName(i)] = session
	}
	return all, nil
}

// lineName is the name of a line, its account and its SIP user.
func lineName(i int) string { return fmt.Sprintf("line_%d", i) }

// config is what a configuration file would say.
func (s *stand) config(secret string) map[string]any {
	type object = map[string]any
	to := "sip:" + extension
	if s.mode.friend {
		to = "tg:@bob"
	}
	var lines []object
	for i := range s.lines {
		if s.mode.browser {
			to = "verto:" + deskName(i)
		}
		lines = append(lines, object{
			"name": lineName(i), "to": to, "max_calls": most,
			"sip": object{"registrar": s.exchange.Addr().String(), "user": lineName(i), "password_file": secret},
		})
	}
	c := object{
		"telegram": object{"api_id": s.net.AppID(), "api_hash_file": secret},
		"sip":      object{"listen": []string{"udp:127.0.0.1:0"}, "rtp_ports": strconv.Itoa(s.rtpPort)},
		"drain":    "0s",
		"lines":    lines,
	}
	if s.mode.record {
		c["recording"] = object{"directory": filepath.Join(s.dir, "recordings"), "all": true, "announce": "none"}
	}
	return c
}

// freePair is an even port for RTP that is free, as is the next, for RTCP. It is below those that the system gives to whoever asks for any, as
// everybody who calls does.
func freePair() (int, error) {
	var taken error
	for range 100 {
		port := 20000 + 2*rand.IntN(6000)
		if taken = errors.Join(tryPort(port), tryPort(port+1)); taken == nil {
			return port, nil
		}
	}
	return 0, taken
}

func tryPort(port int) error {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return err
	}
	return conn.Close()
}
