package line

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// International is who as Telegram wants it: a number written as people in the line's country dial it, "030 123456", gets its "+" and country
// code. Whatever else it is stays as it is: a number that is international already or means nothing in that country, a name, an id.
func (c *Config) International(who string) string {
	if c.Country == "" || strings.HasPrefix(who, "00") || strings.Trim(who, "0123456789 ()-./") != "" {
		return who
	}
	n, err := phonenumbers.Parse(who, c.Country)
	if err != nil {
		return who
	}
	// A trunk prefix says enough; without one only a number that the country really has is taken for national.
	if strings.HasPrefix(who, "0") && phonenumbers.IsPossibleNumber(n) || phonenumbers.IsValidNumber(n) {
		return phonenumbers.Format(n, phonenumbers.E164)
	}
	return who
}

// checkCountry accepts ISO 3166-1 codes of countries that have telephone numbers.
func checkCountry(code string) bool {
	return code == "" || phonenumbers.GetCountryCodeForRegion(code) != 0
}
