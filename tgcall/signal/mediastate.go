package signal

import "slices"

// MediaState says what the sender's microphone, camera and battery do. The apps send it over the media's data channel; some
// clients over the signalling.
type MediaState struct {
	Muted           bool
	LowBattery      bool
	VideoState      VideoState
	VideoRotation   int // degrees: 0, 90, 180, 270
	ScreencastState VideoState
}

// VideoState says whether a camera or a screen is shown. The zero value is written as VideoInactive.
type VideoState string

// The states of a camera or a screencast.
const (
	VideoInactive  VideoState = "inactive"
	VideoSuspended VideoState = "suspended"
	VideoActive    VideoState = "active"
)

var (
	videoStates    = []VideoState{VideoInactive, VideoSuspended, VideoActive}
	videoRotations = []int{0, 90, 180, 270}
)

// mediaStateWire has all five fields: Telegram's engine reads videoState when it sees videoRotation, so that one without the
// other would be misread.
type mediaStateWire struct {
	Type            string     `json:"@type"`
	LowBattery      bool       `json:"lowBattery"`
	Muted           bool       `json:"muted"`
	ScreencastState VideoState `json:"screencastState"`
	VideoRotation   int        `json:"videoRotation"`
	VideoState      VideoState `json:"videoState"`
}

func (MediaState) name() string { return "MediaState" }

func (m MediaState) wire() any {
	return mediaStateWire{
		Type: m.name(), Muted: m.Muted, LowBattery: m.LowBattery, VideoRotation: m.VideoRotation,
		VideoState: m.VideoState.orInactive(), ScreencastState: m.ScreencastState.orInactive(),
	}
}

func (v VideoState) orInactive() VideoState {
	if v == "" {
		return VideoInactive
	}
	return v
}

func parseMediaState(o *object) Message {
	m := MediaState{
		Muted:           o.boolOr("muted", false),
		LowBattery:      o.boolOr("lowBattery", false),
		VideoState:      parseVideoState(o, "videoState"),
		VideoRotation:   o.numberOr("videoRotation", 0),
		ScreencastState: parseVideoState(o, "screencastState"),
	}
	if !slices.Contains(videoRotations, m.VideoRotation) {
		o.fail("videoRotation", "want 0, 90, 180 or 270")
	}
	return m
}

func parseVideoState(o *object, field string) VideoState {
	v := VideoState(o.textOr(field, string(VideoInactive)))
	if !slices.Contains(videoStates, v) {
		o.fail(field, "want inactive, suspended or active")
	}
	return v
}
