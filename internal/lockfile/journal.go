package lockfile

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"path"
	"strings"

	"github.com/webpress/webpress/internal/asset"
)

// A journal is what a run adds to, a line for each result as it comes, so that
// nothing is lost where it is killed before it can write the lock file. Lines have
// the form of those in the lock file, but for the blob ids of outputs: they are what
// HashFiles returns, since git is not asked for each output alone.

// JournalLine returns the line of a result, whose output is data, and whether it has
// one.
func JournalLine(j asset.Job, r asset.Result, data []byte, prefix, codecs string) ([]byte, bool) {
	var blobs map[string]string
	if r.Output != "" {
		sum := sha1.New()
		fmt.Fprintf(sum, "blob %d\x00", len(data))
		sum.Write(data)
		blobs = map[string]string{path.Join(prefix, r.Output): hex.EncodeToString(sum.Sum(nil))}
	}
	e, ok := entry(j, r, prefix, codecs, blobs)
	if !ok {
		return nil, false
	}
	var b bytes.Buffer
	e.write(&b)
	return b.Bytes(), true
}

// ParseJournal returns the entries of a journal in their order. Lines that are not
// whole, as the last one of a killed run may be, are left out.
func ParseJournal(data []byte) []Entry {
	var entries []Entry
	for line := range strings.Lines(string(data)) {
		// A line of version 1 may be the beginning of one of version 2.
		if e, err := parseLine(0, line); err == nil && len(e) == 1 && e[0].Output.Path != "" {
			entries = append(entries, e[0])
		}
	}
	return entries
}

// Fold makes the entries of a journal those of their sources; the last one of several
// counts. have are the ids that HashFiles has for the outputs, and blobs those that git
// has: an entry whose output is not as it was made is left out. It returns the entries
// that were replaced, as Split does in Before.
func (l *File) Fold(entries []Entry, have, blobs map[string]string) (before []Entry) {
	for _, e := range entries {
		if e.HasFile() {
			o := &e.Output
			blob := blobs[o.Path]
			if have[o.Path] != o.Blob || blob == "" {
				continue
			}
			o.Blob, o.Accepted = blob, l.accepted(e.Blob, blob)
			if o.Path == e.Source {
				e.Blob = blob
			}
		}
		before = append(before, Find(l.BySource(e.Source), e.Output.Path)...)
		l.Set(e)
	}
	return before
}
