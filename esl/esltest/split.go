package esltest

import "strings"

// split cuts a string at a delimiter as FreeSWITCH does nearly everywhere: not within single quotes, not behind a backslash, and with blanks at
// the ends, quotes and backslashes taken away from the parts. Of more than most parts, the last keeps the rest.
func split(s string, delimiter byte, most int) (parts []string) {
	quoted := false
	from := 0
	for i := 0; i < len(s) && len(parts) < most-1; i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '\'' && (quoted || strings.IndexByte(s[i+1:], '\'') >= 0):
			quoted = !quoted
		case c == delimiter && !quoted:
			parts = append(parts, clean(s[from:i], delimiter))
			from = i + 1
		}
	}
	if from < len(s) {
		parts = append(parts, clean(s[from:], delimiter))
	}
	return parts
}

// clean takes blanks at the ends, quotes and backslashes away from one part.
func clean(s string, delimiter byte) string {
	s = strings.TrimLeft(s, " ")
	var b []byte
	quoted := false
	end := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			if plain, ok := unescaped(s[i+1], delimiter); ok {
				b = append(b, plain)
				end = len(b)
				i++
				continue
			}
		}
		if c == '\'' && (quoted || strings.IndexByte(s[i+1:], '\'') >= 0) {
			if quoted = !quoted; quoted {
				end = len(b)
			}
			continue
		}
		b = append(b, c)
		if c != ' ' || quoted {
			end = len(b)
		}
	}
	return string(b[:end])
}

func unescaped(c, delimiter byte) (plain byte, ok bool) {
	switch c {
	case '\'', '"', '\\', delimiter:
		return c, true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 's':
		return ' ', true
	default:
		return c, false
	}
}

// brackets takes the variables in braces off the front of a dial string. Braces are counted, whatever stands around them.
func brackets(s string) (variables []Header, rest string, ok bool) {
	for strings.HasPrefix(s, "{") {
		depth, end := 0, -1
		for i := range len(s) {
			if s[i] == '{' {
				depth++
			} else if s[i] == '}' {
				if depth--; depth == 0 {
					end = i
					break
				}
			}
		}
		if end < 0 {
			return nil, "", false
		}
		for _, part := range split(s[1:end], ',', 1024) {
			if pair := split(part, '=', 2); len(pair) == 2 {
				variables = append(variables, Header{Name: pair[0], Value: pair[1]})
			}
		}
		s = s[end+1:]
	}
	return variables, s, true
}
