package freeswitch

import (
	"context"

	"switchgram/bridge/route"
)

// longestDetection is for settings of the module's own that say more than anybody should.
const longestDetection = "30000" // ms

var _ route.Detector = (*Channel)(nil)

// Detect implements route.Detector, by mod_amd, which listens while something else runs: silence, that it ends itself when it knows.
func (c *Channel) Detect(ctx context.Context, settings string) (route.Detected, error) {
	if err := c.setAll(ctx, map[string]string{
		"amd_result": "", "amd_cause": "", "amd_on_human": "break", "amd_on_machine": "break", "amd_on_notsure": "break", "playback_terminators": "none",
	}); err != nil {
		return route.Detected{}, err
	}
	if _, err := c.run(ctx, "amd", settings); err != nil {
		return route.Detected{}, err
	}
	e, err := c.run(ctx, "playback", "silence_stream://"+longestDetection)
	if err != nil {
		return route.Detected{}, err
	}
	return route.Detected{Result: orElse(e.Variable("amd_result"), "NOTSURE"), Cause: e.Variable("amd_cause")}, nil
}
