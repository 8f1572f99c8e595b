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
		{"quality", " 80 ", 80},
		{"quality", "80.0", 80},
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
	} {
		got, err := byName[tt.name].parse(tt.text)
		if err != nil || !cmp.Equal(got, tt.want) {
			t.Errorf("%s: parse(%q) = %#v, %v, want %#v", tt.name, tt.text, got, err, tt.want)
		}
	}
	for _, tt := range []struct{ name, text string }{
		{"quality", ""}, {"quality", "1e9"}, {"quality", "1_0"}, {"quality", "+Inf"}, {"quality", "8O"}, {"quality", "80%"},
		{"max-pixels", "MP"}, {"max-pixels", "-1MP"}, {"max-pixels", "nanMP"}, {"max-pixels", "1e300MP"}, {"max-pixels", "0.1"},
		{"max-file-size", "99999999999999999999EB"}, {"max-file-size", "-1MB"}, {"max-file-size", "0x10"}, {"max-file-size", "inf"},
		{"min-savings", "%"}, {"min-savings", "100.1"}, {"summary", ""}, {"report", "a\x00b"}, {"output", "\x00.webp"},
	} {
		if got, err := byName[tt.name].parse(tt.text); err == nil {
			t.Errorf("%s: parse(%q) = %#v", tt.name, tt.text, got)
		}
	}
}
