package report

import (
	"encoding/json"
	"errors"
	"fmt"
)

// maxReport is the length in bytes of a report that is still read: that of some
// 100,000 sources.
const maxReport = 64 << 20

// Parse reads what JSON has written. Members that are not known are passed over.
func Parse(data []byte) (Report, error) {
	if len(data) > maxReport {
		return Report{}, fmt.Errorf("it has %d bytes, more than the %d that are read", len(data), maxReport)
	}
	var version struct {
		Schema *int `json:"schema"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return Report{}, err
	}
	switch {
	case version.Schema == nil:
		return Report{}, errors.New("it has no schema version")
	case *version.Schema != SchemaVersion:
		return Report{}, fmt.Errorf("its schema version is %d, and this webpress reads %d", *version.Schema, SchemaVersion)
	}
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return Report{}, err
	}
	// An older webpress leaves out what it does not know.
	r.Findings, r.Skips, r.Notices = full(r.Findings), full(r.Skips), full(r.Notices)
	r.Deliveries, r.Results = full(r.Deliveries), full(r.Results)
	r.rows = rows(r.Results)
	return r, nil
}

// full is a list that is not nil, as in what New makes.
func full[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
