package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/dustin/go-humanize"
	"golang.org/x/sync/errgroup"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/tree"
)

// An outcome is what an entry turned out to be.
type outcome int

const (
	taken     outcome = iota // a source
	failed                   // no source, though it was meant to be one
	leftLink                 // a symbolic link that was not named
	leftOther                // no image, and nothing that said it were one
	leftNamed                // no image, and nothing that said so but that it was named
	vanished                 // gone since it was listed
)

// A verdict is what became of one entry.
type verdict struct {
	outcome
	source asset.Source
	// message and hint are set where the outcome is failed or leftNamed; what is then the
	// end of message.
	message, hint, what string
}

// An identifier looks at files.
type identifier struct {
	workdir
	known       func(file, blob string) (asset.Format, int64, bool)
	maxFileSize func(file string) int64
	opened      *atomic.Int64
}

// all looks at all entries, which are sorted by path, and returns the verdicts
// in their order.
func (id identifier) all(ctx context.Context, entries []entry) ([]verdict, error) {
	verdicts := make([]verdict, len(entries))
	groups := byFolder(entries)
	var next atomic.Int64
	var g errgroup.Group
	// More than one a processor: the disk, or a network behind it, has to be
	// waited for.
	for range min(4*runtime.GOMAXPROCS(0), 32, len(groups)) {
		g.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(groups) {
					return nil
				}
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				group := groups[i]
				id.identify(entries[group.from:group.to], verdicts[group.from:group.to])
			}
		})
	}
	return verdicts, g.Wait()
}

// A group is some entries in a row that are in the same folder.
type group struct{ from, to int }

// byFolder splits entries into groups, small enough to share the work evenly.
func byFolder(entries []entry) []group {
	const most = 64
	var groups []group
	for i := range entries {
		last := len(groups) - 1
		if last >= 0 && i-groups[last].from < most && path.Dir(entries[i].path) == path.Dir(entries[i-1].path) {
			groups[last].to = i + 1
			continue
		}
		groups = append(groups, group{i, i + 1})
	}
	return groups
}

// identify looks at the entries of one group. Their folder is opened once, so that
// the way to it is not gone again for each.
func (id identifier) identify(entries []entry, verdicts []verdict) {
	// With the dot, a named pipe in the place of a folder is refused; without it,
	// opening it would wait.
	folder, err := id.root.OpenRoot(path.Dir(entries[0].path) + "/.")
	if err == nil {
		defer folder.Close()
	}
	for i, e := range entries {
		x := id.exam(e)
		x.folder = folder
		switch {
		case e.named && tree.InGit(e.path):
			verdicts[i] = x.fail("find", "webpress takes nothing from .git", "")
		case err == nil:
			var ok bool
			if verdicts[i], ok = x.recognise(); !ok {
				verdicts[i] = x.verdict()
			}
		case e.named:
			verdicts[i] = x.missing(err)
		case isMissing(err):
			verdicts[i] = verdict{outcome: vanished, source: x.source}
		default:
			verdicts[i] = x.trouble("open", tree.Cause(err).Error(), "")
		}
	}
}

// exam is the look at an entry, before anything was looked at.
func (id identifier) exam(e entry) exam {
	return exam{
		identifier: id,
		entry:      e,
		claims:     e.named || byName[extension(e.path)] != nil,
		source:     asset.Source{Path: e.path, Blob: e.blob, Ignored: e.ignored},
	}
}

// An exam is the look at one entry.
type exam struct {
	identifier
	entry
	// folder is what the entry is in.
	folder *os.Root
	source asset.Source
	// claims reports whether the file claims to be an image by its name, or
	// the user has named it; its failure is then reported.
	claims bool
}

// recognise is the verdict on a file whose content is known, so that it need not
// be opened. Known is what a stranger may have written: a length that is not that of
// the file makes nothing of it count.
func (x *exam) recognise() (verdict, bool) {
	if x.known == nil || x.blob == "" {
		return verdict{}, false
	}
	format, size, ok := x.known(x.path, x.blob)
	if !ok {
		return verdict{}, false
	}
	info, err := x.folder.Lstat(path.Base(x.path))
	if err != nil || !info.Mode().IsRegular() || info.Size() != size && !x.pointsTo(size) {
		return verdict{}, false
	}
	x.source.Size = size
	return x.picture(format), true
}

// pointsTo reports whether the file is a pointer, of Git LFS or git-annex, to an image of size
// bytes: what was known of that is not in the clone.
func (x *exam) pointsTo(size int64) bool {
	text, err := tree.ReadPlain(x.folder, path.Base(x.path), maxPointer)
	if err != nil {
		return false
	}
	what, _ := describe(x.path, text)
	return strings.HasSuffix(what, "pointer, not the image itself") &&
		(strings.Contains(string(text), fmt.Sprintf("\nsize %d\n", size)) || strings.Contains(string(text), fmt.Sprintf("-s%d-", size)))
}

// maxPointer is more bytes than pointers to files have.
const maxPointer = 1024

