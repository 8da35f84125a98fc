package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/gotd/td/tg"
)

// ErrNoPhoto: somebody has no picture, or shows us none.
var ErrNoPhoto = errors.New("no photo")

// mostPhoto is more than any small picture of Telegram's has, in bytes: a multiple of what Telegram takes for a limit.
const mostPhoto = 256 << 10

// Photo is the small picture of a person, 160 pixels wide: a JPEG (https://core.telegram.org/api/files). The error is ErrNoPhoto where there is none.
func (s *Session) Photo(ctx context.Context, who Person) ([]byte, error) {
	users, err := s.api.UsersGetUsers(ctx, []tg.InputUserClass{who.Input()})
	if err != nil {
		return nil, fmt.Errorf("photo of *%d: %w", who.ID, err)
	}
	for _, u := range users {
		user, ok := u.(*tg.User)
		if !ok {
			continue
		}
		if photo, ok := user.Photo.(*tg.UserProfilePhoto); ok {
			return s.photo(ctx, who, photo.PhotoID)
		}
	}
	return nil, fmt.Errorf("photo of *%d: %w", who.ID, ErrNoPhoto)
}

func (s *Session) photo(ctx context.Context, who Person, id int64) ([]byte, error) {
	answer, err := s.api.UploadGetFile(ctx, &tg.UploadGetFileRequest{
		Location: &tg.InputPeerPhotoFileLocation{Peer: &tg.InputPeerUser{UserID: who.ID, AccessHash: who.AccessHash}, PhotoID: id}, Limit: mostPhoto,
	})
	if err != nil {
		return nil, fmt.Errorf("photo of *%d: %w", who.ID, err)
	}
	file, ok := answer.(*tg.UploadFile) // Telegram redirects nobody to a CDN for so little
	if !ok || len(file.Bytes) == 0 {
		return nil, fmt.Errorf("photo of *%d: %w", who.ID, ErrNoPhoto)
	}
	return file.Bytes, nil
}
