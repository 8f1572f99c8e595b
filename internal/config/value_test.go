package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestSplit(t *testing.T) {
	for text, want := range map[string][]string{
		"":                         nil,
		" , \n,,":                  nil,
		"a":                        {"a"},
		"a, b ,c":                  {"a", "b", "c"},
		"a\r\n\n  b\n":             {"a", "b"},
		"*.{jpg,png},c":            {"*.{jpg,png}", "c"},
		"{a,{b,c},d}/x,!e":         {"{a,{b,c},d}/x", "!e"},
		"[a,b]*,c":                 {"[a,b]*", "c"},
		"[{]a,b":                   {"[{]a", "b"},
		`a\,b,c`:                   {`a\,b`, "c"},
		`\{a,b`:                    {`\{a`, "b"},
		"}a,b":                     {"}a", "b"},
		"{a,b\nc,d":                {"{a,b", "c", "d"},
		"with space/ü.png,b c.png": {"with space/ü.png", "b c.png"},
		`end\`:                     {`end\`},
	} {
		if diff := cmp.Diff(want, split(text), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("split(%q) (-want +got):\n%s", text, diff)
		}
	}
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       any
	}{
		{"quality", " 80 ", Quality{Look: 80}},
		{"quality", "80.0", Quality{Look: 80}},
		{"quality", " Auto", Quality{Look: 80, Auto: true}},
		{"look", "HIGH", "high"},
		{"look", "77.5", "77.5"},
		{"max-bytes", "200kB", int64(200000)},
		{"quality", "webp=75", Quality{Look: 80, Own: map[string]int{"webp": 75}}},
		{"quality", " WebP = 75, avif=60,jpg=0", Quality{Look: 80, Own: map[string]int{"webp": 75, "avif": 60, "jpeg": 0}}},
		{"quality", "{webp=75,avif=60}", Quality{Look: 80, Own: map[string]int{"webp": 75, "avif": 60}}},
		{"quality", "webp: 75\navif: 60\n", Quality{Look: 80, Own: map[string]int{"webp": 75, "avif": 60}}},
		{"min-savings", "0.5", 0.5},
		{"min-savings", "5 %", 5.0},
		{"max-pixels", "268402689", int64(268402689)},
		{"max-pixels", "0.5mp", int64(500000)},
		{"max-pixels", "50 MP", int64(50e6)},
		{"max-file-size", "1048576", int64(1 << 20)},
		{"max-file-size", "1 MiB", int64(1 << 20)},
		{"max-file-size", "1.5kB", int64(1500)},
		{"memory-limit", "0", int64(0)},
		{"summary", "On", true},
		{"summary", "0", false},
		{"lossless", "ALWAYS", "always"},
		{"changed-only", "Auto", Auto},
		{"changed-only", "yes", Always},
		{"changed-only", "0", Never},
		{"cache-size", "0", int64(0)},
		{"shard", "AUTO/2", "auto/2"},
		{"fail-on", "change", FailOnChange},
		{"checks", "Budgets\noutputs", []string{CheckBudgets, CheckOutputs}},
		{"base", "origin/main", "origin/main"},
		{"base", "v1.2", "v1.2"},
		{"base", "HEAD~1", "HEAD~1"},
		{"base", "main^2~3", "main^2~3"},
		{"base", "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "4b825dc642cb6eb9a060e54bf8d69288fbee4904"},
		{"base", "feature/ünï#1", "feature/ünï#1"},
	} {
		got, err := byName[tt.name].parse(tt.text)
		if err != nil || !cmp.Equal(got, tt.want) {
			t.Errorf("%s: parse(%q) = %#v, %v, want %#v", tt.name, tt.text, got, err, tt.want)
		}
	}
	for _, tt := range []struct{ name, text string }{
		{"quality", ""}, {"quality", "1e9"}, {"quality", "1_0"}, {"quality", "+Inf"}, {"quality", "8O"}, {"quality", "80%"}, {"quality", "75,avif=60"},
		{"quality", "avif=101"}, {"quality", "avif="}, {"quality", "=80"}, {"quality", "gif=80"}, {"quality", "png=80"}, {"quality", "jpg=1,jpeg=2"}, {"quality", "{webp=75"}, {"quality", "{}"}, {"quality", "avif=6.5"},
		{"max-pixels", "MP"}, {"max-pixels", "-1MP"}, {"max-pixels", "nanMP"}, {"max-pixels", "1e300MP"}, {"max-pixels", "0.1"},
		{"max-file-size", "99999999999999999999EB"}, {"max-file-size", "-1MB"}, {"max-file-size", "0x10"}, {"max-file-size", "inf"},
		{"min-savings", "%"}, {"min-savings", "100.1"}, {"summary", ""}, {"report", "a\x00b"}, {"output", "\x00.webp"},
		{"changed-only", "maybe"}, {"changed-only", ""}, {"checks", "budget"}, {"fail-on", "warning"}, {"shard", "0/2"}, {"cache-size", "-1"},
		{"base", ""}, {"base", "-x"}, {"base", "--upload-pack=x"}, {"base", "a..b"}, {"base", "a b"}, {"base", "a\nb"}, {"base", "a\u00a0b"}, {"base", "@{u}"},
		{"base", "main@{1}"}, {"base", "^main"}, {"base", "main^@"}, {"base", "main^!"}, {"base", "main:a.png"}, {"base", ":/fix"}, {"base", "a*"}, {"base", "a\x1b"},
	} {
		if got, err := byName[tt.name].parse(tt.text); err == nil {
			t.Errorf("%s: parse(%q) = %#v", tt.name, tt.text, got)
		}
	}
}
