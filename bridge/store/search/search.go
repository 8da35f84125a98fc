// Package search finds remembered calls by a condition that a script has written down: docs/routing.md, the step cdr.
package search

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"switchgram/bridge/route"
	"switchgram/bridge/store"
)

// Records are the calls of a store, as scripts search them. They may be searched concurrently.
type Records struct{ Store *store.Store }

var _ route.Records = Records{}

const (
	mostHits   = 100
	mostLooked = 5000 // calls that one search looks at
)

// hit is a call that was found, as scripts see it.
type hit struct {
	Call       string    `json:"call"`
	Start      time.Time `json:"start"`
	Line       string    `json:"line"`
	Caller     string    `json:"caller"`
	CallerName string    `json:"caller_name"`
	Called     string    `json:"called"`
	Bridged    bool      `json:"bridged"`
	BridgedTo  string    `json:"bridged_to"`
	Missed     bool      `json:"missed"`
	Cause      string    `json:"cause"`
	Duration   int       `json:"duration"` // seconds that they talked
	Route      string    `json:"route"`
}

func hitOf(r store.Record) hit {
	h := hit{
		Call: string(r.ID), Start: r.Times.Started, Line: r.Line, Caller: r.Caller.Number, CallerName: r.Caller.Name, Called: user(r.To),
		Bridged: !r.Times.Answered.IsZero(), BridgedTo: user(r.AnsweredBy), Missed: r.Missed, Cause: r.Cause, Duration: int(r.Times.Talk),
	}
	if h.Caller == "" {
		h.Caller = user(r.From)
	}
	if r.Script != nil && len(r.Script.Routes) > 0 {
		h.Route = r.Script.Routes[len(r.Script.Routes)-1]
	}
	return h
}

// user is an address without its scheme, as people dial it.
func user(address string) string {
	_, user, ok := strings.Cut(address, ":")
	if !ok {
		return address
	}
	return user
}

// Search implements route.Records. What is wrong with the filter or the order is ErrFilter.
func (r Records) Search(ctx context.Context, s route.Search) ([]byte, error) {
	leaves := 0
	fits, err := condition(s.Filter, deepestTree, &leaves)
	if err != nil {
		return nil, err
	}
	q := store.Query{}
	if s.Sort == "start" {
		q.Order = store.Oldest
	} else if s.Sort != "" && s.Sort != "-start" {
		return nil, fmt.Errorf("%w: sort %q: want start or -start", ErrFilter, s.Sort)
	}
	hits, looked := []hit{}, 0
	for rec, err := range r.Store.Each(ctx, q) {
		if err != nil {
			return nil, err
		}
		if h := hitOf(rec); fits(h) {
			hits = append(hits, h)
		}
		if looked++; len(hits) >= min(max(s.Limit, 1), mostHits) || looked >= mostLooked {
			break
		}
	}
	return json.Marshal(map[string]any{"hits": hits})
}
