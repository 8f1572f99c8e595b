package bucket

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// NewMemory returns an empty bucket in memory, for tests. It behaves like the others, but
// for what a network adds.
func NewMemory(name string) Bucket {
	o := Options{}.withDefaults()
	b := newBucket(Address{Provider: memory, Bucket: name}, o)
	b.driver = &memoryDriver{o: o, objects: map[string]stored{}}
	return b
}

// memoryDriver is the driver of a bucket in memory.
type memoryDriver struct {
	o       Options
	mu      sync.RWMutex
	objects map[string]stored
	writes  int
}

type stored struct {
	Object
	data []byte
}

func (m *memoryDriver) list(_ context.Context, prefix, after string) ([]Object, string, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var page []Object
	for key, s := range m.objects {
		if strings.HasPrefix(key, prefix) && key > after {
			page = append(page, s.Object)
		}
	}
	slices.SortFunc(page, func(a, b Object) int { return strings.Compare(a.Key, b.Key) })
	if len(page) > pageSize {
		return page[:pageSize], page[pageSize-1].Key, nil
	}
	return page, "", nil
}

func (m *memoryDriver) stat(_ context.Context, key string) (Object, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	s, ok := m.objects[key]
	if !ok {
		return Object{}, &Error{Kind: ErrNotExist}
	}
	return s.Object, nil
}

func (m *memoryDriver) read(_ context.Context, key string, r readRequest) (io.ReadCloser, int64, Object, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	s, ok := m.objects[key]
	switch {
	case !ok:
		return nil, 0, Object{}, &Error{Kind: ErrNotExist}
	case r.ifNoneMatch != "" && r.ifNoneMatch == s.ETag:
		return nil, 0, Object{}, &Error{Kind: ErrNotModified}
	case r.ifMatch != "" && r.ifMatch != s.ETag:
		return nil, 0, Object{}, &Error{Kind: ErrChanged}
	}
	return io.NopCloser(bytes.NewReader(s.data[r.offset:])), r.offset, s.Object, nil
}

func (m *memoryDriver) write(_ context.Context, key string, w writeRequest) (Object, error) {
	data, err := io.ReadAll(w.body)
	if err != nil {
		return Object{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	before, exists := m.objects[key]
	switch {
	case w.IfAbsent && exists:
		return Object{}, &Error{Kind: ErrExist}
	case w.IfMatch != "" && w.IfMatch != before.ETag:
		return Object{}, &Error{Kind: ErrChanged}
	}
	m.writes++
	o := Object{Key: key, Size: w.size, ETag: strconv.Itoa(m.writes), Modified: m.o.Clock.Now().UTC(), ContentType: w.ContentType, SHA256: w.SHA256}
	m.objects[key] = stored{o, data}
	return o, nil
}

func (m *memoryDriver) delete(_ context.Context, key, ifMatch string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.objects[key]; ok && ifMatch != "" && s.ETag != ifMatch {
		return &Error{Kind: ErrChanged}
	}
	delete(m.objects, key)
	return nil
}

func (m *memoryDriver) classify(op operation, a *answer) *Error { return general(op, a) }

func (m *memoryDriver) renew() bool { return false }

func (m *memoryDriver) move(string) bool { return false }
