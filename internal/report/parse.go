package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"webpress/internal/asset"
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
	return r, nil
}

// full is a list that is not nil, as in what New makes.
func full[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Join makes one report of those of the shards of a run: results and findings in
// the order of their paths, notices and commands once each, counts and totals of all
// together. The time is that of the shard that took longest; recipe and version are
// those of the first. Where several shards tell of the same source, the first counts.
func Join(parts []Report) Report {
	var in Input
	var mends []string
	for i, part := range parts {
		if i == 0 {
			in.Recipe, in.Rules, in.Version = part.Recipe, part.Rules, part.Version
		}
		in.Results = append(in.Results, part.Results...)
		in.Findings = append(in.Findings, part.Findings...)
		in.Deliveries = append(in.Deliveries, part.Deliveries...)
		in.Notices = once(in.Notices, part.Notices)
		mends = once(mends, slices.Collect(strings.SplitSeq(strings.TrimSpace(part.Mend), "\n")))
		in.DryRun, in.Check = in.DryRun || part.DryRun, in.Check || part.Check
		in.Interrupted, in.Left = in.Interrupted || part.Interrupted, in.Left+part.Left
		in.Checked += part.Checked
		in.Elapsed = max(in.Elapsed, part.Elapsed)
	}
	// What is to be added is what the other commands have made.
	slices.SortStableFunc(mends, func(a, b string) int {
		switch x, y := strings.HasPrefix(a, "git add "), strings.HasPrefix(b, "git add "); {
		case x == y:
			return 0
		case x:
			return 1
		}
		return -1
	})
	in.Mend = strings.TrimSpace(strings.Join(mends, "\n"))
	slices.SortStableFunc(in.Results, func(a, b asset.Result) int { return strings.Compare(a.Source.Path, b.Source.Path) })
	in.Results = slices.CompactFunc(in.Results, func(a, b asset.Result) bool { return a.Source.Path == b.Source.Path })
	slices.SortStableFunc(in.Findings, func(a, b asset.Finding) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Message, b.Message))
	})
	// What is about all pictures, every shard has found.
	in.Findings = slices.Compact(in.Findings)
	return New(in)
}

// once appends to list what it does not have.
func once(list, more []string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}
