package account

import (
	"context"
	"errors"
	"fmt"
	"strings"

	sender "github.com/gotd/td/telegram/message"
	"github.com/gotd/td/telegram/message/html"
	"github.com/gotd/td/telegram/message/markdown"
	"github.com/gotd/td/telegram/message/styling"
	"github.com/gotd/td/tg"
)

// Tell sends a text to somebody as Resolve finds them, or to a group or channel by its @name. Format is text, html or markdown, as Telegram's bots
// write them (https://core.telegram.org/bots/api#formatting-options); empty: text.
func (s *Session) Tell(ctx context.Context, to, text, format string) error {
	if strings.TrimSpace(text) == "" {
		return errors.New("send message: text is empty")
	}
	style, err := styled(text, format)
	if err != nil {
		return err
	}
	peer, err := s.addressee(ctx, to)
	if err != nil {
		return fmt.Errorf("send message: %w", err)
	}
	if _, err := sender.NewSender(s.api).To(peer).NoWebpage().StyledText(ctx, style); err != nil {
		return fmt.Errorf("send message to %s: %w", to, err)
	}
	return nil
}

// styled reads a text as it is written. Nobody is mentioned by an id: that needs to know them.
func styled(text, format string) (styling.StyledTextOption, error) {
	switch format {
	case "", "text":
		return styling.Plain(text), nil
	case "html":
		return html.String(nil, text), nil
	case "markdown":
		return markdown.String(nil, text), nil
	default:
		return styling.StyledTextOption{}, fmt.Errorf("send message: format %q: want text, html or markdown", format)
	}
}

// addressee finds a person, or a group or channel.
func (s *Session) addressee(ctx context.Context, to string) (tg.InputPeerClass, error) {
	person, err := s.Resolve(ctx, to)
	if err == nil {
		return &tg.InputPeerUser{UserID: person.ID, AccessHash: person.AccessHash}, nil
	}
	t, wrong := parseTarget(to)
	if wrong != nil || t.kind != byUsername || !errors.Is(err, ErrUnknownPerson) {
		return nil, err
	}
	r, asked := s.api.ContactsResolveUsername(ctx, &tg.ContactsResolveUsernameRequest{Username: t.value})
	if asked != nil {
		return nil, err
	}
	peer, ok := r.Peer.(*tg.PeerChannel)
	if !ok {
		return nil, err
	}
	for _, c := range r.Chats {
		if channel, ok := c.(*tg.Channel); ok && channel.ID == peer.ChannelID {
			return channel.AsInputPeer(), nil
		}
	}
	return nil, err
}
