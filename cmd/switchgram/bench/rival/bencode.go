package rival

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// errBencode says that a text is not bencoded.
var errBencode = errors.New("bencode: malformed")

// maxDepth of lists and dictionaries in each other.
const maxDepth = 16

// bencode writes strings, integers, []string and map[string]any of these as https://www.bittorrent.org/beps/bep_0003.html says.
func bencode(v any) string {
	switch v := v.(type) {
	case string:
		return strconv.Itoa(len(v)) + ":" + v
	case int:
		return fmt.Sprintf("i%de", v)
	case []string:
		var all strings.Builder
		for _, s := range v {
			all.WriteString(bencode(s))
		}
		return "l" + all.String() + "e"
	case map[string]any:
		var all strings.Builder
		for _, key := range slices.Sorted(maps.Keys(v)) {
			all.WriteString(bencode(key) + bencode(v[key]))
		}
		return "d" + all.String() + "e"
	default:
		panic(fmt.Sprintf("bencode: %T", v)) // a mistake of ours
	}
}

// bdecode reads a dictionary: strings, int, []any and map[string]any.
func bdecode(text string) (map[string]any, error) {
	v, rest, err := bvalue(text, 0)
	if err != nil {
		return nil, err
	}
	d, ok := v.(map[string]any)
	if !ok || rest != "" {
		return nil, errBencode
	}
	return d, nil
}

// bvalue reads one value, and returns what follows it.
func bvalue(text string, depth int) (v any, rest string, err error) {
	switch {
	case text == "" || depth > maxDepth:
		return nil, "", errBencode
	case text[0] == 'i':
		digits, rest, ok := strings.Cut(text[1:], "e")
		n, err := strconv.Atoi(digits)
		if !ok || err != nil {
			return nil, "", errBencode
		}
		return n, rest, nil
	case text[0] == 'l':
		return blist(text[1:], depth)
	case text[0] == 'd':
		return bdict(text[1:], depth)
	default:
		return bstring(text)
	}
}

func bstring(text string) (any, string, error) {
	digits, rest, ok := strings.Cut(text, ":")
	n, err := strconv.ParseUint(digits, 10, 31)
	if !ok || err != nil || int(n) > len(rest) {
		return nil, "", errBencode
	}
	return rest[:n], rest[n:], nil
}

func blist(text string, depth int) (any, string, error) {
	var all []any
	for !strings.HasPrefix(text, "e") {
		v, rest, err := bvalue(text, depth+1)
		if err != nil {
			return nil, "", err
		}
		all, text = append(all, v), rest
	}
	return all, text[1:], nil
}

func bdict(text string, depth int) (any, string, error) {
	all := map[string]any{}
	for !strings.HasPrefix(text, "e") {
		key, rest, err := bstring(text)
		if err != nil {
			return nil, "", err
		}
		v, rest, err := bvalue(rest, depth+1)
		if err != nil {
			return nil, "", err
		}
		all[key.(string)], text = v, rest
	}
	return all, text[1:], nil
}
