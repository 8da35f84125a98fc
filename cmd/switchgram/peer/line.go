package peer

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"switchgram/tgcall/engine"
)

// command is a line to the peer: a command, or a blob of the other side's.
type command struct {
	Cmd       string  `json:"cmd"`
	Signaling *[]byte `json:"signaling"`

	// Of "start".
	Version          string          `json:"version"`
	Outgoing         bool            `json:"isOutgoing"`
	Key              string          `json:"key"`
	Servers          []server        `json:"rtcServers"`
	P2P              bool            `json:"enableP2P"`
	CustomParameters json.RawMessage `json:"customParameters"`
	Muted            bool            `json:"muted"`
	Play             string          `json:"play"`
	Record           string          `json:"record"`
	AudioEvery       float64         `json:"audioEvery"` // seconds between audio lines, 0.02 to 3; 0: one

	Value bool `json:"value"` // of "mute"
}

// server is an entry of rtcServers.
type server struct {
	ID       int    `json:"id"`
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Username string `json:"username"`
	Password string `json:"password"`
	TURN     bool   `json:"isTurn"`
	TCP      bool   `json:"isTcp"`
}

// engineConfig is what the engine needs of a start command.
func (c *command) engineConfig() (engine.Config, error) {
	key, err := hex.DecodeString(c.Key)
	if err != nil || len(key) != 256 {
		return engine.Config{}, fmt.Errorf("key must be 256 bytes of hex")
	}
	var servers []engine.Server
	for _, s := range c.Servers {
		servers = append(servers, engine.Server(s))
	}
	return engine.Config{
		Version:          c.Version,
		Key:              key,
		Outgoing:         c.Outgoing,
		P2P:              c.P2P,
		Servers:          servers,
		CustomParameters: c.CustomParameters,
		Muted:            c.Muted,
	}, nil
}

// audioEvery is the time between two audio lines.
func (c *command) audioEvery() (time.Duration, error) {
	switch s := c.AudioEvery; {
	case s == 0:
		return time.Second, nil
	case s >= 0.02 && s <= 3:
		return time.Duration(s * float64(time.Second)), nil
	default:
		return 0, fmt.Errorf("audioEvery %v: want 0.02 to 3 seconds", s)
	}
}

// The lines from the peer. Each is sent with a "t" added.
type (
	versionsLine struct {
		Versions []string `json:"versions"`
	}
	startedLine struct {
		Started  string `json:"started"`
		Outgoing bool   `json:"isOutgoing"`
	}
	signalingLine struct {
		Signaling []byte `json:"signaling"`
	}
	stateLine struct {
		State string `json:"state"`
	}
	pairLine struct {
		Pair pair `json:"pair"`
	}
	pair struct {
		Local  string `json:"local"`
		Remote string `json:"remote"`
	}
	remoteMediaLine struct {
		RemoteMediaState remoteMedia `json:"remoteMediaState"`
	}
	remoteMedia struct {
		Audio string `json:"audio"` // active, muted
		Video int    `json:"video"` // 0 off, 1 paused, 2 on
	}
	audioLine struct {
		Audio audio `json:"audio"`
	}
	audio struct {
		PlayedFrames   uint64  `json:"playedFrames"`   // packets of the other side's sound
		CapturedFrames uint64  `json:"capturedFrames"` // packets of ours
		HeardRMS       float64 `json:"heardRms"`       // since the last such line, 0 to 1
	}
	stoppedLine struct {
		Stopped struct{} `json:"stopped"`
	}
	errorLine struct {
		Error string `json:"error"`
	}
)
