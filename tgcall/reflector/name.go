package reflector

import (
	"fmt"
	"strconv"
	"strings"
)

// In a candidate a reflector's port has a name for an address, which no DNS knows.
const (
	namePrefix = "reflector-"
	nameSuffix = ".reflector"
)

// Name is the host name of a port in candidates. The tag travels in it and nowhere else.
func Name(id int, tag Tag) string { return fmt.Sprintf("%s%d-%d%s", namePrefix, id, tag, nameSuffix) }

// ParseName reads such a name.
func ParseName(s string) (id int, tag Tag, ok bool) {
	s, prefix := strings.CutPrefix(s, namePrefix)
	s, suffix := strings.CutSuffix(s, nameSuffix)
	first, second, dash := strings.Cut(s, "-")
	if !prefix || !suffix || !dash || !digits(first) || !digits(second) {
		return 0, 0, false
	}
	id, err := strconv.Atoi(first)
	t, errTag := strconv.ParseUint(second, 10, 32)
	if err != nil || errTag != nil || id < 1 || t == 0 {
		return 0, 0, false
	}
	return id, Tag(t), true
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
