package live

import (
	"bufio"
	"errors"
	"os"
)

// renew has a file of the lines that count take the place of this one.
func (j *journal) renew() error {
	file, err := os.OpenFile(j.path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	c := copyOf{from: j, to: bufio.NewWriter(file)}
	counts, wrong := c.take(j.counts)
	texts, err := c.take(j.texts)
	if err = errors.Join(wrong, err, c.to.Flush()); err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = os.Rename(j.path+".new", j.path)
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	_ = j.file.Close() // nobody reads it any more
	j.file, j.counts, j.texts, j.size, j.renews = file, counts, texts, c.size, 2*c.size+mostStale
	return nil
}

// copyOf are lines that count, as they are written to another file.
type copyOf struct {
	from *journal
	to   *bufio.Writer
	size int64 // of what was written
}

// take copies lines, and says where they stand then.
func (c *copyOf) take(lines map[string]span) (map[string]span, error) {
	there := make(map[string]span, len(lines))
	for name, where := range lines {
		line, err := c.from.line(where)
		if err != nil {
			return nil, err
		}
		if _, err := c.to.Write(append([]byte{'\n'}, line...)); err != nil {
			return nil, err
		}
		there[name] = span{c.size + 1, where.length}
		c.size += 1 + where.length
	}
	return there, nil
}
