package moment

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// conversions of strftime (POSIX.1-2017), those of one language.
var conversions = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'd': "02", 'e': "_2", 'F': "2006-01-02", 'H': "15", 'I': "03", 'm': "01",
	'M': "04", 'p': "PM", 'R': "15:04", 'S': "05", 'T': "15:04:05", 'y': "06", 'Y': "2006", 'z': "-0700", 'Z': "MST", 'D': "01/02/06",
}

// CheckFormat says what is wrong with a format of Strftime.
func CheckFormat(format string) error {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		if i++; i == len(format) {
			return fmt.Errorf("%q ends with %%", format)
		}
		if _, ok := conversions[format[i]]; !ok && !strings.ContainsRune("%jsu", rune(format[i])) {
			return fmt.Errorf("%q: %%%c is not known", format, format[i])
		}
	}
	return nil
}

// Strftime writes a time as C would: "%d.%m.%Y %H:%M". What it does not know it leaves as it is; see CheckFormat.
func Strftime(format string, t time.Time) string {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		layout, ok := conversions[format[i]]
		switch {
		case ok:
			b.WriteString(t.Format(layout))
		case format[i] == 'j':
			fmt.Fprintf(&b, "%03d", t.YearDay())
		case format[i] == 's':
			b.WriteString(strconv.FormatInt(t.Unix(), 10))
		case format[i] == 'u':
			b.WriteString(strconv.Itoa((int(t.Weekday())+6)%7 + 1))
		case format[i] == '%':
			b.WriteByte('%')
		default:
			b.WriteString(format[i-1 : i+1])
		}
	}
	return b.String()
}
