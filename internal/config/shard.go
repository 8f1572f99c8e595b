package config

import (
	"errors"
	"strconv"
	"strings"
)

// maxShards is the most parts that a run can be split into.
const maxShards = 10_000

// A Shard is one of several parts of a run.
type Shard struct {
	// Index counts from 1 to Total. If Auto is set it is 0, and Total may be: they
	// come from the CI.
	Index, Total int
	Auto         bool
}

// ParseShard reads 2/4, auto and auto/4.
func ParseShard(text string) (Shard, error) {
	index, total, split := strings.Cut(strings.ToLower(strings.TrimSpace(text)), "/")
	s := Shard{Auto: index == Auto}
	if s.Auto && !split {
		return s, nil
	}
	var err error
	if s.Total, err = whole(total); err != nil || !split || s.Total < 1 || s.Total > maxShards {
		return Shard{}, errNotAllowed
	}
	if s.Auto {
		return s, nil
	}
	if s.Index, err = whole(index); err != nil || s.Index > s.Total {
		return Shard{}, errNotAllowed
	}
	if s.Index == 0 {
		return Shard{}, errors.New("parts are counted from 1")
	}
	return s, nil
}

// ParseMatrixJob reads the place of a job in its matrix, which GitHub counts from
// 0, and returns it counted from 1. Both are 0 if the text says nothing: outside
// of a matrix, and where the platform does not know the expression.
func ParseMatrixJob(text string) (index, total int) {
	first, second, _ := strings.Cut(text, "/")
	index, err := whole(strings.TrimSpace(first))
	if err != nil {
		return 0, 0
	}
	total, err = whole(strings.TrimSpace(second))
	if err != nil || index >= total || total > maxShards {
		return 0, 0
	}
	return index + 1, total
}

// whole reads digits, and nothing but them.
func whole(digits string) (int, error) {
	n, err := strconv.ParseUint(digits, 10, 31)
	return int(n), err
}
