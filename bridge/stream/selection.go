package stream

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"switchgram/bridge"
)

// selection is what a reader asks for.
type selection struct {
	after int64              // place; less than 0: what happens from now on
	kinds []bridge.EventKind // empty: all
	lines []string           // empty: all, and what is of no line
}

// errRequest: a reader asks for what cannot be.
var errRequest = errors.New("request")

// Most that a reader can ask for.
const (
	mostQuery = 8 << 10 // bytes
	mostLines = 100
)

// The parameters that there are. Others are mistakes: a reader that misspells "kind" is to be told, and not to get everything.
const (
	afterParameter = "after"
	kindParameter  = "kind"
	lineParameter  = "line"
	tokenParameter = "access_token" // RFC 6750 §2.3
	lastEventID    = "Last-Event-ID"
)

// parseSelection reads the query of a URL, and the header that a browser adds when it connects again: it counts, and not "after", which is from
// the beginning.
func parseSelection(query string, h http.Header) (s selection, err error) {
	if len(query) > mostQuery {
		return s, fmt.Errorf("%w: the query is longer than %d bytes", errRequest, mostQuery)
	}
	q, err := url.ParseQuery(query)
	if err != nil {
		return s, fmt.Errorf("%w: the query cannot be read", errRequest)
	}
	for name := range q {
		if !slices.Contains([]string{afterParameter, kindParameter, lineParameter, tokenParameter}, name) {
			return s, fmt.Errorf("%w: parameter %q: want after, kind or line", errRequest, name)
		}
	}
	at := q.Get(afterParameter)
	if id := h.Get(lastEventID); id != "" {
		at = id
	}
	if s.after, err = parsePlace(at); err != nil {
		return s, err
	}
	if s.kinds, err = parseKinds(q[kindParameter]); err != nil {
		return s, err
	}
	s.lines = listed(q[lineParameter])
	if len(s.lines) > mostLines {
		return s, fmt.Errorf("%w: more than %d lines", errRequest, mostLines)
	}
	return s, nil
}

// parsePlace reads an id; empty: from now on.
func parsePlace(text string) (int64, error) {
	if text == "" {
		return -1, nil
	}
	id, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, fmt.Errorf("%w: %q is not the id of an event", errRequest, text)
	}
	return int64(id), nil
}

func parseKinds(asked []string) (all []bridge.EventKind, err error) {
	for _, pattern := range listed(asked) {
		kinds := bridge.KindsLike(pattern)
		if len(kinds) == 0 {
			return nil, fmt.Errorf("%w: kind %q: there is none like that; there are %v", errRequest, pattern, bridge.EventKinds)
		}
		all = append(all, kinds...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// listed are the values of a parameter: it may be there several times, and have several parted by commas.
func listed(asked []string) (all []string) {
	for _, text := range asked {
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				all = append(all, part)
			}
		}
	}
	return all
}

// wants tells whether a frame is for the reader.
func (s *selection) wants(f *frame) bool {
	return len(f.text) > 0 && (len(s.kinds) == 0 || slices.Contains(s.kinds, f.kind)) && (len(s.lines) == 0 || slices.Contains(s.lines, f.line))
}
