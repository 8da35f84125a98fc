package esltest

import "strings"

// deepest is how often values that come out of an expansion are expanded in their turn.
const deepest = 20

// expand does to the argument of an application what FreeSWITCH does: ${name} becomes the value of a variable, ${command(arguments)} and
// ${command arguments} what that console command prints, and either is expanded again; of two backslashes one goes, and so does one before a
// quote. A backslash before "$" saves the "$".
func (c *Channel) expand(s string, depth int) string {
	if depth > deepest || !strings.Contains(s, "${") && !hasEscapes(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch rest := s[i:]; {
		case strings.HasPrefix(rest, `\$`):
			b.WriteByte('$')
			i++
		case strings.HasPrefix(rest, `\'`):
			i++
		case strings.HasPrefix(rest, `\\`):
			b.WriteByte('\\')
			i++
		case strings.HasPrefix(rest, "${"):
			inner, length := braced(rest[1:])
			b.WriteString(c.valueOf(inner, depth))
			i += length
		case strings.HasPrefix(rest, "$${"): // of a global variable, of which there are none
			_, length := braced(rest[2:])
			i += 1 + length
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func hasEscapes(s string) bool {
	for _, escape := range []string{`\\`, `\n`, `\s`, `\t`, `\'`} {
		if strings.Contains(s, escape) {
			return true
		}
	}
	return false
}

// braced is what stands between a brace and its partner, or the end, and how long that is with both.
func braced(s string) (inner string, length int) {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return s[1:i], i + 1
			}
		}
	}
	return s[1:], len(s)
}

func (c *Channel) valueOf(inner string, depth int) string {
	command, args, ok := strings.Cut(inner, "(")
	if ok {
		args, _, _ = strings.Cut(args, ")")
	} else {
		command, args, ok = strings.Cut(inner, " ")
	}
	if ok {
		return c.sw.runAPI(c.ctx, strings.TrimSpace(c.expand(command, depth+1)+" "+c.expand(args, depth+1)))
	}
	value, _ := c.Variable(c.expand(inner, depth+1))
	return c.expand(value, depth+1)
}
