package folder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"switchgram/bridge/route"
	"switchgram/bridge/route/tree"
)

// members are those of the object that a file is.
func members(name string) ([]tree.Member, error) {
	n, err := parsed(name, tree.Parse)
	if err != nil {
		return nil, err
	}
	if n.Kind != tree.Object {
		return nil, wrong(name, n, "want an object, not %s", n.Kind)
	}
	return n.Members, nil
}

// wrong is a mistake at a place of a file.
func wrong(name string, n *tree.Node, format string, args ...any) error {
	return &tree.Error{File: name, At: n.At, Problem: fmt.Sprintf(format, args...)}
}

func readLimits(l *route.Library, name string, _ Options) error {
	all, err := members(name)
	for _, m := range all {
		most, bad := strconv.Atoi(m.Value.Text)
		if bad != nil || m.Value.Kind != tree.Number || most < 1 {
			err = errors.Join(err, wrong(name, m.Value, "%s: want a whole number, 1 or more", m.Name))
		}
		l.Limits[m.Name] = most
	}
	return err
}

func readGlobals(l *route.Library, name string, _ Options) error {
	all, err := members(name)
	for _, m := range all {
		if m.Value.Kind != tree.String {
			err = errors.Join(err, wrong(name, m.Value, "%s: want a text, not %s", m.Name, m.Value.Kind))
		}
		l.Globals[m.Name] = m.Value.Text
	}
	return err
}

// where says where a secret stands.
type where struct {
	env, file string // file is relative to the folder
}

func readSecrets(l *route.Library, name string, o Options) error {
	all, err := members(name)
	for _, m := range all {
		w, bad := readWhere(name, m)
		if bad != nil {
			err = errors.Join(err, bad)
			continue
		}
		value, bad := w.value(filepath.Dir(name))
		switch {
		case bad != nil && o.Lenient:
			value = Placeholder + m.Name
		case bad != nil:
			err = errors.Join(err, wrong(name, m.Value, "secret %q: %v", m.Name, bad))
		}
		l.Secrets[m.Name] = value
	}
	return err
}

// readWhere reads {"env": …} or {"file": …}.
func readWhere(name string, m tree.Member) (w where, err error) {
	for _, part := range m.Value.Members {
		switch {
		case part.Value.Kind != tree.String:
			err = errors.Join(err, wrong(name, part.Value, "%s: want a text, not %s", part.Name, part.Value.Kind))
		case part.Name == "env":
			w.env = part.Value.Text
		case part.Name == "file":
			w.file = part.Value.Text
		default:
			err = errors.Join(err, &tree.Error{File: name, At: part.At, Problem: fmt.Sprintf("%q is not known here; want env or file", part.Name)})
		}
	}
	if err == nil && (w.env == "") == (w.file == "") {
		err = wrong(name, m.Value, `secret %q: want {"env": …} or {"file": …}, never the secret itself`, m.Name)
	}
	return w, err
}

func (w where) value(folder string) (string, error) {
	if w.env != "" {
		value, ok := os.LookupEnv(w.env)
		if !ok {
			return "", fmt.Errorf("environment variable %s is not set", w.env)
		}
		return value, nil
	}
	if !filepath.IsAbs(w.file) {
		w.file = filepath.Join(folder, w.file)
	}
	data, err := os.ReadFile(w.file)
	return strings.TrimRight(string(data), "\r\n"), err
}
