package worker

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
)

// profile is a CPU profile that is being taken.
type profile struct{ data bytes.Buffer }

func (p *profile) start() error {
	p.data.Reset()
	return pprof.StartCPUProfile(&p.data)
}

// stop ends the profile, keeps it in a file if that has a name, and says what cost most.
func (p *profile) stop(file string) ([]Cost, error) {
	pprof.StopCPUProfile()
	if file != "" {
		if err := os.WriteFile(file, p.data.Bytes(), 0o644); err != nil {
			return nil, fmt.Errorf("profile: %w", err)
		}
	}
	z, err := gzip.NewReader(&p.data)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	return costs(raw)
}
