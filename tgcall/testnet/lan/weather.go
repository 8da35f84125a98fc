package lan

import "time"

// Weather is what happens to packets in one direction between two hosts. The zero value is a cable.
type Weather struct {
	Loss    float64       // share of the packets that are lost, 0 to 1; 1 is a cut cable
	Delay   time.Duration // of every packet
	Jitter  time.Duration // at most so much more, drawn for each packet, so that packets overtake each other
	InOrder bool          // none overtakes another, whatever the jitter
}

// link is the state of one direction.
type link struct {
	weather Weather
	last    time.Time // when the last packet was due
	carried uint64
}

// link is that of a way; the caller holds l.mu.
func (l *LAN) link(from, to *Host) *link {
	w := way{from, to}
	if l.links[w] == nil {
		l.links[w] = &link{}
	}
	return l.links[w]
}

// SetWay changes the weather from one host to another, at once; packets on their way arrive as they would have.
func (l *LAN) SetWay(from, to *Host, w Weather) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.link(from, to).weather = w
}

// Set changes the weather between two hosts, in both directions.
func (l *LAN) Set(a, b *Host, w Weather) {
	l.SetWay(a, b, w)
	l.SetWay(b, a, w)
}

// SetAll changes the weather between a host and all others, in both directions. Loss of 1 takes the host off the network; its interface
// stays up, as that of a telephone does behind a dead access point.
func (l *LAN) SetAll(h *Host, w Weather) {
	for _, other := range l.hosts {
		if other != h {
			l.Set(h, other, w)
		}
	}
}

// Carried is how many packets went from one host to another, the lost ones not counted.
func (l *LAN) Carried(from, to *Host) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.link(from, to).carried
}

// draw says what becomes of a packet sent now: lost, or due then; a zero time is at once.
func (l *LAN) draw(from, to *Host, now time.Time) (due time.Time, lost bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.link(from, to)
	if k.weather.Loss > 0 && l.dice.Float64() < k.weather.Loss {
		return time.Time{}, true
	}
	k.carried++
	late := k.weather.Delay
	if k.weather.Jitter > 0 {
		late += time.Duration(l.dice.Int64N(int64(k.weather.Jitter) + 1))
	}
	if late == 0 && !k.weather.InOrder {
		return time.Time{}, false
	}
	due = now.Add(late)
	if k.weather.InOrder && due.Before(k.last) {
		due = k.last
	}
	k.last = due
	return due, false
}
