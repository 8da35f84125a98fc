package sound

import "time"

// remember is how much sound a Listener keeps for measuring.
const remember = 3 * time.Second

// pauseFrom is how long nothing comes before that is silence: longer than the longest packet and a good deal of jitter.
const pauseFrom = 300 * time.Millisecond

// A memory is the last sound heard, with the times it came.
type memory struct {
	rate   int
	pcm    []int16
	chunks []chunk
}

// A chunk is the sound that came with one packet.
type chunk struct {
	n  int // samples
	at time.Time
}

func newMemory(rate int) memory { return memory{rate: rate} }

// add takes the sound of one packet.
func (m *memory) add(pcm []int16, at time.Time) {
	m.pcm = append(m.pcm, pcm...)
	m.chunks = append(m.chunks, chunk{len(pcm), at})
	for len(m.pcm)-m.chunks[0].n >= m.samples(remember) && len(m.chunks) > 1 {
		m.pcm, m.chunks = m.pcm[m.chunks[0].n:], m.chunks[1:]
	}
}

func (m *memory) samples(d time.Duration) int { return int(d * time.Duration(m.rate) / time.Second) }

// last is a copy of the last d.
func (m *memory) last(d time.Duration) []int16 {
	n := min(m.samples(min(d, remember)), len(m.pcm))
	return append([]int16(nil), m.pcm[len(m.pcm)-n:]...)
}

// until is a copy of the d up to now: when nothing has come for longer than a packet can take, there was silence.
func (m *memory) until(now time.Time, d time.Duration) []int16 {
	pcm := m.last(d)
	if len(m.chunks) == 0 {
		return pcm
	}
	if gap := now.Sub(m.chunks[len(m.chunks)-1].at); gap > pauseFrom {
		pcm = append(pcm, make([]int16, m.samples(min(gap, d)))...)
	}
	return pcm[max(0, len(pcm)-m.samples(min(d, remember))):]
}

// since is what came at t and after.
func (m *memory) since(t time.Time) []int16 {
	n := 0
	for i := len(m.chunks) - 1; i >= 0 && !m.chunks[i].at.Before(t); i-- {
		n += m.chunks[i].n
	}
	return m.pcm[len(m.pcm)-n:]
}

// arrived is when the sample came that is n from the end: it counts from when its packet came, as if that had been sent while it was
// spoken.
func (m *memory) arrived(n int) time.Time {
	for i := len(m.chunks) - 1; i >= 0; i-- {
		if c := m.chunks[i]; n <= c.n {
			return c.at.Add(time.Duration(c.n-n) * time.Second / time.Duration(m.rate))
		}
		n -= m.chunks[i].n
	}
	return time.Time{}
}
