package peer_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pion/turn/v5"
	"go.uber.org/goleak"

	"switchgram/bridge/sound"
	"switchgram/cmd/switchgram/peer"
)

// beAPeer in the environment makes this binary a peer instead of a test.
const beAPeer = "SWITCHGRAM_TEST_BE_A_PEER"

func TestMain(m *testing.M) {
	if os.Getenv(beAPeer) == "" {
		goleak.VerifyTestMain(m)
		return
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	if err := peer.Run(context.Background(), os.Stdin, os.Stdout, peer.Options{Loopback: true, Log: log}); err != nil {
		log.Error("peer", "err", err)
		os.Exit(1)
	}
}

type object map[string]any

// network carries the signalling of two peers, and loses some of it.
type network struct {
	loss  float64
	mu    sync.Mutex
	draw  *mathrand.Rand
	peers [2]*process
}

func (n *network) carry(t *testing.T, to int) func([]byte) {
	return func(blob []byte) {
		n.mu.Lock()
		lost, p := n.draw.Float64() < n.loss, n.peers[to]
		n.mu.Unlock()
		if !lost && p != nil {
			p.say(t, object{"signaling": blob})
		}
	}
}

// connect starts two peers and the call between them; the first is the caller.
func connect(t *testing.T, version string, loss float64, servers []object) (n *network, records [2]string) {
	t.Helper()
	n = &network{loss: loss, draw: mathrand.New(mathrand.NewPCG(1, 2))}
	for i := range n.peers {
		p := startProcess(t, n.carry(t, 1-i))
		n.mu.Lock()
		n.peers[i] = p
		n.mu.Unlock()
	}
	key := make([]byte, 256)
	_, _ = rand.Read(key)
	for i, p := range n.peers {
		records[i] = filepath.Join(t.TempDir(), "heard.wav")
		p.say(t, object{
			"cmd": "start", "version": version, "isOutgoing": i == 0, "key": hex.EncodeToString(key),
			"rtcServers": servers, "enableP2P": servers == nil, "play": fmt.Sprintf("sine:%g", tones[i]), "record": records[i],
		})
	}
	return n, records
}

// tones are what the two play: no harmonics of one another.
var tones = [2]float64{440, 1150}

// talk waits until both hear each other, ends the call, and checks the recordings.
func talk(t *testing.T, n *network, records [2]string, pair string) {
	t.Helper()
	for i, p := range n.peers {
		p.until(t, "established", func(p *process) bool { return slices.Contains(p.states, "Established") })
		p.until(t, "heard the other", func(p *process) bool { return p.heard > 0.1 })
		p.until(t, "told of the other's microphone", func(p *process) bool { return p.remote == "active" })
		if pair != "" && n.peers[i].pair != pair {
			t.Errorf("path %s, want %s", p.pair, pair)
		}
	}
	for _, p := range n.peers {
		from := p.frames()
		p.until(t, "heard a whole second", func(p *process) bool { return p.heard > 0.19 && p.played > from+75 })
	}
	for i, p := range n.peers {
		p.say(t, object{"cmd": "stop"})
		p.until(t, "stopped", func(p *process) bool { return p.stopped })
		checkTone(t, records[i], tones[1-i])
	}
}

// checkTone measures the loudest second of a recording.
func checkTone(t *testing.T, name string, hz float64) {
	t.Helper()
	wav, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var pcm []int16
	for b := wav[min(44, len(wav)):]; len(b) >= 2; b = b[2:] {
		pcm = append(pcm, int16(binary.LittleEndian.Uint16(b)))
	}
	var best sound.Heard
	for from := 0; from+48000 <= len(pcm); from += 4800 {
		if h := sound.Measure(pcm[from:from+48000], 48000); h.Share > best.Share {
			best = h
		}
	}
	if best.Hz < hz-2 || best.Hz > hz+2 || best.Share < 0.9 {
		t.Errorf("recorded %.1f Hz (%.0f %% of the sound), want %.0f", best.Hz, 100*best.Share, hz)
	}
}

func TestTwoPeersHearEachOther(t *testing.T) {
	for _, version := range []string{"13.0.0", "9.0.0", "8.0.0", "7.0.0"} {
		t.Run(version, func(t *testing.T) {
			n, records := connect(t, version, 0, nil)
			talk(t, n, records, "host-host")
		})
	}
}

func TestTwoPeersHearEachOtherThroughTURNOnly(t *testing.T) {
	for _, version := range []string{"13.0.0", "9.0.0", "8.0.0", "7.0.0"} {
		t.Run(version, func(t *testing.T) {
			n, records := connect(t, version, 0, []object{startTURN(t)})
			talk(t, n, records, "relay-relay")
		})
	}
}

func TestTwoPeersConnectThoughThirtyPercentOfTheSignallingIsLost(t *testing.T) {
	for _, version := range []string{"13.0.0", "9.0.0", "8.0.0"} {
		t.Run(version, func(t *testing.T) {
			n, records := connect(t, version, 0.3, nil)
			talk(t, n, records, "host-host")
		})
	}
}

func TestAMutedPeerSaysSoAndIsHeardAgain(t *testing.T) {
	n, records := connect(t, "13.0.0", 0, nil)
	n.peers[1].until(t, "heard the caller", func(p *process) bool { return p.heard > 0.19 })
	n.peers[0].say(t, object{"cmd": "mute", "value": true})
	n.peers[1].until(t, "told of the mute", func(p *process) bool { return p.remote == "muted" })
	n.peers[1].until(t, "silent", func(p *process) bool { return p.heard < 0.001 })
	n.peers[0].say(t, object{"cmd": "mute", "value": false})
	talk(t, n, records, "")
}

// startTURN runs a relay and describes it as an entry of rtcServers.
func startTURN(t *testing.T) object {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	key := turn.GenerateAuthKey("u", "test", "p")
	server, err := turn.NewServer(turn.ServerConfig{
		Realm:       "test",
		AuthHandler: func(*turn.RequestAttributes) (string, []byte, bool) { return "u", key, true },
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn:            conn,
			RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return object{"id": 1, "host": "127.0.0.1", "port": conn.LocalAddr().(*net.UDPAddr).Port, "username": "u", "password": "p", "isTurn": true}
}

func TestWrongCommandsAreNamedAndCostNothing(t *testing.T) {
	key := strings.Repeat("00", 256)
	for name, test := range map[string]struct{ line, want string }{
		"no json":          {"hello", "line is no command"},
		"unknown command":  {`{"cmd":"dance"}`, `unknown cmd \"dance\"`},
		"short key":        {`{"cmd":"start","version":"13.0.0","key":"00"}`, "key must be 256 bytes of hex"},
		"unknown version":  {`{"cmd":"start","version":"2.4.4","key":"` + key + `"}`, "2.4.4"},
		"bad tone":         {`{"cmd":"start","version":"13.0.0","key":"` + key + `","play":"sine:loud"}`, "sine:loud"},
		"bad parameters":   {`{"cmd":"start","version":"13.0.0","key":"` + key + `","customParameters":[]}`, "custom parameters"},
		"mute before call": {`{"cmd":"mute","value":true}`, "no call runs"},
		"bad base64":       {`{"signaling":"?"}`, "line is no command"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			in := strings.NewReader(test.line + "\n" + `{"cmd":"stop"}` + "\n" + `{"cmd":"quit"}` + "\n")
			if err := peer.Run(t.Context(), in, &out, peer.Options{Loopback: true}); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(out.String(), test.want) || !strings.Contains(out.String(), `"stopped":{}`) {
				t.Errorf("want an error with %q, and that it went on:\n%s", test.want, out.String())
			}
		})
	}
}

func FuzzLines(f *testing.F) {
	f.Add(`{"signaling":"AAAA"}`)
	f.Add(`{"cmd":"start","version":"13.0.0","key":"00","rtcServers":[{"id":1}]}`)
	f.Add(`{"cmd":"mute"}` + "\n" + `{"cmd":"stop"}`)
	f.Fuzz(func(t *testing.T, lines string) {
		if strings.Contains(lines, "record") || strings.Contains(lines, "play") {
			return // these name files
		}
		if err := peer.Run(t.Context(), strings.NewReader(lines), io.Discard, peer.Options{Loopback: true}); err != nil {
			t.Fatal(err)
		}
	})
}

func ExampleRun() {
	in := strings.NewReader(`{"cmd":"quit"}` + "\n")
	if err := peer.Run(context.Background(), in, os.Stdout, peer.Options{}); err != nil {
		fmt.Println(err)
	}
	// It prints the versions it speaks, and leaves.
}
