package live_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/fetch"
	"switchgram/bridge/live"
	"switchgram/bridge/notify"
	"switchgram/bridge/notify/notifytest"
	"switchgram/bridge/route/folder"
	"switchgram/bridge/store"
)

// victimFolder is the environment variable by which this test program is told to be the one that is killed.
const victimFolder = "SWITCHGRAM_VICTIM"

var sealKey = make([]byte, 32)

// killed is what a test knows of a process that is to be killed: its folder has the routes, the journals and the database.
type killed struct {
	t   *testing.T
	dir string
	cmd *exec.Cmd
}

// victim has one call whose script waits for ever, until it is told to let the caller hang up, or killed.
func victim(dir string) {
	f, err := folder.Open(filepath.Join(dir, "routes"), folder.Options{})
	check(err)
	s, err := store.Open(context.Background(), store.Options{DSN: filepath.Join(dir, "calls.db"), Journal: filepath.Join(dir, "events")})
	check(err)
	o := options(f, newClient())
	o.Journal, o.Log = filepath.Join(dir, "scripts"), slog.New(slog.DiscardHandler)
	o.Scripts.Requests, err = live.NewRequests(sealKey, s.Enqueue)
	check(err)
	r, err := live.New(o)
	check(err)
	go func() { check(r.Run(context.Background())) }()
	b, err := bridge.New(bridge.Options{Default: r, Sink: r})
	check(err)
	ann := newCaller()
	go func() {
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		ann.leaves()
	}()
	b.Handle(context.Background(), ann, bridge.Address{Scheme: "sip", User: "1000"})
	select {}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func begin(t *testing.T, server, script string) (k *killed, hangUp func()) {
	t.Helper()
	k = &killed{t: t, dir: t.TempDir()}
	must(t, os.MkdirAll(filepath.Join(k.dir, "routes"), 0o700))
	must(t, os.WriteFile(filepath.Join(k.dir, "routes", "r.json"), []byte(replaced(script, server)), 0o600))
	k.cmd = exec.Command(os.Args[0])
	k.cmd.Env = append(os.Environ(), victimFolder+"="+k.dir)
	k.cmd.Stderr = os.Stderr
	in, err := k.cmd.StdinPipe()
	must(t, err)
	must(t, k.cmd.Start())
	return k, func() { _, err := in.Write([]byte("\n")); must(t, err) }
}

// keeps waits until the journal of scripts knows what the call's second step has set.
func (k *killed) keeps() {
	k.t.Helper()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for range look.C {
		if all, err := os.ReadFile(filepath.Join(k.dir, "scripts", "journal")); err == nil && strings.Contains(string(all), `"lead":{`) {
			return
		}
	}
}

// kill is kill -9.
func (k *killed) kill() {
	k.t.Helper()
	must(k.t, k.cmd.Process.Kill())
	_ = k.cmd.Wait() // says that it was killed
}

// again starts what the process was, without a call, and returns how to end it.
func (k *killed) again() (stop func()) {
	k.t.Helper()
	f, err := folder.Open(filepath.Join(k.dir, "routes"), folder.Options{})
	must(k.t, err)
	client := newClient()
	s, err := store.Open(context.Background(), store.Options{DSN: filepath.Join(k.dir, "calls.db"), Journal: filepath.Join(k.dir, "events")})
	must(k.t, err)
	o := options(f, client)
	o.Journal = filepath.Join(k.dir, "scripts")
	requests, err := live.NewRequests(sealKey, s.Enqueue)
	must(k.t, err)
	o.Scripts.Requests = requests
	plan, err := notify.NewPlan([]notify.Subscription{requests.Subscription()})
	must(k.t, err)
	n, err := notify.New(notify.Options{Plan: plan, Queue: s, Fetch: fetch.Options{Allow: loopback()}})
	must(k.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { must(k.t, s.Run(ctx)) })
	all.Go(func() { must(k.t, n.Run(ctx)) })
	_, stopRouter := run(k.t, o)
	stop = sync.OnceFunc(func() {
		stopRouter()
		cancel()
		all.Wait()
		client.Close()
		must(k.t, s.Close())
	})
	k.t.Cleanup(stop)
	return stop
}

const dying = `{"name": "r", "context": "public", "destination_number": ["1"],
	"callflow": [{"answer": ""}, {"setVar": "lead=${caller_id_name}"}, {"httpRequest": {"url": "TOWN/async", "data": {"n": "${caller_id_number}"}}, "async": true},
		{"httpRequest": {"url": "TOWN/begun", "method": "GET"}}, {"sleep": 600000}],
	"onDisconnect": [{"httpRequest": {"url": "TOWN/first", "data": {"lead": "${lead}", "by": "${hangup_by}"}}},
		{"httpRequest": {"url": "TOWN/hold", "timeout": 30000}}, {"httpRequest": {"url": "TOWN/third"}}]}`

// TestProcessKilledInTheMiddleOfAScript kills -9 and counts what "Slack" got.
func TestProcessKilledInTheMiddleOfAScript(t *testing.T) {
	w := newTown(t)
	k, _ := begin(t, w.URL(), dying)
	w.hears(t, "/begun")
	k.keeps() // the disk knows of a step of a running call a little later
	k.kill()

	stop := k.again()

	counts := w.count(t, 4)
	stop()
	k.again()() // nothing is left for the start after that
	t.Logf("Slack got %v", counts)
	for _, path := range []string{"/async", "/first", "/hold", "/third"} {
		if len(counts[path]) != 1 {
			t.Errorf("%s was asked %d times", path, len(counts[path]))
		}
	}
	if first := counts["/first"]; len(first) > 0 && string(first[0].Body) != `{"by":"system","lead":"Ann ${x} \"O'Neil"}` {
		t.Errorf("afterwards: %s", first[0].Body)
	}
	if w.Unread() > 0 {
		t.Errorf("and then %+v", w.next(t))
	}
}

// TestProcessKilledInTheFirstStep: onDisconnect is due from the beginning.
func TestProcessKilledInTheFirstStep(t *testing.T) {
	w := newTown(t)
	w.Hold("/hold")
	k, _ := begin(t, w.URL(), `{"name": "r", "context": "public", "destination_number": ["1"], "callflow": [{"httpRequest": {"url": "TOWN/hold", "timeout": 30000}}],
		"onDisconnect": [{"httpRequest": {"url": "TOWN/first", "data": {"missed": "${missed}", "who": "${caller_id_number}"}}}]}`)
	w.hears(t, "/hold")
	k.kill()

	k.again()

	if first := w.hears(t, "/first"); string(first.Body) != `{"missed":"true","who":"+4930123456"}` {
		t.Errorf("afterwards: %s", first.Body)
	}
}

// killedOnTheWay is a process that was killed after its call, and the request that it had not heard the answer to, which is given from release on.
func killedOnTheWay(t *testing.T, w *town) (k *killed, onItsWay notifytest.Request, release func()) {
	t.Helper()
	release = w.Hold("/hold")
	k, hangUp := begin(t, w.URL(), dying)
	w.hears(t, "/begun")
	hangUp()
	w.hears(t, "/first")
	onItsWay = w.hears(t, "/hold")
	k.kill()
	return k, onItsWay, release
}

// TestProcessKilledAfterTheCall: the step that was on its way is repeated, with the same key, and no other.
func TestProcessKilledAfterTheCall(t *testing.T) {
	w := newTown(t)
	k, onItsWay, release := killedOnTheWay(t, w)

	release()
	k.again()

	counts := w.count(t, 3)
	t.Logf("Slack got %v", counts)
	if len(counts["/first"]) != 0 || len(counts["/hold"]) != 1 || len(counts["/third"]) != 1 || len(counts["/async"]) != 1 {
		t.Errorf("after the crash: %v", counts)
	}
	if again := counts["/hold"]; len(again) > 0 && (key(again[0]) != key(onItsWay) || key(onItsWay) == "") {
		t.Errorf("repeated with key %q, was %q", key(again[0]), key(onItsWay))
	}
}

// TestScriptIsEditedAfterTheProcessWasKilled: what was due is done, step by step, and nothing that nobody was told of then.
func TestScriptIsEditedAfterTheProcessWasKilled(t *testing.T) {
	w := newTown(t)
	k, _, release := killedOnTheWay(t, w)
	edited := strings.Replace(dying, `"onDisconnect": [`, `"onDisconnect": [{"httpRequest": {"url": "TOWN/new"}}, {"log": "new"}, `, 1)
	must(t, os.WriteFile(filepath.Join(k.dir, "routes", "r.json"), []byte(replaced(edited, w.URL())), 0o600))

	release()
	stop := k.again()

	counts := w.count(t, 3)
	stop()
	if len(counts["/hold"]) != 1 || len(counts["/third"]) != 1 || len(counts["/async"]) != 1 || w.Unread() > 0 {
		t.Errorf("after the crash: %v, and %d more", counts, w.Unread())
	}
}

// count takes so many requests.
func (w *town) count(t *testing.T, n int) map[string][]notifytest.Request {
	t.Helper()
	all := map[string][]notifytest.Request{}
	for range n {
		r := w.next(t)
		all[r.Path] = append(all[r.Path], r)
	}
	return all
}
