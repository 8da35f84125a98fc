package testnet

import (
	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// photo is the picture of an account, as others see it: of which it is known that there is one, and where. Its id is the account's.
func (u *User) photo() (*tg.UserProfilePhoto, bool) {
	if len(u.o.Photo) == 0 {
		return nil, false
	}
	return &tg.UserProfilePhoto{PhotoID: u.o.ID, DCID: u.o.DC}, true
}

// getFile gives pieces of pictures of accounts; there are no other files.
func (r *request) getFile(q *tg.UploadGetFileRequest) (bin.Encoder, error) {
	at, ok := q.Location.(*tg.InputPeerPhotoFileLocation)
	if !ok {
		return nil, tgerr.New(400, "LOCATION_INVALID")
	}
	u, err := r.inputPeer(at.Peer)
	switch {
	case err != nil:
		return nil, err
	case at.PhotoID != u.o.ID || len(u.o.Photo) == 0:
		return nil, tgerr.New(400, "FILE_ID_INVALID")
	case q.Offset < 0 || q.Limit <= 0 || q.Limit > 1<<20 || q.Limit%4096 != 0:
		return nil, tgerr.New(400, "LIMIT_INVALID")
	}
	from := min(q.Offset, int64(len(u.o.Photo)))
	to := min(from+int64(q.Limit), int64(len(u.o.Photo)))
	return &tg.UploadFile{Type: &tg.StorageFileJpeg{}, Bytes: u.o.Photo[from:to]}, nil
}
