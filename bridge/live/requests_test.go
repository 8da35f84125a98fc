package live_test

import (
	"net/http"
	"strings"
	"testing"

	"switchgram/bridge/fetch"
	"switchgram/bridge/live"
	"switchgram/bridge/notify"
)

func TestRequestsAreSealedWhereTheyWait(t *testing.T) {
	var queued []notify.Notification
	put := func(n notify.Notification) error { queued = append(queued, n); return nil }
	q, err := live.NewRequests(sealKey, put)
	must(t, err)
	r := fetch.Request{Method: "POST", URL: "https://hooks.example/secret", Header: http.Header{"Authorization": {"Bearer secret"}}, Body: []byte("text")}
	must(t, q.Enqueue(t.Context(), "5f-1 r callflow[2]", r))
	must(t, q.Enqueue(t.Context(), "5f-1 r callflow[2]", r)) // as after a crash

	if len(queued) != 2 || queued[0].ID != queued[1].ID || strings.Contains(string(queued[0].Event), "secret") || !strings.Contains(string(queued[0].Event), `"call":"5f-1"`) {
		t.Fatalf("queued %s", queued[0].Event)
	}
	if _, err := notify.NewPlan([]notify.Subscription{q.Subscription()}); err != nil {
		t.Error(err)
	}
	other, err := live.NewRequests(make([]byte, 16), put)
	must(t, err)
	for _, sealed := range [][]byte{nil, []byte("short"), make([]byte, 100)} {
		if _, err := other.Open(sealed); err == nil {
			t.Errorf("%q was opened", sealed)
		}
	}
	if _, err := live.NewRequests([]byte("short"), put); err == nil {
		t.Error("a short key was taken")
	}
}
