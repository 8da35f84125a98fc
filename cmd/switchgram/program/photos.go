package program

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"sync"
	"time"

	"switchgram/bridge"
)

const (
	photoWithin = time.Second // whoever is called waits for it
	photoFor    = time.Hour   // a picture is not asked for again
	mostPhotos  = 256         // are kept
)

// photos are the pictures of people on Telegram who call, kept for a while.
type photos struct {
	p *Program

	mu   sync.Mutex
	kept map[int64]photo
}

// photo is a picture as a page shows it; empty: there is none.
type photo struct {
	url string
	at  time.Time
}

func newPhotos(p *Program) *photos { return &photos{p: p, kept: map[int64]photo{}} }

// of is the picture of who calls by a line, as a data URL; empty: there is none, or it does not come in time.
func (h *photos) of(ctx context.Context, line string, who bridge.Party) string {
	h.mu.Lock()
	kept, ok := h.kept[who.ID]
	h.mu.Unlock()
	if ok && time.Since(kept.at) < photoFor {
		return kept.url
	}
	ctx, cancel := context.WithTimeout(ctx, photoWithin)
	defer cancel()
	url := h.fetch(ctx, line, who)
	if ctx.Err() == nil {
		h.keep(who.ID, url)
	}
	return url
}

func (h *photos) fetch(ctx context.Context, line string, who bridge.Party) string {
	t := h.p.telegram[line]
	if t == nil {
		return ""
	}
	s := t.account()
	if s == nil {
		return ""
	}
	person, err := s.Resolve(ctx, fmt.Sprintf("*%d", who.ID))
	if err != nil {
		return ""
	}
	picture, err := s.Photo(ctx, person)
	if err != nil || http.DetectContentType(picture) != "image/jpeg" {
		return ""
	}
	return "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(picture)
}

// keep keeps a picture, in place of any other if there are too many.
func (h *photos) keep(id int64, url string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for other := range h.kept {
		if len(h.kept) < mostPhotos {
			break
		}
		delete(h.kept, other)
	}
	h.kept[id] = photo{url, time.Now()}
}
