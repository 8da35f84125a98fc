package speech

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"

	"switchgram/bridge/route"
	"switchgram/bridge/route/extract"
)

// Recogniser makes texts of files. It implements route.Recogniser.
type Recogniser struct{ services services }

var _ route.Recogniser = (*Recogniser)(nil)

// NewRecogniser makes a Recogniser. A file is understood by the first service if its script names none.
func NewRecogniser(all []Service, client HTTP) (*Recogniser, error) {
	s, err := newServices(all, client)
	if err != nil {
		return nil, err
	}
	return &Recogniser{s}, nil
}

// mostSaid is how much is taken of what somebody has said, in bytes.
const mostSaid = 4096

// Recognise implements route.Recogniser.
func (r *Recogniser) Recognise(ctx context.Context, h route.Hearing) (text string, err error) {
	defer func() { _ = os.Remove(h.File) }() // what FreeSWITCH has recorded may be for FreeSWITCH to remove
	one, err := r.services.find(h.Provider)
	if err != nil {
		return "", err
	}
	h.Language = cmp.Or(h.Language, one.Language)
	if err := checkWords(h.Language); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	words := map[string]string{"language": h.Language, "file": h.File, "key": h.Key, "voice": one.Voice}
	var said []byte
	if len(one.Command) > 0 {
		said, err = command(ctx, one.Command, words, "")
	} else {
		said, err = r.ask(ctx, one, words)
	}
	if err != nil {
		return "", err
	}
	text = strings.TrimSpace(strings.ToValidUTF8(string(said), ""))
	return strings.ToValidUTF8(text[:min(len(text), mostSaid)], ""), nil
}

// ask sends the file to a service, and finds the text in its answer.
func (r *Recogniser) ask(ctx context.Context, one Service, words map[string]string) ([]byte, error) {
	file, err := os.ReadFile(words["file"])
	if err != nil {
		return nil, fmt.Errorf("speech: %w", err)
	}
	if one.Header["Content-Type"] == "" {
		header := map[string]string{"Content-Type": "audio/wav"}
		for name, value := range one.Header {
			header[name] = value
		}
		one.Header = header
	}
	answer, err := r.services.ask(ctx, one, words, file)
	if err != nil || one.Answer == "" {
		return answer, err
	}
	doc, err := extract.OpenJSON(answer)
	if err != nil {
		return nil, fmt.Errorf("speech: service %q: %w", one.Name, err)
	}
	text, _ := doc.Find(one.Answer)
	return []byte(text), nil
}
