package config

import "testing"

func TestParseShard(t *testing.T) {
	for text, want := range map[string]Shard{
		"1/1": {Index: 1, Total: 1}, "2/4": {Index: 2, Total: 4}, " 10000/10000 ": {Index: 10000, Total: 10000}, "03/04": {Index: 3, Total: 4},
		"auto": {Auto: true}, "AUTO": {Auto: true}, "auto/8": {Total: 8, Auto: true},
	} {
		if got, err := ParseShard(text); err != nil || got != want {
			t.Errorf("ParseShard(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "/", "1", "1/", "/1", "0/4", "5/4", "-1/4", "+1/4", "1/+4", "1/0", "1/10001", "1/4/4", "1 / 4", "1.0/4", "auto/", "auto/0", "auto/-1",
		"auto/auto", "autoo", "99999999999999999999/99999999999999999999",
	} {
		if got, err := ParseShard(text); err == nil || got != (Shard{}) {
			t.Errorf("ParseShard(%q) = %+v, %v", text, got, err)
		}
	}
}

// Outside of a matrix, and where the expression is not known, nothing is said:
// that is not a mistake.
func TestParseMatrixJob(t *testing.T) {
	for text, want := range map[string][2]int{
		"0/1": {1, 1}, "3/4": {4, 4}, " 0 / 2 ": {1, 2},
		"": {}, "/": {}, " / ": {}, "0/": {}, "/4": {}, "4/4": {}, "-1/4": {}, "0/0": {}, "0/10001": {}, "a/b": {}, "1/2/3": {}, "1.0/2": {},
		"${{ strategy.job-index }}/${{ strategy.job-total }}": {},
	} {
		if index, total := ParseMatrixJob(text); index != want[0] || total != want[1] {
			t.Errorf("ParseMatrixJob(%q) = %d, %d, want %v", text, index, total, want)
		}
		if _, err := Load(nil, Env{Environ: []string{"INPUT_MATRIX-JOB=" + text}, Dir: t.TempDir()}); err != nil {
			t.Errorf("matrix-job %q: %v", text, err)
		}
	}
}

func FuzzParseShard(f *testing.F) {
	for _, seed := range []string{"2/4", "auto", "auto/8", "0/1", " / ", "${{ a }}/${{ b }}", "99999999999/1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseShard(text)
		if ok := s.Total <= maxShards && (s.Auto && s.Index == 0 && s.Total >= 0 || s.Index >= 1 && s.Index <= s.Total); err == nil && !ok {
			t.Errorf("ParseShard(%q) = %+v", text, s)
		}
		index, total := ParseMatrixJob(text)
		if ok := index >= 1 && index <= total && total <= maxShards; !ok && (index != 0 || total != 0) {
			t.Errorf("ParseMatrixJob(%q) = %d, %d", text, index, total)
		}
	})
}
