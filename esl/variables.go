package esl

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Variables are channel variables of a dial string. Values may be foreign text: they go through Text, and braces, which FreeSWITCH counts
// without regard to quotes, become parentheses. Otherwise they arrive exactly.
type Variables map[string]string

// DialString returns the variables in braces, sorted by name, to be put in front of an endpoint in the argument of the "bridge" application.
// Empty values are left out, since FreeSWITCH would drop them; without any variable the string is empty. The error is ErrUnsafe for a name that
// has other characters in it than letters, digits and -_.
func (v Variables) DialString() (string, error) {
	s, err := v.braced()
	return doubled(s), err
}

// braced is DialString for where no argument of an application is expanded.
func (v Variables) braced() (string, error) {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if !isVariable(name) {
			return "", fmt.Errorf("variable: %w: %.40q", ErrUnsafe, name)
		}
		if v[name] != "" {
			all = append(all, name+"="+dialValue(v[name]))
		}
	}
	if len(all) == 0 {
		return "", nil
	}
	return "{" + strings.Join(all, ",") + "}", nil
}

// isVariable reports whether a variable can have that name.
func isVariable(name string) bool {
	_, err := Word(name)
	return err == nil && !strings.ContainsAny(name, ".,:;@/+*#~=%!?()")
}

// dialValue makes up for what FreeSWITCH does to a value: it looks for the closing brace, counting; cuts at ":_:", which separates whole dial
// strings; splits at commas, and then at the equals sign.
func dialValue(s string) string {
	s = braces.Replace(Text(s))
	s = hideBlanks(unsplit(s))                    // against the split at "="
	s = strings.ReplaceAll(unsplit(s), ",", `\,`) // against the split at ","
	return strings.ReplaceAll(s, ":_", ":''_")    // quotes that the split at "," takes away
}

var braces = strings.NewReplacer("{", "(", "}", ")")
