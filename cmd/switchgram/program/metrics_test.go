package program_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/cmd/switchgram/program"
	"switchgram/tgcall"
)

// scrape asks as Prometheus does, and returns the samples by name and labels.
func (h *house) scrape() map[string]float64 {
	h.t.Helper()
	client := http.Client{Timeout: 20 * time.Second}
	defer client.CloseIdleConnections()
	res, err := client.Get("http://" + h.program.MetricsAddr().String() + "/metrics")
	h.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	h.must(err)
	if res.StatusCode != http.StatusOK {
		h.t.Fatalf("%s: %s", res.Status, body)
	}
	samples := map[string]float64{}
	for line := range strings.Lines(string(body)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name != "#" {
			if i := strings.LastIndexByte(line, '}'); i >= 0 { // label values may have spaces
				name, value = line[:i+1], strings.TrimSpace(line[i+1:])
			}
			samples[name], err = strconv.ParseFloat(value, 64)
			h.must(err)
		}
	}
	return samples
}

// scraped are samples a test wants: at least and at most.
type scraped map[string][2]float64

func (h *house) wantScraped(want scraped) {
	h.t.Helper()
	got := h.scrape()
	for name, limits := range want {
		if v, ok := got[name]; !ok || v < limits[0] || v > limits[1] {
			h.t.Errorf("%s is %v (there: %v), want %v to %v", name, v, ok, limits[0], limits[1])
		}
	}
}

func TestPrometheusSeesACallAndHowGoodItWas(t *testing.T) {
	h := build(t, plan{settings: `metrics: "127.0.0.1:0"`})
	desk := h.telephone("1000", 0)
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	until[tgcall.Connected](h, call)
	talk(h.telegramEnd(call, 700), h.sipEnd(next(h, desk.taken), 1100))

	h.wantScraped(scraped{
		`switchgram_calls{from="tg",to="sip"}`:            {1, 1},
		`switchgram_line_up{line="main",side="telegram"}`: {1, 1},
		`switchgram_line_up{line="main",side="sip"}`:      {1, 1},
		`go_goroutines`:    {1, 1e6},
		`process_open_fds`: {1, 1e6},
	})
	h.must(call.Discard(h.ctx, tgcall.Hangup))
	h.wantOutcome(bridge.NormalClearing, "relay opus")

	const many = 1e6
	want := scraped{
		`switchgram_calls{from="tg",to="sip"}`:                                                  {0, 0},
		`switchgram_calls_ended_total{cause="NORMAL_CLEARING",fault="none",from="tg",to="sip"}`: {1, 1},
		`switchgram_call_talk_seconds_count{from="tg",to="sip"}`:                                {1, 1},
		`switchgram_candidate_pairs_total{pair="host-host"}`:                                    {1, many},
		`switchgram_packets_made_total{how="relayed",leg="sip"}`:                                {10, many},
		`switchgram_packets_made_total{how="relayed",leg="tg"}`:                                 {10, many},
	}
	for _, stage := range []string{"accepted", "confirmed", "signalling", "ice", "dtls", "media", "first_sent", "first_received"} {
		want[`switchgram_leg_setup_seconds_count{leg="tg",stage="`+stage+`"}`] = [2]float64{1, 1}
	}
	want[`switchgram_leg_setup_seconds_count{leg="sip",stage="first_received"}`] = [2]float64{1, 1}
	for _, leg := range []string{"tg", "sip"} {
		want[`switchgram_leg_mos_count{direction="in",leg="`+leg+`"}`] = [2]float64{1, 1}
		want[`switchgram_leg_hears_mos_sum{leg="`+leg+`"}`] = [2]float64{3, 4.5}
		want[`switchgram_packets_total{direction="in",leg="`+leg+`"}`] = [2]float64{10, many}
		want[`switchgram_packets_total{direction="out",leg="`+leg+`"}`] = [2]float64{10, many}
	}
	h.wantScraped(want)
}

func TestPrometheusSeesASilentEndWhileTheCallRuns(t *testing.T) {
	h := build(t, plan{settings: `metrics: "127.0.0.1:0"`})
	desk := h.telephone("1000", 0)
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	until[tgcall.Connected](h, call)
	ann, phone := h.telegramEnd(call, 700), h.sipEnd(next(h, desk.taken), 1100)
	talk(ann, phone)

	phone.hush()
	next(h, h.silent)

	h.log.await(h.ctx, "callee cannot be heard")
	h.wantScraped(scraped{`switchgram_silences_total{direction="in",leg="sip"}`: {1, 1}})
	h.must(call.Discard(h.ctx, tgcall.Hangup))
	out := h.outcome()
	if q := out.Legs[1].Quality; q.In.Silences != 1 || time.Duration(q.In.Silent) < 2*time.Second || q.Out.Silences != 0 {
		t.Errorf("the telephone's leg: %+v", q)
	}
	if q := out.Legs[0].Quality; q.In.Silences+q.Out.Silences != 0 {
		t.Errorf("the Telegram user was heard, and got silence in packets: %+v", q)
	}
}

func TestNothingIsServedUnlessAsked(t *testing.T) {
	h := build(t, plan{})
	if at := h.program.MetricsAddr(); at.IsValid() {
		t.Errorf("served at %s", at)
	}
}

func TestTakenMetricsAddressIsToldAtTheStart(t *testing.T) {
	first, err := program.New(folder(t, "telegram:", "metrics: 127.0.0.1:0\ntelegram:"), program.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	_, err = program.New(folder(t, "telegram:", "metrics: "+first.MetricsAddr().String()+"\ntelegram:"), program.Options{})
	if err == nil || !strings.Contains(err.Error(), "metrics: listen tcp") {
		t.Errorf("got %v", err)
	}
}

// TestEveryMetricIsExplained: the page and the program know the same names.
func TestEveryMetricIsExplained(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	source := ""
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source += string(b)
	}
	names := func(text, pattern string) map[string]bool {
		found := map[string]bool{}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			found[m[1]] = true
		}
		return found
	}
	known := names(source, `(?:m\.(?:gauges|counters|histograms)\(|count\(|Name: |namespace ?\+ ?)"_?(\w+)"`)
	explained := names(string(page), "(?m)^\\| `switchgram_(\\w+)")
	for name := range known {
		if !explained[name] {
			t.Errorf("docs/metrics.md does not explain switchgram_%s", name)
		}
	}
	for name := range explained {
		if !known[name] {
			t.Errorf("docs/metrics.md explains switchgram_%s, which is not there", name)
		}
	}
}
