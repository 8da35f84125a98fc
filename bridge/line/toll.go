package line

import (
	"cmp"
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/time/rate"

	"switchgram/bridge"
)

// TollConfig says which telephone numbers may be dialled by what is no person at a telephone, such as a script. The zero value allows extensions alone.
type TollConfig struct {
	Country   string   `yaml:"country"`    // whose ordinary numbers may be dialled, ISO 3166-1: DE; empty: of none
	Allow     Patterns `yaml:"allow"`      // asked first, with numbers as they are written and in their international form: "+44*"; "!+4915*" refuses
	PerMinute int      `yaml:"per_minute"` // calls to numbers that are no extensions; 0: DefaultPerMinute
}

// DefaultPerMinute is how many calls a minute may go to numbers if nothing is said.
const DefaultPerMinute = 10

const (
	digits     = "0123456789"
	extension  = 4 // how many digits a number has at most that is inside of the house
	mostInName = 6 // how many a name has at most
)

// TollError is why a number is not dialled.
type TollError struct {
	Number string
	Why    string
}

// Error names the number.
func (e *TollError) Error() string { return fmt.Sprintf("%s may not be dialled: %s", e.Number, e.Why) }

// Toll is a TollConfig at work. Make one with NewToll; its methods may be called at once.
type Toll struct {
	TollConfig
	mu     sync.Mutex
	limits map[string]*rate.Limiter // by domain
}

// NewToll makes a Toll.
func NewToll(c TollConfig) (*Toll, error) {
	if !checkCountry(c.Country) {
		return nil, fmt.Errorf("country %q: want a code such as DE", c.Country)
	}
	if c.PerMinute < 0 {
		return nil, fmt.Errorf("per_minute %d: want a number of calls", c.PerMinute)
	}
	if c.PerMinute == 0 {
		c.PerMinute = DefaultPerMinute
	}
	return &Toll{TollConfig: c, limits: map[string]*rate.Limiter{}}, nil
}

// MayDial tells whether somebody of a domain may dial a number now; the error is a *TollError. What Judge refuses may not be dialled, and what leads to a
// telephone network counts against the domain's calls a minute.
func (t *Toll) MayDial(domain, number string) error {
	switch d := t.Judge(number); {
	case !d.Allowed:
		return &TollError{number, d.Reason}
	case d.inside || t.limit(domain).Allow():
		return nil
	default:
		return &TollError{number, fmt.Sprintf("%d numbers were dialled in a minute", t.PerMinute)}
	}
}

// Tolled is what a Toll says of a number.
type Tolled struct {
	Decision
	Number string // as telephone networks know it, with "+" and the country; empty: it is none
	inside bool   // it leads to no telephone network
}

// Judge tells whether a number may be dialled, and by which rule, however many were. An extension always may be, and so may a name, which begins with
// a letter and is no number behind it: they lead to no telephone network.
func (t *Toll) Judge(number string) Tolled {
	dialled := strings.Map(dialledOnly, number)
	switch {
	case isExtension(dialled):
		return Tolled{Decision: yes("it is an extension: of %d digits at most", extension), inside: true}
	case isName(dialled):
		return Tolled{Decision: yes("it is a name"), inside: true}
	}
	if rest, ok := strings.CutPrefix(dialled, "00"); ok {
		dialled = "+" + rest
	}
	n, err := phonenumbers.Parse(dialled, cmp.Or(t.Country, phonenumbers.UNKNOWN_REGION))
	if err != nil {
		return Tolled{Decision: t.rule(dialled, "", nil)}
	}
	whole := phonenumbers.Format(n, phonenumbers.E164)
	return Tolled{Decision: t.rule(dialled, whole, n), Number: whole}
}

func isExtension(dialled string) bool {
	return len(dialled) <= extension && strings.Trim(dialled, digits) == ""
}

func isName(dialled string) bool {
	first, _ := utf8.DecodeRuneInString(dialled)
	return unicode.IsLetter(first) && len(strings.Map(onlyDigits, dialled)) <= mostInName
}

func onlyDigits(r rune) rune {
	if strings.ContainsRune(digits, r) {
		return r
	}
	return -1
}

// dialledOnly leaves out what people write between digits.
func dialledOnly(r rune) rune {
	if strings.ContainsRune(" ()-./", r) {
		return -1
	}
	return r
}

// rule is what decides about a number; n is nil if it is none that could be.
func (t *Toll) rule(dialled, whole string, n *phonenumbers.PhoneNumber) Decision {
	for _, p := range t.Allow {
		switch {
		case !p.Match(bridge.Address{Scheme: "sip", User: dialled}) && !p.Match(bridge.Address{Scheme: "sip", User: whole}):
		case p.Deny():
			return barred("the configuration forbids " + p.String())
		default:
			return yes("the configuration allows %s", p)
		}
	}
	switch {
	case t.Country == "":
		return barred("the configuration names neither it nor a country")
	case n == nil || !phonenumbers.IsValidNumber(n):
		return barred("it is no number that is known")
	case !t.home(n):
		return barred("it is abroad")
	case !ordinary[phonenumbers.GetNumberType(n)]:
		return barred("it is not an ordinary number, which may be dear")
	}
	return yes("it is an ordinary number of %s", t.Country)
}

func barred(why string) Decision { return no(bridge.OutgoingCallBarred, "%s", why) }

// home tells whether a number is of the country, and not of another that has the same code.
func (t *Toll) home(n *phonenumbers.PhoneNumber) bool {
	return phonenumbers.GetRegionCodeForNumber(n) == strings.ToUpper(t.Country)
}

// ordinary are the kinds of numbers that cost what calls usually cost, or nothing.
var ordinary = map[phonenumbers.PhoneNumberType]bool{
	phonenumbers.FIXED_LINE: true, phonenumbers.MOBILE: true, phonenumbers.FIXED_LINE_OR_MOBILE: true, phonenumbers.TOLL_FREE: true,
	phonenumbers.VOIP: true, phonenumbers.UAN: true,
}

// mostDomains is how many domains have a count of their own; there are as many as the configuration has.
const mostDomains = 1000

func (t *Toll) limit(domain string) *rate.Limiter {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.limits[domain]
	if l == nil {
		if len(t.limits) >= mostDomains {
			clear(t.limits)
		}
		l = rate.NewLimiter(rate.Limit(float64(t.PerMinute)/60), t.PerMinute)
		t.limits[domain] = l
	}
	return l
}
