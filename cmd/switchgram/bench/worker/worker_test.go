package worker

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/encoding/protowire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func serve(t *testing.T, in string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := Serve(t.Context(), strings.NewReader(in), &out, slog.New(slog.DiscardHandler))
	return out.String(), err
}

func TestWhatIsWrongWithTheSetupIsSaid(t *testing.T) {
	out, err := serve(t, `{"Config": "lines: []"}`)
	if err == nil || !strings.Contains(out, "want at least one") {
		t.Errorf("answer %q, error %v", out, err)
	}
}

func TestASetupThatIsNoneEndsTheProcess(t *testing.T) {
	if _, err := serve(t, "hello"); err == nil {
		t.Error("no error")
	}
}

func TestRequestsAreAnswered(t *testing.T) {
	var b bridgeUnderTest
	a, err := b.do(request{Do: "sample"})
	if err != nil || a.Sample.RSS < 1<<20 || a.Sample.CPU <= 0 {
		t.Errorf("sample %+v, %v", a, err)
	}
	if _, err := b.do(request{Do: "settle"}); err != nil {
		t.Error(err)
	}
	if _, err := b.do(request{Do: "dance"}); err == nil {
		t.Error("no error for a request that is none")
	}
}

// spin keeps the processor busy until the profiler has seen it.
//
//go:noinline
func spin(d time.Duration) (n int) {
	for began := time.Now(); time.Since(began) < d; n++ {
	}
	return n
}

func TestAProfileNamesWhatCostsMost(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cpu")
	var p profile
	for range 20 { // a busy machine may not let us run
		if err := p.start(); err != nil {
			t.Fatal(err)
		}
		spin(200 * time.Millisecond)
		all, err := p.stop(file)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == 0 {
			continue
		}
		found := slices.ContainsFunc(all, func(c Cost) bool {
			return strings.HasPrefix(c.Function, "worker.spin") || strings.HasPrefix(c.Function, "time.")
		})
		if kept, err := os.ReadFile(file); found && err == nil && len(kept) > 0 {
			return
		}
	}
	t.Error("what keeps the processor busy is not in the profile")
}

// varint appends a number to a message.
func varint(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

func message(b []byte, field protowire.Number, m []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), m)
}

// profileOf has two stacks: 30 ns in net/ip.Read, called from main.main, and 10 ns in main.main.
func profileOf() (b []byte) {
	packed := func(all ...uint64) (m []byte) {
		for _, v := range all {
			m = protowire.AppendVarint(m, v)
		}
		return m
	}
	b = message(b, profileSample, message(message(nil, sampleLocation, packed(1, 2)), sampleValue, packed(3, 30)))
	b = message(b, profileSample, varint(varint(varint(nil, sampleLocation, 2), sampleValue, 1), sampleValue, 10))
	for id := range uint64(2) {
		line := varint(nil, lineFunction, 7+id)
		b = message(b, profileLocation, message(message(varint(nil, locationID, 1+id), locationLine, line), locationLine, varint(nil, lineFunction, 99)))
		b = message(b, profileFunction, varint(varint(nil, functionID, 7+id), functionName, 1+id))
	}
	for _, s := range []string{"", "net/ip.Read", "main.main"} {
		b = message(b, profileString, []byte(s))
	}
	return b
}

func TestCostsAreThoseOfTheInnermostFunction(t *testing.T) {
	all, err := costs(profileOf())
	if want := []Cost{{"ip.Read", 0.75}, {"main.main", 0.25}}; err != nil || !slices.Equal(all, want) {
		t.Errorf("%v %v, want %v", all, err, want)
	}
}

