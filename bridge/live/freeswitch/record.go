package freeswitch

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"switchgram/bridge/route"
	"switchgram/esl"
)

// Record implements route.Recorder. The file is on FreeSWITCH's machine, and bears the channel's name, too: other calls' recordings may have the same.
func (c *Channel) Record(ctx context.Context, r route.Recording) (string, error) {
	name := c.s.UUID()
	if r.Name != "" {
		name = r.Name + "-" + name
	}
	path, err := c.path(ctx, name, orElse(r.Type, "wav"))
	if err != nil {
		return "", err
	}
	for _, s := range r.Announcing {
		if _, err := c.play(ctx, s, route.ALeg); err != nil {
			return "", err
		}
	}
	if err := c.setAll(ctx, map[string]string{
		"RECORD_STEREO": flag(r.Stereo), "RECORD_BRIDGE_REQ": flag(r.WhenTwo), "RECORD_MIN_SEC": strconv.Itoa(int(r.Least / time.Second)),
		"recording_follow_transfer": flag(r.FollowsOn),
	}); err != nil {
		return "", err
	}
	if _, err := c.run(ctx, "record_session", esl.AppText(path)); err != nil {
		return "", err
	}
	c.recording = path
	c.mu.Lock()
	c.recorded = path
	c.mu.Unlock()
	if len(r.Email) > 0 {
		return path, errMail
	}
	return path, nil
}

var errMail = errors.New("recordings that FreeSWITCH makes are not mailed")

// flag is a variable of FreeSWITCH's; without a value it is not there.
func flag(on bool) string {
	if on {
		return "true"
	}
	return ""
}

// StopRecording implements route.Recorder.
func (c *Channel) StopRecording(ctx context.Context) error {
	if c.recording == "" {
		return nil
	}
	path := c.recording
	c.recording = ""
	_, err := c.run(ctx, "stop_record_session", esl.AppText(path))
	return err
}

// path is where a file is recorded.
func (c *Channel) path(ctx context.Context, name, kind string) (string, error) {
	folder := c.o.Recordings
	if folder == "" {
		answer, err := c.api(ctx, "global_getvar recordings_dir")
		if err != nil {
			return "", err
		}
		folder = strings.TrimSpace(answer)
	}
	file, err := join(".", name, kind)
	if err != nil {
		return "", fmt.Errorf("record: %w", err)
	}
	return folder + "/" + file, nil
}

// TakeMessage implements route.MessageTaker. Each message has a file of its own: other calls, and this one again, leave messages of the same name.
func (c *Channel) TakeMessage(ctx context.Context, m route.Message) (string, error) {
	name := fmt.Sprintf("%s-%s-%d", orElse(m.Name, "message"), c.s.UUID(), time.Now().UnixMilli())
	path, err := c.path(ctx, name, orElse(m.Type, "wav"))
	if err != nil {
		return "", err
	}
	if err := c.terminators(ctx, m.Terminators); err != nil {
		return "", err
	}
	arg := []string{esl.AppText(path), seconds(m.Longest)}
	if m.Silence > 0 {
		arg = append(arg, strconv.Itoa(max(m.Threshold, 1)), seconds(m.Silence))
	}
	e, err := c.run(ctx, "record", strings.Join(arg, " "))
	if err != nil || e.Variable("record_ms") == "0" {
		return "", err
	}
	return path, nil
}
