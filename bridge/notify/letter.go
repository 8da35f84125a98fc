package notify

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
)

// mostAttached is how much may go with a letter, in bytes: a server takes a third more within the time of a try.
const mostAttached = 5_000_000

// body writes what comes after the header of a letter, and the fields that describe it.
func (l Letter) body(b *bytes.Buffer) error {
	file := l.attached()
	if file == nil {
		writeFields(b, l.textFields())
		return l.writeText(b)
	}
	parts := multipart.NewWriter(b)
	writeFields(b, textproto.MIMEHeader{"Content-Type": {"multipart/mixed; boundary=" + parts.Boundary()}})
	text, err := parts.CreatePart(l.textFields())
	if err == nil {
		err = l.writeText(text)
	}
	if err != nil {
		return err
	}
	return errors.Join(attach(parts, filepath.Base(l.Attach), file), parts.Close())
}

// attached is the file that goes with a letter; nil: none does.
func (l Letter) attached() []byte {
	stat, err := os.Stat(l.Attach)
	if err != nil || !stat.Mode().IsRegular() || stat.Size() > mostAttached {
		return nil
	}
	file, err := os.ReadFile(l.Attach)
	if err != nil {
		return nil
	}
	return file
}

func (l Letter) textFields() textproto.MIMEHeader {
	kind := "text/plain"
	if l.HTML {
		kind = "text/html"
	}
	return textproto.MIMEHeader{"Content-Type": {kind + "; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"}}
}

// writeText writes the text, and the end of its last line.
func (l Letter) writeText(to io.Writer) error {
	w := quotedprintable.NewWriter(to)
	_, err := w.Write([]byte(l.Text))
	return errors.Join(err, w.Close())
}

func writeFields(b *bytes.Buffer, fields textproto.MIMEHeader) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		fmt.Fprintf(b, "%s: %s\r\n", name, fields.Get(name))
	}
	b.WriteString("\r\n")
}

// lineOf is how many bytes of a file make a line of 76 characters (RFC 2045 §6.8).
const lineOf = 57

// attach writes a file as a part. Its name goes as RFC 2231 has it.
func attach(parts *multipart.Writer, name string, file []byte) error {
	kind := "application/octet-stream"
	if filepath.Ext(name) == ".ogg" {
		kind = "audio/ogg"
	}
	part, err := parts.CreatePart(textproto.MIMEHeader{
		"Content-Type": {kind}, "Content-Transfer-Encoding": {"base64"},
		"Content-Disposition": {mime.FormatMediaType("attachment", map[string]string{"filename": name})},
	})
	for len(file) > 0 && err == nil {
		n := min(len(file), lineOf)
		_, err = fmt.Fprintf(part, "%s\r\n", base64.StdEncoding.EncodeToString(file[:n]))
		file = file[n:]
	}
	return err
}