func TestWhatIsSpentOutsideCountsForWhoCalledIt(t *testing.T) {
	tab := table{functions: map[uint64]uint64{}, names: map[uint64]uint64{}, strings: []string{
		"", "internal/runtime/syscall/linux.Syscall6", "syscall.sendto", "internal/poll.(*FD).WriteTo", "net.(*UDPConn).WriteTo",
		"runtime.cgocall", "gopkg.in/x/opus._Cfunc_encode", "gopkg.in/x/opus.(*Encoder).Encode.func1", "gopkg.in/x/opus.(*Encoder).Encode", "runtime.netpoll",
	}}
	for i := range uint64(len(tab.strings)) {
		tab.functions[i], tab.names[i] = i, i
	}
	for _, c := range []struct {
		stack []uint64
		want  string
	}{{[]uint64{1, 2, 3, 4}, "system in net.(*UDPConn).WriteTo"}, {[]uint64{5, 6, 7, 8}, "C in opus.(*Encoder).Encode"}, {[]uint64{1, 9}, "system"}, {[]uint64{4, 8}, "net.(*UDPConn).WriteTo"}} {
		if got := tab.blame(c.stack); got != c.want {
			t.Errorf("%v: %s, want %s", c.stack, got, c.want)
		}
	}
}

func TestABrokenProfileIsAnError(t *testing.T) {
	if _, err := costs([]byte("\xff\xff")); err == nil {
		t.Error("no error")
	}
}

func FuzzCosts(f *testing.F) {
	f.Add(profileOf())
	f.Add([]byte{})
	f.Add(message(nil, profileSample, []byte{0x08, 0xff}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		all, err := costs(raw)
		if err != nil {
			return
		}
		if !slices.IsSortedFunc(all, func(a, b Cost) int { return cmp.Compare(b.Share, a.Share) }) {
			t.Errorf("%v", all)
		}
	})
}

const udpTable = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  217: 0100007F:A1B2 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 5
  218: 0100007F:A1B3 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 7
  219: 0100007F:A1B4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4713 2 0000000000000000 x
`

func TestOnlyOurSocketsDrop(t *testing.T) {
	if n := drops(udpTable, map[string]bool{"4711": true, "4713": true}); n != 5 {
		t.Errorf("%d dropped, want 5", n)
	}
}

func FuzzDrops(f *testing.F) {
	f.Add(udpTable)
	f.Add("")
	f.Fuzz(func(t *testing.T, table string) {
		if n := drops(table, map[string]bool{}); n != 0 {
			t.Errorf("no socket dropped %d", n)
		}
	})
}

func TestWhoSharesAProcessorWaitsForIt(t *testing.T) {
	all, err := Cores()
	if err != nil {
		t.Fatal(err)
	}
	var pids []string
	for range 2 {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", "while :; do :; done")
		if err := startOn(cmd, all[:1]); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = cmd.Wait() }()
		defer func() { _ = cmd.Process.Kill() }()
		pids = append(pids, strconv.Itoa(cmd.Process.Pid))
	}
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for Waited(pids[0]) == 0 || Waited(pids[1]) == 0 {
		<-look.C
	}
	if d := Waited("none"); d != 0 {
		t.Errorf("nobody has waited for %v", d)
	}
}

func TestAProcessRunsOnTheProcessorsItIsGiven(t *testing.T) {
	all, err := Cores()
	if err != nil || len(all) == 0 || len(all) < min(2, runtime.NumCPU()) {
		t.Fatalf("processors %v: %v", all, err)
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "grep", "Cpus_allowed_list", "/proc/self/status")
	cmd.Stdout = &out
	if err := startOn(cmd, all[:1]); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(out.String()); len(got) != 2 || strings.ContainsAny(got[1], ",-") {
		t.Errorf("%q, want one processor", out.String())
	}
	if now, err := Cores(); err != nil || !slices.Equal(now, all) {
		t.Errorf("we are left with %v of %v: %v", now, all, err)
	}
}

func TestAProcessThatIsNoBridgeIsAnError(t *testing.T) {
	for _, command := range [][]string{{"/nonexistent"}, {"true"}, {"echo", "hello"}, {"echo", `{"Err": "no way"}`}} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		if _, err := Start(ctx, command, nil, io.Discard, Setup{}); err == nil {
			t.Errorf("%v is taken for one", command)
		}
		cancel()
	}
}

func TestWhatIsNoProfileIsAnError(t *testing.T) {
	p := profile{}
	p.data.WriteString("nothing of the kind")
	if _, err := p.stop(""); err == nil {
		t.Error("no error")
	}
}
