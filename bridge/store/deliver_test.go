package store

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/fetch"
	"switchgram/bridge/notify"
	"switchgram/bridge/stream"
)

// The victim of the test below tells a receiver, and whoever follows its stream, of what it publishes, wired as a program is.
const (
	receiverEnv = victimEnv + "_RECEIVER"
	hookKey     = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	streamToken = "a token that is long enough"
	inFlight    = 4 // notifications that are on their way at once
)

// desk is a store whose events are told to a receiver, and can be followed.
type desk struct {
	store    *Store
	notifier *notify.Notifier
	stream   *stream.Stream
}

func newDesk(o Options, receiver string) (d *desk, err error) {
	plan, err := notify.NewPlan([]notify.Subscription{{
		Name: "hook", Events: []string{"*"}, Parallel: inFlight, To: notify.HTTP{URL: receiver, Keys: []string{hookKey}},
	}})
	if err != nil {
		return nil, err
	}
	d = &desk{}
	o.KeepEvents, o.Notify = time.Hour, plan.Notifications
	o.Queued, o.Kept = func() { d.notifier.Wake() }, func() { d.stream.Wake() }
	if d.store, err = Open(context.Background(), o); err != nil {
		return nil, err
	}
	loopback := fetch.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	if d.notifier, err = notify.New(notify.Options{Plan: plan, Queue: d.store, Fetch: loopback}); err != nil {
		return nil, err
	}
	d.stream, err = stream.New(stream.Options{Archive: d.store, Tokens: []string{streamToken}})
	return d, err
}

// inFolder has everything in a folder.
func inFolder(dir string) Options {
	return Options{DSN: filepath.Join(dir, "calls.db"), Journal: filepath.Join(dir, "journal")}
}

// run runs all of it until ctx ends.
func (d *desk) run(ctx context.Context) {
	var all sync.WaitGroup
	for _, run := range []func(context.Context) error{d.store.Run, d.notifier.Run, d.stream.Run} {
		all.Go(func() { _ = run(ctx) })
	}
	all.Wait()
}

// beTold is what the victim does: it publishes a call again and again, and says so on its standard output when Publish has returned.
func beTold(dir string) error {
	d, err := newDesk(inFolder(dir), os.Getenv(receiverEnv))
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go d.run(context.Background())
	go http.Serve(l, d.stream)
	fmt.Println("listening", l.Addr())
	for i := range time.Tick(20 * time.Millisecond) {
		call := annCalls(os.Getenv(victimEnv+"_RUN") + "-" + strconv.FormatInt(i.UnixNano(), 36))
		call.at = time.Now()
		for _, ev := range call.events() {
			d.store.Publish(ev)
			fmt.Println(ev.Call, ev.Kind)
		}
	}
	return nil
}

// counted is how often each event of each call has come somewhere, by call and kind, and in which order.
type counted struct {
	mu    sync.Mutex
	times map[string]int
	calls map[string][]bridge.EventKind // each the first time
}

func newCounted() *counted {
	return &counted{times: map[string]int{}, calls: map[string][]bridge.EventKind{}}
}

func (c *counted) add(call, kind string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.times[call+" "+kind]++; c.times[call+" "+kind] == 1 {
		c.calls[call] = append(c.calls[call], bridge.EventKind(kind))
	}
}

// report adds an event that came as JSON.
func (c *counted) report(text []byte) error {
	var r bridge.Report
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	c.add(string(r.Call), string(r.Kind))
	return nil
}

func (c *counted) has() (events, repeats int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.times {
		repeats += n - 1
	}
	return len(c.times), repeats
}

// missing are those of the published events that have not come.
func (c *counted) missing(published *counted) (all []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for what := range published.times {
		if c.times[what] == 0 {
			all = append(all, what)
		}
	}
	return all
}

// unordered are calls whose events came in another order than they happened.
func (c *counted) unordered() (all []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	order := bridge.EventKinds
	for call, kinds := range c.calls {
		if !slices.IsSortedFunc(kinds, func(a, b bridge.EventKind) int { return slices.Index(order, a) - slices.Index(order, b) }) {
			all = append(all, call)
		}
	}
	return all
}

