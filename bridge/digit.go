package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// The keys there are, and how many of them are remembered that the caller pressed before anybody asked.
const (
	keys     = "0123456789ABCD*#"
	maxTyped = 64
)

// What is taken if nothing else is said.
const (
	keyLength  = 100 * time.Millisecond
	firstKey   = 10 * time.Second
	betweenKey = 3 * time.Second
)

var (
	// ErrDigit: a text is not all digits 0-9 A-D * #. It does not say which text: digits may be secrets.
	ErrDigit = errors.New("bridge: want digits 0-9 A-D * #")

	// ErrNoDigits: a leg's far end takes no digits but, perhaps, as tones in its sound.
	ErrNoDigits = errors.New("bridge: the far end takes no digits")
)

// ParseDigits reads digits as a person writes them: with spaces and small letters, too. The error is ErrDigit.
func ParseDigits(text string) (digits string, err error) {
	var b strings.Builder
	for _, r := range text {
		switch r = unicode.ToUpper(r); {
		case strings.ContainsRune(keys, r):
			b.WriteRune(r)
		case !unicode.IsSpace(r):
			return "", ErrDigit
		}
	}
	if b.Len() == 0 {
		return "", ErrDigit
	}
	return b.String(), nil
}

// SendDigits sends digits to the far end of a leg that is up, one after another, and returns when the last was sent: as its protocol does,
// or as tones, played in place of the talk, where that has no digits. The zero LegID is the caller's. Several at once follow one another
// with those that the other party presses. ErrDigit, ErrVerb when the leg is not up, or what its protocol says. When ctx ends, what
// was not yet sent is not sent.
func (c *Call) SendDigits(ctx context.Context, leg LegID, digits string) error {
	digits, err := ParseDigits(digits)
	if err != nil {
		return err
	}
	if len(digits) > maxTyped {
		return fmt.Errorf("%w, at most %d", ErrDigit, maxTyped)
	}
	a := c.inquire(ctx, sendAsked{leg: us, to: leg, digits: job{ctx: ctx, digits: digits, each: keyLength}})
	return a.err
}

// CollectOptions say which digits to wait for. The zero value takes what comes until nothing more does.
type CollectOptions struct {
	Max            int           // digits, at most 64; 0: 64
	Terminators    string        // digits that end it and do not count, such as "#"
	FirstTimeout   time.Duration // for the first digit; 0: 10 s
	BetweenTimeout time.Duration // for each one after; 0: 3 s
	Flush          bool          // what was pressed before does not count
}

func (o CollectOptions) complete() (CollectOptions, error) {
	o.FirstTimeout, o.BetweenTimeout = cmp.Or(o.FirstTimeout, firstKey), cmp.Or(o.BetweenTimeout, betweenKey)
	if o.Max == 0 {
		o.Max = maxTyped
	}
	if o.Max < 0 || o.Max > maxTyped || o.FirstTimeout < 0 || o.BetweenTimeout < 0 {
		return o, fmt.Errorf("bridge: collect %d digits within %s, %s: want 1 to %d, and times to come", o.Max, o.FirstTimeout, o.BetweenTimeout, maxTyped)
	}
	if o.Terminators != "" {
		t, err := ParseDigits(o.Terminators)
		if err != nil {
			return o, fmt.Errorf("terminators: %w", err)
		}
		o.Terminators = t
	}
	return o, nil
}

// Collected is what the caller pressed. It may be a secret, a card's number perhaps: nothing of it is logged or published.
type Collected struct {
	Digits     string // empty: none came in time
	Terminator rune   // that ended it; 0: enough were pressed, or no more came in time
}

// Collect waits for digits of the caller, who must have been answered and talk with nobody. What the caller has pressed since the call came,
// or since the last conversation, counts, up to 64 digits. ErrVerb when the call does something else.
func (c *Call) Collect(ctx context.Context, o CollectOptions) (Collected, error) {
	o, err := o.complete()
	if err != nil {
		return Collected{}, err
	}
	a := c.inquire(ctx, collectAsked{o})
	return a.collected, a.err
}

