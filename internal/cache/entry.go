package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/webpress/webpress/internal/asset"
)

// An Entry is a finished output, or why there is none that is worth having.
type Entry struct {
	// Data is the content of the output, empty if there is a Reason.
	Data []byte `json:"-"`
	// Width and Height are in pixels; Frames is 1 for a still image.
	Width  int `json:"width"`
	Height int `json:"height"`
	Frames int `json:"frames"`
	// SourceWidth and SourceHeight are the source's; 0 is not known.
	SourceWidth  int  `json:"source-width,omitempty"`
	SourceHeight int  `json:"source-height,omitempty"`
	Lossless     bool `json:"lossless,omitempty"`
	asset.Rating
	// Pixels is what the header of the source claims: width x height x frames.
	Pixels int64 `json:"pixels"`
	// Notes are the conversion's.
	Notes []string `json:"notes,omitempty"`
	// Reason is NotSmaller or empty.
	Reason asset.Reason `json:"reason,omitempty"`
	// After is the length in bytes of the output, also of one that is not kept.
	After int64 `json:"after"`
}

// The file of an entry is
//
//	magic    15 bytes
//	version  1 byte
//	digest   32 bytes: the SHA-256 of all other bytes, the key after the version
//	length   4 bytes, big-endian: that of what follows
//	meta     JSON: an Entry without its Data
//	data     to the end
const (
	magic   = "webpress-cache\n"
	version = 1
	// headSize is the length of everything before meta.
	headSize = len(magic) + 1 + sha256.Size + 4
)

var (
	errVersion = errors.New("of another version")
	errDamaged = errors.New("damaged")
)

// damaged is an errDamaged that says how.
func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errDamaged, fmt.Sprintf(format, args...))
}

// header is the file of an entry up to its data.
func header(key string, e Entry) ([]byte, error) {
	meta, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	head := make([]byte, 0, headSize+len(meta))
	head = append(append(head, magic...), version)
	length := binary.BigEndian.AppendUint32(nil, uint32(len(meta)))
	sum := digest(key, length, meta, e.Data)
	return append(append(append(head, sum[:]...), length...), meta...), nil
}

// digest is that of the file of an entry. The key is part of it, so that an entry
// under the name of another is noticed.
func digest(key string, parts ...[]byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write([]byte(magic))
	h.Write([]byte{version})
	h.Write([]byte(key))
	for _, part := range parts {
		h.Write(part)
	}
	h.Sum(sum[:0])
	return sum
}

// parse reads the file of the entry of the name key, which the entry goes on using.
// The error is an errVersion or an errDamaged.
func parse(key string, file []byte) (Entry, error) {
	if len(file) < headSize {
		return Entry{}, damaged("it has %d bytes", len(file))
	}
	if string(file[:len(magic)]) != magic {
		return Entry{}, damaged("it does not begin like one")
	}
	if file[len(magic)] != version {
		return Entry{}, errVersion
	}
	rest := file[len(magic)+1:]
	sum, rest := [sha256.Size]byte(rest), rest[sha256.Size:]
	if digest(key, rest) != sum {
		return Entry{}, damaged("it is not what was written")
	}
	length, rest := binary.BigEndian.Uint32(rest), rest[4:]
	if uint64(length) > uint64(len(rest)) {
		return Entry{}, damaged("it promises more than it has")
	}
	var e Entry
	if err := json.Unmarshal(rest[:length], &e); err != nil {
		return Entry{}, damaged("%s", err)
	}
	if data := rest[length:]; len(data) > 0 {
		e.Data = data[:len(data):len(data)]
	}
	return e, nil
}