// follow reads a victim's stream from where the last one's has ended, until it ends.
func (c *counted) follow(t *testing.T, addr, from string) (last string) {
	q, err := http.NewRequest(http.MethodGet, "http://"+addr+"/?after=0", nil)
	if err != nil {
		t.Error(err)
		return from
	}
	q.Header.Set("Authorization", "Bearer "+streamToken)
	q.Header.Set("Last-Event-ID", from)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(q)
	if err != nil { // it was killed before
		return from
	}
	defer answer.Body.Close()
	last, id, data := from, "", ""
	for lines := bufio.NewReader(answer.Body); ; {
		text, err := lines.ReadString('\n')
		if err != nil {
			return last
		}
		switch name, value, _ := strings.Cut(strings.TrimSuffix(text, "\n"), ": "); name {
		case "id":
			id = value
		case "data":
			data = value
		case "":
			if data != "" {
				if err := c.report([]byte(data)); err != nil {
					t.Error(err)
				}
			}
			if id != "" {
				last = id
			}
			id, data = "", ""
		}
	}
}

// A program that publishes events is killed again and again. In the end a receiver of webhooks has all that were published, those of each call in
// order, and twice at most what was on its way; and so has who followed the stream, where nothing comes twice.
func TestNothingIsLostOnItsWayToOthersByKilling(t *testing.T) {
	published, received, followed := newCounted(), newCounted(), newCounted()
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if text, err := io.ReadAll(r.Body); err != nil || received.report(text) != nil {
			return // cut short by the killing
		}
	}))
	defer hook.Close()
	dir, from := t.TempDir(), "0"
	const kills = 10
	for run := range kills {
		var following sync.WaitGroup
		lines := victim(t, 20+8*run, victimEnv+"="+dir, receiverEnv+"="+hook.URL, victimEnv+"_RUN="+strconv.Itoa(run))
		for what, detail := range lines {
			if what == "listening" {
				following.Go(func() { from = followed.follow(t, detail, from) })
				continue
			}
			published.add(what, detail)
		}
		following.Wait()
	}

	d, err := newDesk(inFolder(dir), hook.URL)
	must(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	server := &http.Server{Handler: d.stream}
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { d.run(ctx) })
	work.Go(func() { _ = server.Serve(l) })
	work.Go(func() { from = followed.follow(t, l.Addr().String(), from) })
	eventually(t, "everything is told", func() bool {
		events, _ := followed.has()
		return len(followed.missing(published)) == 0 && events == count(t, d.store, "SELECT count(*) FROM events") &&
			count(t, d.store, "SELECT count(*) FROM notifications WHERE state = 'waiting'") == 0
	})
	cancel()
	must(t, server.Close())
	work.Wait()
	must(t, d.store.Close())

	wantAll(t, kills, published, received, followed)
}

// wantAll checks what has come to a receiver, and to who followed the stream.
func wantAll(t *testing.T, kills int, published, received, followed *counted) {
	t.Helper()
	all, _ := published.has()
	told, repeats := received.has()
	seen, twice := followed.has()
	t.Logf("%d kills: %d events published; %d at the receiver, %d of them again; %d in the stream, %d again", kills, all, told, repeats, seen, twice)
	if m := received.missing(published); len(m) > 0 {
		t.Errorf("%d events never reached the receiver: %.3q", len(m), m)
	}
	if m := followed.missing(published); len(m) > 0 {
		t.Errorf("%d events were never seen in the stream: %.3q", len(m), m)
	}
	if repeats > kills*inFlight || twice > 0 {
		t.Errorf("%d came again to the receiver, and %d in the stream; want at most the %d that were on their way, and none", repeats, twice, kills*inFlight)
	}
	if u := slices.Concat(received.unordered(), followed.unordered()); len(u) > 0 {
		t.Errorf("%d calls were told of in another order than they went: %.3q", len(u), u)
	}
}
