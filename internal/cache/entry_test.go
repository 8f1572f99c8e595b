package cache

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
)

// sealed is the file of an entry with what follows its digest.
func sealed(key string, rest []byte) []byte {
	sum := digest(key, rest)
	return slices.Concat([]byte(magic), []byte{version}, sum[:], rest)
}

// Also a file with the right digest may be nonsense.
func TestParseSealedNonsense(t *testing.T) {
	long := binary.BigEndian.AppendUint32(nil, 1<<31)
	for name, rest := range map[string][]byte{
		"promises too much": append(long, "{}"...),
		"no meta":           {0, 0, 0, 0},
		"not JSON":          {0, 0, 0, 1, '{'},
		"another shape":     {0, 0, 0, 2, '[', ']'},
	} {
		if e, err := parse(key(1), sealed(key(1), rest)); !errors.Is(err, errDamaged) {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
	if e, err := parse(key(1), sealed(key(1), []byte("\x00\x00\x00\x02{}x"))); err != nil || string(e.Data) != "x" {
		t.Errorf("%+v, %v", e, err)
	}
}

func FuzzParse(f *testing.F) {
	k := key(1)
	for _, e := range []Entry{entry(1), {}, {Reason: asset.NotSmaller, After: 7}} {
		head, err := header(k, e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append(head, e.Data...), false)
		f.Add(append(head, e.Data...)[len(magic)+33:], true)
	}
	f.Add([]byte(magic), false)
	f.Add([]byte{}, true)
	f.Fuzz(func(t *testing.T, data []byte, seal bool) {
		if seal {
			data = sealed(k, data)
		}
		e, err := parse(k, data)
		if err != nil {
			if !errors.Is(err, errDamaged) && !errors.Is(err, errVersion) {
				t.Errorf("error %v", err)
			}
			return
		}
		// What was read can be written, and read again.
		head, err := header(k, e)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parse(k, append(head, e.Data...))
		if err != nil {
			t.Fatal(err)
		}
		if len(e.Notes) == 0 {
			e.Notes = nil
		}
		if diff := cmp.Diff(e, again); diff != "" {
			t.Error(diff)
		}
	})
}
