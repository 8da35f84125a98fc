package signal

import (
	"fmt"
	"strconv"
	"strings"
)

// ID is an SSRC or the number of an offer. It is written as a decimal string; numbers are read too.
type ID uint32

// String is the decimal form.
func (i ID) String() string { return strconv.FormatUint(uint64(i), 10) }

// MarshalJSON writes the decimal string.
func (i ID) MarshalJSON() ([]byte, error) { return []byte(`"` + i.String() + `"`), nil }

// UnmarshalJSON reads a decimal string or number of 32 bits; anything else, null too, is an error.
func (i *ID) UnmarshalJSON(text []byte) error {
	s := string(text)
	if inner, ok := strings.CutPrefix(s, `"`); ok {
		s = strings.TrimSuffix(inner, `"`)
	}
	v, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return fmt.Errorf("id %q: %w", shorten(s), err)
	}
	*i = ID(v)
	return nil
}
