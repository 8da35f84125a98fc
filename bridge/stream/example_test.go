package stream_test

import (
	"context"
	"log"
	"net/http"
	"os"

	"switchgram/bridge/store"
	"switchgram/bridge/stream"
)

// A program that keeps events in a store lets others follow them, with curl or in a browser.
func Example() {
	ctx := context.Background()
	var events *stream.Stream
	s, err := store.Open(ctx, store.Options{DSN: "calls.db", Journal: "journal", KeepEvents: 7 * 24 * 3600e9, Kept: func() { events.Wake() }})
	if err != nil {
		log.Fatal(err)
	}
	if events, err = stream.New(stream.Options{Archive: s, Tokens: []string{os.Getenv("EVENTS_TOKEN")}}); err != nil {
		log.Fatal(err)
	}
	go s.Run(ctx)      // a sink of the bridge
	go events.Run(ctx) // for all readers
	http.Handle("GET /events", events)
	log.Fatal(http.ListenAndServe("127.0.0.1:8095", nil))
}