type (
	// sendAsked: the controller wants digits sent to a leg.
	sendAsked struct {
		leg    int
		to     LegID // owner: what leg is
		digits job   // owner
	}
	// collectAsked: the controller wants digits of the caller.
	collectAsked struct{ options CollectOptions }

	// send has digits sent to the leg that the controller names.
	send struct{ leg int }
	// passOn passes a digit on to the leg.
	passOn struct {
		to   int
		key  rune
		each time.Duration
	}
	// hand: what was collected is handed to the controller.
	hand struct{}
)

// keyboard is what the caller has pressed while talking with nobody, and who took the call before the two talked.
type keyboard struct {
	typed   string // nobody has asked for it yet; who answers before the caller is answered gets it
	callee  string // of the winner
	got     string // of what is being collected
	options CollectOptions
	ended   rune // the terminator
}

func (in sendAsked) apply(m *machine) {
	if in.leg < 0 || m.legs[in.leg].at != legUp {
		m.do(refuse{})
		return
	}
	m.do(send{in.leg})
}

func (in collectAsked) apply(m *machine) {
	if m.phase != idle || m.verb != noVerb || m.caller().at != legUp {
		m.do(refuse{})
		return
	}
	m.verb, m.keyboard.options, m.keyboard.got, m.keyboard.ended = collectVerb, in.options, "", 0
	if in.options.Flush {
		m.keyboard.typed = ""
	}
	m.collect()
}

// collect takes what was typed, and waits for more if that is not all.
func (m *machine) collect() {
	k := &m.keyboard
	for len(k.typed) > 0 {
		key := k.typed[0]
		k.typed = k.typed[1:]
		if strings.IndexByte(k.options.Terminators, key) >= 0 {
			k.ended = rune(key)
			m.collected()
			return
		}
		if k.got += string(key); len(k.got) >= k.options.Max {
			m.collected()
			return
		}
	}
	if k.got == "" {
		m.do(arm{firstKeyTimer})
	} else {
		m.do(arm{nextKeyTimer})
	}
}

func (m *machine) collected() {
	m.verb = noVerb
	m.do(disarm{}, hand{})
}

// uncollect keeps what was collected for whoever asks next.
func (m *machine) uncollect() {
	m.keyboard.typed = m.keyboard.got + m.keyboard.typed
	m.do(disarm{})
}

// legPressed passes a key on to whom the leg talks with. What the caller presses while talking with nobody is kept for the controller, and what
// either presses before the two talk is kept for the other: their own devices know of the answer before we do.
func (m *machine) legPressed(leg int, d Digit) {
	if !m.listensTo(leg) || !strings.ContainsRune(keys, d.Key) {
		return
	}
	m.do(tell{CallDigit, leg})
	k := &m.keyboard
	switch {
	case m.phase == talking && leg == 0:
		m.do(passOn{m.winner, d.Key, d.Duration})
	case m.phase == talking && leg == m.winner:
		m.do(passOn{0, d.Key, d.Duration})
	case leg == 0 && len(k.typed) < maxTyped:
		k.typed += string(d.Key)
		if m.verb == collectVerb {
			m.collect()
		}
	case leg == m.winner && (m.phase == taking || m.phase == answering) && len(k.callee) < maxTyped:
		k.callee += string(d.Key)
	case m.legs[leg].joined:
		m.guestPressed(leg, d.Key)
	}
}

// listensTo says whether the keys of a leg count: since the call came, or since a person took it.
func (m *machine) listensTo(leg int) bool {
	at := m.legs[leg].at
	return at == legUp || at == legTaken || at == legWaiting || at == legAnswering
}

// catchUp passes on what the two pressed before they talked. What the caller left from a menu is for nobody.
func (m *machine) catchUp() {
	caller, callee := m.keyboard.typed, m.keyboard.callee
	if m.phase != answering {
		caller = ""
	}
	m.keyboard.typed, m.keyboard.callee = "", ""
	for _, key := range caller {
		m.do(passOn{m.winner, key, keyLength})
	}
	for _, key := range callee {
		m.do(passOn{0, key, keyLength})
	}
}
