package room

import "time"

// Stats counts what a seat's far side was given to hear.
type Stats struct {
	Path       string        // how sound comes to it now: "relay opus", "transcode opus>PCMU", "mix", "prompt", "silence"
	Relayed    uint64        // packets sent as the source encoded them
	Transcoded uint64        // packets encoded for it
	Played     uint64        // packets of prompts sent as they were recorded
	Silence    uint64        // packets of silence sent where nothing came
	Lost       uint64        // packets' worth of sound missing from the sources; the far end of a relay hides them itself
	Concealed  uint64        // packets' worth of sound made up for them, when transcoding or mixing
	Dropped    uint64        // packets of the sources not passed on: doubled, too late, broken, or faster than real time
	Delay      time.Duration // a sound's time in the room, on average of late, of the latest source; 0 when relayed
}

const (
	pathSilence = "silence"
	pathPrompt  = "prompt"
	pathMix     = "mix"
)
