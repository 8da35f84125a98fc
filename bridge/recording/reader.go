package recording

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"time"

	"switchgram/bridge/media"
)

// Errors of a reader.
var (
	errSpool = errors.New("recording: this is no spool")
	errCut   = errors.New("recording: the spool breaks off")
)

// A record is one of a spool. Its data is valid until the next is read.
type record struct {
	kind kind
	at   time.Duration
	data []byte
}

// A reader reads a spool, as far as it is whole.
type reader struct {
	r    *bufio.Reader
	body [maxBody]byte
	last time.Duration
}

// newReader reads the head. io.EOF: there is none yet.
func newReader(from io.Reader) (*reader, head, error) {
	r := &reader{r: bufio.NewReaderSize(from, 64<<10)}
	var h head
	begin := make([]byte, len(magic))
	if n, err := io.ReadFull(r.r, begin); err != nil || string(begin) != magic {
		if string(begin[:n]) == magic[:n] && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
			return nil, h, io.EOF
		}
		return nil, h, errors.Join(errSpool, err)
	}
	rec, err := r.next()
	if errors.Is(err, errCut) || errors.Is(err, io.EOF) {
		return nil, h, io.EOF
	}
	if err != nil {
		return nil, h, err
	}
	if rec.kind != headKind || json.Unmarshal(rec.data, &h) != nil {
		return nil, h, errSpool
	}
	return r, h, nil
}

// next is the next record. io.EOF is the end after a whole one, errCut that after one that is cut short or damaged; whatever follows it is not
// to be trusted. No record leaps ahead by more than a day.
func (r *reader) next() (record, error) {
	var frame [frameHeader]byte
	if _, err := io.ReadFull(r.r, frame[:]); err != nil {
		return record{}, cutShort(err, io.EOF)
	}
	n := int(binary.LittleEndian.Uint16(frame[:]))
	if n < bodyHeader || n > maxBody {
		return record{}, errCut
	}
	body := r.body[:n]
	if _, err := io.ReadFull(r.r, body); err != nil {
		return record{}, cutShort(err, errCut)
	}
	at := time.Duration(binary.LittleEndian.Uint64(body[1:]))
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(frame[2:]) || at < 0 || at > r.last+maxLeap {
		return record{}, errCut
	}
	r.last = max(r.last, at)
	return record{kind: kind(body[0]), at: at, data: body[bodyHeader:]}, nil
}

// maxLeap bounds the silence that a damaged spool can ask for.
const maxLeap = 24 * time.Hour

// cutShort tells the end of a spool, which atEnd stands for, from a disk that cannot be read.
func cutShort(err, atEnd error) error {
	switch {
	case errors.Is(err, io.EOF):
		return atEnd
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errCut
	default:
		return err
	}
}

// source reads a record of that kind.
func (r record) source() (id uint16, on Side, c media.Codec, ok bool) {
	if len(r.data) < 3 || r.data[2] > byte(Right) {
		return 0, 0, 0, false
	}
	for _, c := range []media.Codec{media.Opus, media.PCMU, media.PCMA, media.G722} {
		if string(r.data[3:]) == c.String() {
			return binary.LittleEndian.Uint16(r.data), Side(r.data[2]), c, true
		}
	}
	return 0, 0, 0, false
}

// A packet is one of a source.
type packet struct {
	at      time.Duration
	seq     uint16
	ts      uint32
	ssrc    uint32
	payload []byte
}

// packet reads a record of that kind.
func (r record) packet() (id uint16, p packet, ok bool) {
	if len(r.data) <= packetHead {
		return 0, p, false
	}
	d := r.data
	p = packet{at: r.at, seq: binary.LittleEndian.Uint16(d[2:]), ts: binary.LittleEndian.Uint32(d[4:]), ssrc: binary.LittleEndian.Uint32(d[8:]), payload: d[packetHead:]}
	return binary.LittleEndian.Uint16(d), p, true
}
