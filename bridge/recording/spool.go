package recording

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
)

// A spool is magic and then records. A record is the length of its body, the body's checksum, and the body: kind, when it was written, and what
// the kind has. Numbers are little-endian. Records are only ever appended, so that one that is cut short or damaged is the last.
const (
	magic       = "switchgram spool 1\n"
	frameHeader = 2 + 4 // length, checksum
	bodyHeader  = 1 + 8 // kind, when
	packetHead  = 2 + 2 + 4 + 4
	maxBody     = bodyHeader + max(packetHead+codec.MaxPacket, maxNote)
	maxNote     = 8 << 10
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A kind says what a record is.
type kind uint8

const (
	headKind   kind = 1 + iota // the first: a head as JSON
	sourceKind                 // somebody, and the codec in which they speak from now on
	packetKind                 // of theirs
	pauseKind
	resumeKind
	tailKind // the last: a tail as JSON
	noteKind // text of whoever wanted the recording; the last one counts
)

// A head begins a spool.
type head struct {
	Call      string    `json:"call"`
	Line      string    `json:"line"`
	Began     time.Time `json:"began"`
	Announced bool      `json:"announced"`
	Mono      bool      `json:"mono,omitempty"`

	Least time.Duration `json:"least,omitempty"`
}

// A tail ends it.
type tail struct {
	Lost    uint64 `json:"lost"`
	Problem string `json:"problem"`
}

// appendRecord appends a record to buf. The parts together are its body; at is counted from the beginning of the recording.
func appendRecord(buf []byte, k kind, at time.Duration, parts ...[]byte) []byte {
	start := len(buf)
	buf = append(buf, make([]byte, frameHeader)...)
	buf = append(buf, byte(k))
	buf = binary.LittleEndian.AppendUint64(buf, uint64(max(0, at)))
	for _, p := range parts {
		buf = append(buf, p...)
	}
	body := buf[start+frameHeader:]
	binary.LittleEndian.PutUint16(buf[start:], uint16(len(body)))
	binary.LittleEndian.PutUint32(buf[start+2:], crc32.Checksum(body, castagnoli))
	return buf
}

func appendSource(buf []byte, at time.Duration, id uint16, on Side, c media.Codec) []byte {
	what := [...]byte{byte(id), byte(id >> 8), byte(on)}
	return appendRecord(buf, sourceKind, at, what[:], []byte(c.String()))
}

func appendPacket(buf []byte, at time.Duration, id uint16, p *rtp.Packet) []byte {
	var what [packetHead]byte
	binary.LittleEndian.PutUint16(what[0:], id)
	binary.LittleEndian.PutUint16(what[2:], p.SequenceNumber)
	binary.LittleEndian.PutUint32(what[4:], p.Timestamp)
	binary.LittleEndian.PutUint32(what[8:], p.SSRC)
	return appendRecord(buf, packetKind, at, what[:], p.Payload)
}

// spoolFile is what a Take writes to.
type spoolFile interface {
	io.Writer
	io.Closer
	Truncate(size int64) error
}

// errLive is said of a spool that a Take writes to.
var errLive = errors.New("recording: the call still runs")

// openSpool makes a spool, which is locked until it is closed or the process ends.
func openSpool(path string) (spoolFile, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock: %w", err), f.Close(), os.Remove(path))
	}
	return f, nil
}

// takeSpool opens a spool that nobody writes to any more, for nobody else to take.
func takeSpool(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errLive
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
