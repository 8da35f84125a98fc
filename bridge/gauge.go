package bridge

import (
	"cmp"
	"time"

	"switchgram/bridge/media"
	"switchgram/bridge/quality"
	"switchgram/bridge/room"
)

// gauge is what is measured of one leg while its sound is in the room, and before.
type gauge struct {
	held, muted bool      // by the far end
	heard       time.Time // when sound came last; a hold counts as some
	in, out     listener

	jitter, reported, rtt mean

	paths  []PathUse
	room   room.Stats
	stages Stages // those that the bridge sees itself
}

// mean is the average of what is known.
type mean struct {
	sum time.Duration
	n   int
}

func (m *mean) add(d time.Duration) {
	if d > 0 {
		m.sum += d
		m.n++
	}
}

func (m mean) value() time.Duration { return m.sum / time.Duration(max(1, m.n)) }

// note keeps of an event what matters to the sound.
func (g *gauge) note(ev LegEvent, now time.Time) {
	switch ev := ev.(type) {
	case Ringing, EarlyMedia:
		g.stages.Ringing = cmp.Or(g.stages.Ringing, now)
	case Accepted:
		g.stages.Accepted = cmp.Or(g.stages.Accepted, now)
	case Answered:
		g.stages.Accepted, g.stages.Media = cmp.Or(g.stages.Accepted, now), cmp.Or(g.stages.Media, now)
	case Held:
		g.held, g.heard = ev.On, now
	case Muted:
		g.muted = ev.On
	case PathChanged:
		if n := len(g.paths); n == 0 || g.paths[n-1].Path != ev.Path {
			g.paths = append(g.paths[max(0, n+1-maxPaths):], PathUse{Path: ev.Path, Since: now})
		}
	}
}

// maxPaths bounds what is kept of a far end that changes its path all the time.
const maxPaths = 32

// read takes the stream's counts, which are read several times a second.
func (g *gauge) read(st media.Stats) {
	if st.LastReceived.After(g.heard) {
		g.heard = st.LastReceived
	}
	if st.Received > 0 {
		g.jitter.add(st.Jitter)
	}
	g.reported.add(st.ReportedJitter)
	g.rtt.add(st.RTT)
}

// look watches both directions.
func (g *gauge) look(st media.Stats, now time.Time) (in, out turn, inLasted, outLasted time.Duration) {
	in, inLasted = g.in.look(!g.held && !g.muted && !st.Resting, st.LastReceived, now)
	out, outLasted = g.out.look(!g.held, st.LastSent, now)
	return in, out, inLasted, outLasted
}

// leave ends the watch with the leg's seat.
func (g *gauge) leave(st room.Stats, now time.Time) {
	g.in.stop(now)
	g.out.stop(now)
	g.room = st
}

// quality sums up, with the stream's last counts.
func (g *gauge) quality(f media.Format, st media.Stats) Quality {
	g.read(st)
	q := Quality{RTT: Millis(g.rtt.value()), Paths: g.paths, Room: made(g.room)}
	q.In = Flow{Packets: st.Received, Lost: st.Lost, Loss: share(st.Lost, st.Received+st.Lost), Jitter: Millis(g.jitter.value()),
		Silences: g.in.count, Silent: Millis(g.in.total)}
	q.Out = Flow{Packets: st.Sent, Lost: st.ReportedLost, Loss: share(st.ReportedLost, st.Sent), Jitter: Millis(g.reported.value()),
		Silences: g.out.count, Silent: Millis(g.out.total)}
	if q.In.Packets > 0 {
		q.In.MOS = q.opinion(f, q.In)
	}
	if reported := q.RTT > 0 || q.Out.Jitter > 0 || q.Out.Lost > 0; reported && q.Out.Packets > 0 {
		q.Out.MOS = q.opinion(f, q.Out)
	}
	return q
}

func made(st room.Stats) Made {
	return Made{
		Relayed: st.Relayed, Transcoded: st.Transcoded, Played: st.Played, Silence: st.Silence,
		Concealed: st.Concealed, Dropped: st.Dropped, Delay: Millis(st.Delay),
	}
}

func share(part, whole uint64) float64 {
	if whole == 0 {
		return 0
	}
	return min(1, float64(part)/float64(whole))
}

// opinion is what people would say of one direction of the leg.
func (q Quality) opinion(f media.Format, flow Flow) float64 {
	return quality.MOS(quality.R(q.way(f)+buffered(flow.Jitter), quality.Impairment(f.Codec, flow.Loss)))
}

// way is how long sound takes over the leg, one way, to fill a packet and to travel: nobody knows the halves of the round trip.
func (q Quality) way(f media.Format) time.Duration {
	return time.Duration(q.RTT)/2 + f.PacketTime()
}

// buffered is how long a listener's jitter buffer keeps sound, as far as that can be told from here: two packets and what the jitter needs.
func buffered(jitter Millis) time.Duration {
	return 40*time.Millisecond + 2*time.Duration(jitter)
}

// heard is what the person at the far end of listener would say of the voice of talker's. Loss that nobody reports counts as none.
func heard(talker, listener *LegOutcome) float64 {
	from, to := talker.Quality, listener.Quality
	if from.In.Packets == 0 || to.Out.Packets == 0 {
		return 0
	}
	delay := from.way(talker.Format) + time.Duration(to.Room.Delay) + time.Duration(to.RTT)/2 + buffered(from.In.Jitter+to.Out.Jitter)
	return quality.MOS(quality.R(delay, impairment(talker, listener)))
}

// impairment is that of both legs: of one codec whose packets are lost in two places, or of two codecs.
func impairment(talker, listener *LegOutcome) float64 {
	from, to := talker.Quality.In.Loss, listener.Quality.Out.Loss
	if talker.Format.Codec == listener.Format.Codec {
		return quality.Impairment(talker.Format.Codec, 1-(1-from)*(1-to))
	}
	return quality.Impairment(talker.Format.Codec, from) + quality.Impairment(listener.Format.Codec, to)
}
