package bridge

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// Quality is how well the sound of one leg went, over the whole call. Zero where nothing is known.
type Quality struct {
	In    Flow      `json:"in"`                  // what came from the far end
	Out   Flow      `json:"out"`                 // what went to it; loss and jitter as it reports, unknown if it does not
	RTT   Millis    `json:"rtt_ms,omitempty"`    // round trip to the far end, on average
	Hears float64   `json:"hears_mos,omitempty"` // what the person there would say of the other's voice, with both legs in the way; 1 to 4.5
	Paths []PathUse `json:"paths,omitempty"`     // how packets travelled, in order of time
	Room  Made      `json:"made"`                // what the room made of the other's sound for this far end
}

// Flow is one direction of a leg's sound.
type Flow struct {
	Packets  uint64  `json:"packets"`
	Lost     uint64  `json:"lost"`
	Loss     float64 `json:"loss"`                // share of the packets that were lost, 0 to 1
	Jitter   Millis  `json:"jitter_ms"`           // RFC 3550 §6.4.1, on average
	MOS      float64 `json:"mos,omitempty"`       // what people would say of this leg alone (package quality); 1 to 4.5
	Silences int     `json:"silences,omitempty"`  // how often it fell silent though it should not have
	Silent   Millis  `json:"silent_ms,omitempty"` // for how long altogether
}

// PathUse is a pair of candidates that carried the packets from a moment on.
type PathUse struct {
	Path  string    `json:"path"` // as Description.Path: "host-host"
	Since time.Time `json:"since"`
}

// Made counts the packets that the room sent to a far end, by what they were.
type Made struct {
	Relayed    uint64 `json:"relayed"` // as the other side encoded them
	Transcoded uint64 `json:"transcoded,omitempty"`
	Played     uint64 `json:"played,omitempty"`    // of prompts, as they were recorded
	Silence    uint64 `json:"silence,omitempty"`   // where nothing came
	Concealed  uint64 `json:"concealed,omitempty"` // made up for lost ones
	Dropped    uint64 `json:"dropped,omitempty"`   // of the other side's: doubled, too late, broken
	Delay      Millis `json:"delay_ms,omitempty"`  // in the jitter buffer, on average of late; 0 when relayed
}

// Millis is a duration that JSON shows as milliseconds, with a fraction.
type Millis time.Duration

// MarshalJSON writes milliseconds to the microsecond: 41.25.
func (m Millis) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(time.Duration(m).Microseconds())/1000, 'f', -1, 64), nil
}

// UnmarshalJSON reads milliseconds.
func (m *Millis) UnmarshalJSON(b []byte) error {
	ms, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return fmt.Errorf("milliseconds %.32q: want a number", b)
	}
	*m = Millis(ms * float64(time.Millisecond))
	return nil
}

// String is rounded for people: "41ms", "300µs".
func (m Millis) String() string {
	d, fine := time.Duration(m), time.Millisecond
	if d < 10*time.Millisecond {
		fine = 100 * time.Microsecond
	}
	return d.Round(fine).String()
}

// LogValue is short: pairs are in and out, what is unknown is left out.
func (q Quality) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("packets", fmt.Sprintf("%d/%d", q.In.Packets, q.Out.Packets))}
	say := func(known bool, key, value string) {
		if known {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	say(q.Hears > 0, "hears", fmt.Sprintf("%.2f", q.Hears))
	say(q.In.MOS > 0 || q.Out.MOS > 0, "mos", q.In.mos()+"/"+q.Out.mos())
	say(q.In.MOS > 0 || q.Out.MOS > 0, "lost", q.In.loss()+"/"+q.Out.loss())
	say(q.In.MOS > 0 || q.Out.MOS > 0, "jitter", q.In.jitter()+"/"+q.Out.jitter())
	say(q.RTT > 0, "rtt", q.RTT.String())
	say(q.In.Silences+q.Out.Silences > 0, "silent", q.In.Silent.String()+"/"+q.Out.Silent.String())
	say(len(q.Paths) > 0, "path", q.path())
	return slog.GroupValue(attrs...)
}

// path is every path in order: "host-host>relay-host".
func (q Quality) path() string {
	var all []string
	for _, p := range q.Paths {
		all = append(all, p.Path)
	}
	return strings.Join(all, ">")
}

// known says that somebody has measured the flow.
func (f Flow) known(s string) string {
	if f.MOS == 0 {
		return "-"
	}
	return s
}

func (f Flow) mos() string    { return f.known(fmt.Sprintf("%.2f", f.MOS)) }
func (f Flow) loss() string   { return f.known(fmt.Sprintf("%.1f%%", 100*f.Loss)) }
func (f Flow) jitter() string { return f.known(f.Jitter.String()) }
