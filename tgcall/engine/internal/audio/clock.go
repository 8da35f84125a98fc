package audio

import "time"

// instant is the time since the start of the stream.
type instant time.Duration

// clock tells the time since the start, and as NTP's wall clock that does not jump when the machine's clock is set: reports of
// one call must agree with each other, not with the sun.
type clock struct{ start time.Time }

func newClock(start time.Time) clock { return clock{start} }

func (c clock) now() instant { return instant(time.Since(c.start)) }

// time is on the machine's clock.
func (c clock) time(i instant) time.Time { return c.start.Add(time.Duration(i)) }

// ntp is the 64-bit timestamp of RFC 3550 §4: seconds since 1900 and their fraction.
func (c clock) ntp(i instant) uint64 {
	const from1900to1970 = 2208988800
	t := c.start.Add(time.Duration(i))
	return (uint64(t.Unix())+from1900to1970)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// compactNTP is the middle 32 bits: seconds in units of 1/65536.
func compactNTP(ntp uint64) uint32 { return uint32(ntp >> 16) }

func compactDuration(d time.Duration) uint32 { return uint32(d * 65536 / time.Second) }

func fromCompact(v uint32) time.Duration { return time.Duration(v) * time.Second / 65536 }

// samples is d in units of the RTP clock.
func samples(d time.Duration) int64 { return int64(d) * ClockRate / int64(time.Second) }

func fromSamples(n float64) time.Duration { return time.Duration(n * float64(time.Second) / ClockRate) }
