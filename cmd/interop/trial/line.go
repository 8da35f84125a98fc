package trial

import (
	"encoding/json"
	"errors"
)

// line is any line from a peer.
type line struct {
	Versions  []string   `json:"versions"`
	Without   []Ability  `json:"without"`
	Signaling []byte     `json:"signaling"`
	State     string     `json:"state"`
	Remote    *mediaLine `json:"remoteMediaState"`
	Audio     *audioLine `json:"audio"`
	Stopped   *struct{}  `json:"stopped"`
	Error     string     `json:"error"`
}

type mediaLine struct {
	Audio string `json:"audio"`
}

type audioLine struct {
	HeardRMS float64 `json:"heardRms"`
}

// parse reads a line. Lines from a foreign program are text from outside; one without a known key is an empty line.
func parse(text []byte) (l line, err error) {
	if err = json.Unmarshal(text, &l); err != nil {
		return line{}, errors.New("said what is no line of docs/peer.md")
	}
	return l, nil
}
