package budget_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/budget"
)

const except = ", or name it under `except`"

func bytes(n int64) *int64 { return &n }

// below reports whether a limit is for the files in a folder.
func below(dir string) func(string) bool {
	return func(path string) bool { return strings.HasPrefix(path, dir+"/") }
}

func TestCheck(t *testing.T) {
	photo := budget.File{
		Path: "photos/a.jpg", Size: 8_123_456, Format: asset.JPEG, Width: 4032, Height: 3024, Pixels: 4032 * 3024, GPS: true, Added: true,
	}
	result := budget.File{Path: "a.webp", Size: 600_000, Format: asset.WebP, Width: 2400, Height: 1800, Pixels: 2400 * 1800}
	broken := budget.File{Path: "b.jpg", Size: 50, Format: asset.JPEG, Added: true, Err: &asset.Fault{Message: `measure "b.jpg": jpeg: the file is cut short`, Hint: "copy it again"}}
	finding := func(rule, path, message, hint string) asset.Finding {
		return asset.Finding{Rule: rule, Severity: asset.Error, Path: path, Message: message, Hint: hint}
	}
	warning := func(f asset.Finding) asset.Finding {
		f.Severity = asset.Warning
		return f
	}
	bytesOf := finding("max-bytes", "photos/a.jpg", `"photos/a.jpg" is 8.1 MB, limit 500 kB (webpress.yml, line 3)`,
		"shrink it, let webpress replace it (`max-width` or `quality` and `originals: remove`)"+except)

	for _, tc := range []struct {
		name    string
		limits  []budget.Limit
		files   []budget.File
		want    []asset.Finding
		before  map[string]int64
		notices []string
	}{
		{name: "nothing"},
		{name: "no limits", files: []budget.File{photo, result, broken}},
		{name: "limits without files", limits: []budget.Limit{{MaxBytes: 1, MaxTotalBytes: 1, MaxGrowth: bytes(0)}}, before: map[string]int64{}},
		{
			name:   "a limit that is not in the way",
			limits: []budget.Limit{{}},
			files:  []budget.File{photo, broken},
		},
		{
			name: "what is just allowed",
			limits: []budget.Limit{{
				MaxBytes: photo.Size, MaxWidth: 4032, MaxHeight: 3024, MaxPixels: 4032 * 3024, MaxTotalBytes: photo.Size, MaxGrowth: bytes(photo.Size),
				Formats: []asset.Format{asset.WebP, asset.JPEG},
			}},
			files:  []budget.File{photo},
			before: map[string]int64{},
		},
		{name: "bytes", limits: []budget.Limit{{Line: 3, MaxBytes: 500_000}}, files: []budget.File{photo}, want: []asset.Finding{bytesOf}},
		{
			name: "bytes, by one", limits: []budget.Limit{{Line: 3, MaxBytes: 599_999}}, files: []budget.File{result},
			want: []asset.Finding{finding("max-bytes", "a.webp", `"a.webp" is 600,000 bytes, limit 599,999 (webpress.yml, line 3)`,
				"make it smaller, with `max-width` or `quality` if webpress makes it"+except)},
		},
		{
			name:   "pixels",
			limits: []budget.Limit{{Line: 4, MaxWidth: 2000, MaxHeight: 1500, MaxPixels: 3_000_000}}, files: []budget.File{photo, result},
			want: []asset.Finding{
				finding("max-height", "a.webp", `"a.webp" is 1800 pixels high, limit 1500 (webpress.yml, line 4)`, "make it smaller, with `max-height: 1500` if webpress makes it"+except),
				finding("max-pixels", "a.webp", `"a.webp" has 4,320,000 pixels (2400 x 1800), limit 3,000,000 (webpress.yml, line 4)`, "make it smaller, with `max-width` or `max-height` if webpress makes it"+except),
				finding("max-width", "a.webp", `"a.webp" is 2400 pixels wide, limit 2000 (webpress.yml, line 4)`, "make it smaller, with `max-width: 2000` if webpress makes it"+except),
				finding("max-height", "photos/a.jpg", `"photos/a.jpg" is 3024 pixels high, limit 1500 (webpress.yml, line 4)`, "shrink it, let webpress replace it (`max-height: 1500` and `originals: remove`)"+except),
				finding("max-pixels", "photos/a.jpg", `"photos/a.jpg" has 12,192,768 pixels (4032 x 3024), limit 3,000,000 (webpress.yml, line 4)`, "shrink it, let webpress replace it (`max-width` or `max-height` and `originals: remove`)"+except),
				finding("max-width", "photos/a.jpg", `"photos/a.jpg" is 4032 pixels wide, limit 2000 (webpress.yml, line 4)`, "shrink it, let webpress replace it (`max-width: 2000` and `originals: remove`)"+except),
			},
		},
		{
			name:   "formats, WebP among them",
			limits: []budget.Limit{{Formats: []asset.Format{asset.WebP, asset.AVIF, asset.PNG}}}, files: []budget.File{photo, result},
			want: []asset.Finding{finding("formats", "photos/a.jpg", `"photos/a.jpg" is JPEG, allowed is WebP, AVIF or PNG (webpress.yml)`, "let webpress replace it (`originals: remove`)"+except)},
		},
		{
			name:   "formats, WebP not among them",
			limits: []budget.Limit{{Line: 1, Formats: []asset.Format{asset.AVIF}, Severity: asset.Warning}}, files: []budget.File{result},
			want: []asset.Finding{warning(finding("formats", "a.webp", `"a.webp" is WebP, allowed is AVIF (webpress.yml, line 1)`, "save it as AVIF"+except))},
		},
		{
			name:   "position",
			limits: []budget.Limit{{Line: 9, NoGPS: true}},
			files: []budget.File{
				photo,
				{Path: "-b.jpg", Format: asset.JPEG, GPS: true, Added: true},
				{Path: "an old one.jpg", Format: asset.JPEG, GPS: true},
				{Path: "c d.webp", Format: asset.WebP, GPS: true, Added: true},
				{Path: "without.jpg", Format: asset.JPEG, Added: true},
			},
			want: []asset.Finding{
				finding("no-gps", "-b.jpg", `"-b.jpg" contains GPS coordinates (webpress.yml, line 9)`,
					"take it out, with `exiftool '-gps*=' -overwrite_original ./-b.jpg`, and amend the commit that added the file, which keeps it otherwise"+except),
				finding("no-gps", "c d.webp", `"c d.webp" contains GPS coordinates (webpress.yml, line 9)`,
					"take it out, with `exiftool '-gps*=' -overwrite_original FILE`, or `metadata: icc` if webpress makes it, and amend the commit that added the file, which keeps it otherwise"+except),
				finding("no-gps", "photos/a.jpg", `"photos/a.jpg" contains GPS coordinates (webpress.yml, line 9)`,
					"take it out, with `exiftool '-gps*=' -overwrite_original photos/a.jpg`, and amend the commit that added the file, which keeps it otherwise"+except),
			},
		},
		{
			name:   "files that it is for",
			limits: []budget.Limit{{Line: 3, MaxBytes: 500_000, Applies: below("photos")}, {MaxWidth: 1, Applies: below("x")}},
			files:  []budget.File{result, photo},
			want:   []asset.Finding{bytesOf},
		},
		{
			name: "two limits, the strictest counts",
			limits: []budget.Limit{
				{Line: 1, MaxBytes: 5_000_000},
				{Line: 3, MaxBytes: 500_000},
				{Line: 5, MaxBytes: 50_000, Severity: asset.Warning},
			},
			files: []budget.File{photo, {Path: "small.jpg", Size: 100_000, Format: asset.JPEG}},
			want: []asset.Finding{
				bytesOf,
				warning(finding("max-bytes", "small.jpg", `"small.jpg" is 100 kB, limit 50 kB (webpress.yml, line 5)`, bytesOf.Hint)),
			},
		},
		{
			name:   "unreadable, and nothing had to be read",
			limits: []budget.Limit{{MaxBytes: 49, Line: 3, Formats: []asset.Format{asset.WebP}}},
			files:  []budget.File{broken},
			want: []asset.Finding{
				finding("formats", "b.jpg", `"b.jpg" is JPEG, allowed is WebP (webpress.yml, line 3)`, "let webpress replace it (`originals: remove`)"+except),
				finding("max-bytes", "b.jpg", `"b.jpg" is 50 B, limit 49 B (webpress.yml, line 3)`, bytesOf.Hint),
			},
		},
		{
			name:   "unreadable",
			limits: []budget.Limit{{MaxWidth: 100, Severity: asset.Warning}, {MaxHeight: 100}, {NoGPS: true}},
			files:  []budget.File{broken},
			want:   []asset.Finding{finding("unreadable", "b.jpg", `measure "b.jpg": jpeg: the file is cut short`, "copy it again")},
		},
		{
			name:   "unreadable, for a warning",
			limits: []budget.Limit{{NoGPS: true, Severity: asset.Warning}},
			files:  []budget.File{broken},
			want:   []asset.Finding{warning(finding("unreadable", "b.jpg", `measure "b.jpg": jpeg: the file is cut short`, "copy it again"))},
		},
		{
			name: "total",
			limits: []budget.Limit{
				{Line: 7, MaxTotalBytes: 5_000_000},
				{Line: 8, MaxTotalBytes: 1_000_000, Applies: below("photos"), Severity: asset.Warning},
				{Line: 9, MaxTotalBytes: 1, Applies: below("none")},
			},
			files: []budget.File{photo, result},
			want: []asset.Finding{
				finding("max-total-bytes", "", "2 images together have 8.7 MB, limit 5 MB (webpress.yml, line 7)",
					"shrink images, let webpress replace them (`originals: remove`), or name what has to stay under `except`"),
				warning(finding("max-total-bytes", "", "1 image has 8.1 MB, limit 1 MB (webpress.yml, line 8)",
					"shrink images, let webpress replace them (`originals: remove`), or name what has to stay under `except`")),
			},
		},
		{
			name: "growth",
			limits: []budget.Limit{
				{Line: 2, MaxGrowth: bytes(1_000_000)},
				{Line: 3, MaxGrowth: bytes(0), Applies: below("photos")},
				{Line: 4, MaxGrowth: bytes(0), Applies: below("gone")},
			},
			files:  []budget.File{photo, result},
			before: map[string]int64{"photos/a.jpg": 6_000_000, "photos/b.jpg": 100_000, "gone/c.jpg": 400_000},
			want: []asset.Finding{
				finding("max-growth", "", "the images have grown by 2.2 MB since the base, limit 1 MB (webpress.yml, line 2)",
					"shrink what was added, let webpress replace it (`originals: remove`)"+except),
				finding("max-growth", "", "the images have grown by 2 MB since the base, and may not grow (webpress.yml, line 3)",
					"shrink what was added, let webpress replace it (`originals: remove`)"+except),
			},
		},
		{
			name:    "growth since an unknown base",
			limits:  []budget.Limit{{MaxGrowth: bytes(0)}, {Line: 3, MaxGrowth: bytes(1)}},
			files:   []budget.File{photo},
			notices: []string{"max-growth was not checked: what the images were like in the base is not known"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			files := slices.Clone(tc.files)
			got, notices := budget.Check(tc.limits, files, tc.before)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.notices, notices); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.files, files, cmp.Comparer(func(a, b error) bool { return a == b })); diff != "" {
				t.Errorf("the files were changed: %s", diff)
			}
		})
	}
}

func TestSizes(t *testing.T) {
	for _, tc := range []struct {
		has, most int64
		want      string
	}{
		{51, 50, `51 B, limit 50 B`},
		{1000, 999, `1 kB, limit 999 B`},
		{10_400_000, 10_000_000, `10.4 MB, limit 10 MB`},
		{999_950, 999_949, `1 MB, limit 999.9 kB`},
		{10_000_001, 10_000_000, `10,000,001 bytes, limit 10,000,000`},
		{1_500_000_000, 1_000_000_000, `1.5 GB, limit 1 GB`},
		{2_500_000_000_000_000, 1_000_000_000_000, `2500 TB, limit 1 TB`},
	} {
		got, _ := budget.Check([]budget.Limit{{MaxBytes: tc.most}}, []budget.File{{Path: "a", Size: tc.has}}, nil)
		if want := `"a" is ` + tc.want + " (webpress.yml)"; len(got) != 1 || got[0].Message != want {
			t.Errorf("%+v, want %s", got, want)
		}
	}
}
