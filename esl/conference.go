package esl

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
)

// Member is somebody in a conference.
type Member struct {
	ID         int    `json:"id"`
	UUID       string `json:"uuid"`
	CallerName string `json:"caller_id_name"`
	Caller     string `json:"caller_id_number"`
	Flags      struct {
		CanHear   bool `json:"can_hear"`
		CanSpeak  bool `json:"can_speak"`
		Talking   bool `json:"talking"`
		Hold      bool `json:"hold"`
		Floor     bool `json:"has_floor"`
		Moderator bool `json:"is_moderator"`
	} `json:"flags"`
}

// Conference runs a command on a conference, such as "mute", "all"; and returns what it printed. Arguments are quoted as Argument does.
func (c Commands) Conference(ctx context.Context, name, command string, args ...string) (string, error) {
	line, err := words("conference", name, command)
	if err != nil {
		return "", fmt.Errorf("conference: %w", err)
	}
	for _, a := range args {
		line += " " + Argument(a)
	}
	return c.API(ctx, line)
}

// Members lists who is in a conference.
func (c Commands) Members(ctx context.Context, conference string) ([]Member, error) {
	answer, err := c.Conference(ctx, conference, "json_list")
	if err != nil {
		return nil, err
	}
	var list []struct{ Members []Member }
	if err := json.Unmarshal([]byte(answer), &list); err != nil {
		return nil, fmt.Errorf("conference %s: %w", conference, err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list[0].Members, nil
}

// Mute stops a member of a conference from being heard, or lets it be heard again.
func (c Commands) Mute(ctx context.Context, conference string, member int, on bool) error {
	command := "unmute"
	if on {
		command = "mute"
	}
	_, err := c.Conference(ctx, conference, command, strconv.Itoa(member))
	return err
}

// Kick puts a member out of a conference.
func (c Commands) Kick(ctx context.Context, conference string, member int) error {
	_, err := c.Conference(ctx, conference, "kick", strconv.Itoa(member))
	return err
}
