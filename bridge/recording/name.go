package recording

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// What the names of our files end in.
const (
	spoolSuffix  = ".spool"
	partSuffix   = ".part"
	plainSuffix  = ".ogg"
	sealedSuffix = ".ogg.age"
	infoSuffix   = ".json"
)

// stamp is how a name begins that nobody has chosen: the date in UTC, so that files stand in their order.
const stamp = "20060102-150405.000"

const (
	longestTitle = 100 // bytes
	longestID    = 200 // likewise; with what is appended a file system takes it
	mostAlike    = 10  // recordings of a call that begin in one millisecond
)

var callName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// names are what a recording may be called, best first: as it was wanted, unless there is one of that name already, and then by date and call as well.
// Text from outside is in them only as fileName leaves it.
func (c Call) names() (all []string) {
	own := c.Began.UTC().Format(stamp) + "-" + c.Name
	if title := fileName(c.Title, longestTitle); title != "" {
		all, own = append(all, title), title+"-"+own
	}
	all = append(all, own)
	for n := 2; n <= mostAlike; n++ {
		all = append(all, own+"-"+strconv.Itoa(n))
	}
	return all
}

// fileName is a text as the name of a file, and never of a path, an option or a hidden file: whatever is no letter, number or one of "._-+@" becomes "_".
func fileName(text string, most int) string {
	name := strings.Map(func(c rune) rune {
		if unicode.In(c, unicode.L, unicode.M, unicode.N) || strings.ContainsRune("._-+@", c) {
			return c
		}
		return '_'
	}, text)
	if len(name) > most {
		name = strings.ToValidUTF8(name[:most], "")
	}
	return strings.Trim(name, ".-")
}

// isID tells whether a recording can be called that.
func isID(name string) bool { return name != "" && fileName(name, longestID) == name }