// verdict looks at the entry, and into it where it is a file.
func (x *exam) verdict() verdict {
	if x.named {
		info, err := x.folder.Lstat(path.Base(x.path))
		if err != nil {
			return x.missing(err)
		}
		x.kind = info.Mode().Type()
	}
	switch {
	case x.kind&fs.ModeSymlink != 0:
		return x.link()
	case !x.kind.IsRegular():
		return x.special(x.kind)
	}
	return x.file()
}

func (x *exam) fail(verb, cause, hint string) verdict {
	return verdict{
		outcome: failed, source: x.source,
		message: fmt.Sprintf("%s %q: %s", verb, x.show(x.path), cause), hint: hint,
	}
}

// trouble is fail for files that claim something; others are left out.
func (x *exam) trouble(verb, cause, hint string) verdict {
	if !x.claims {
		return verdict{outcome: leftOther, source: x.source}
	}
	return x.fail(verb, cause, hint)
}

// missing is the verdict on a named file that cannot be looked at.
func (x *exam) missing(err error) verdict {
	_, inside, resolveErr := x.resolve(x.path)
	switch {
	case resolveErr == nil && !inside:
		return x.fail("find", "leaves the working directory by a symbolic link", "")
	case isMissing(err), errors.Is(err, syscall.ENOTDIR):
		hint := ""
		if other := x.otherCase(x.path); other != "" {
			hint = fmt.Sprintf("there is %q: upper and lower case differ", x.show(other))
		}
		return x.fail("find", "no such file", hint)
	default:
		return x.fail("find", tree.Cause(err).Error(), "")
	}
}

// link is the verdict on a symbolic link.
func (x *exam) link() verdict {
	_, inside, err := x.resolve(x.path)
	switch {
	case err == nil && inside, !x.claims:
		return verdict{outcome: leftLink, source: x.source}
	case isMissing(err):
		target, _ := x.root.Readlink(x.path)
		return x.fail("open", fmt.Sprintf("is a symbolic link to %q, which does not exist", target), "")
	case err != nil:
		return x.fail("open", "is a symbolic link that leads nowhere", "")
	}
	return x.fail("open", "is a symbolic link that leaves the working directory",
		"put the file itself there; webpress reads and writes nothing outside")
}

// special is the verdict on what is not a file.
func (x *exam) special(kind fs.FileMode) verdict {
	switch {
	case kind.IsDir():
		hint := "images in it are found where a pattern takes them"
		if x.named {
			hint = fmt.Sprintf("write %s/ to mean the images in it", x.path)
		}
		return x.trouble("open", "is a directory", hint)
	case kind&fs.ModeNamedPipe != 0:
		return x.trouble("open", "is a named pipe, not a file", "")
	case kind&fs.ModeSocket != 0:
		return x.trouble("open", "is a socket, not a file", "")
	default:
		return x.trouble("open", "is a device, not a file", "")
	}
}

// file is the verdict on a regular file.
func (x *exam) file() verdict {
	f, info, err := tree.OpenPlain(x.folder, path.Base(x.path))
	if err != nil {
		if kind, ok := errors.AsType[*tree.KindError](err); ok {
			return x.special(kind.Mode.Type())
		}
		if isMissing(err) && !x.named {
			return verdict{outcome: vanished, source: x.source}
		}
		return x.trouble("open", tree.Cause(err).Error(), "")
	}
	defer f.Close()
	x.opened.Add(1)
	x.source.Size = info.Size()
	buf := make([]byte, min(asset.SniffLen, info.Size()))
	n, err := f.ReadAt(buf, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return x.trouble("read", tree.Cause(err).Error(), "")
	}
	return x.content(buf[:n])
}

// content is the verdict on a file that begins with head.
func (x *exam) content(head []byte) verdict {
	if len(head) == 0 {
		return x.trouble("read", "file is empty", "")
	}
	if isAppleDouble(head) && !x.named {
		// What macOS puts beside every photo on a foreign disk.
		return verdict{outcome: leftOther, source: x.source}
	}
	format, ok := asset.Sniff(head)
	if !ok || isRaw(x.path, format) {
		what, hint := describe(x.path, head)
		v := x.trouble("identify", what, hint)
		if v.what = what; x.named && byName[extension(x.path)] == nil {
			v.outcome = leftNamed
		}
		return v
	}
	return x.picture(format)
}

// image is the verdict on a file that is an image of a format.
func (x *exam) picture(format asset.Format) verdict {
	x.source.Format = format
	if note := misnamed(x.path, format); note != "" {
		x.source.Notes = []string{note}
	}
	if limit := x.maxFileSize(x.show(x.path)); limit > 0 && x.source.Size > limit {
		has, most := humanize.Bytes(uint64(x.source.Size)), humanize.Bytes(uint64(limit))
		if has == most {
			has, most = fmt.Sprintf("%d bytes", x.source.Size), fmt.Sprintf("%d", limit)
		}
		return x.fail("open", fmt.Sprintf("file has %s, more than the %s that max-file-size allows", has, most),
			"raise max-file-size if the file is right")
	}
	return verdict{outcome: taken, source: x.source}
}
