package ci

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/testfiles"
)

// TestDotenvWithin swaps links in where a stranger names the file: nothing outside is
// read or written.
func TestDotenvWithin(t *testing.T) {
	outside, within := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("KEY=secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"out.env": secret, "folder": outside} {
		if err := os.Symlink(to, filepath.Join(within, link)); err != nil {
			t.Fatal(err)
		}
	}
	outputs := []Output{{"converted", "1"}}
	for name, works := range map[string]bool{"out.env": true, "folder/new.env": false, "folder/secret": false, "new/new.env": true} {
		err := dotenv(Options{Dotenv: name, Within: within}, outputs, 0, name)
		if (err == nil) != works {
			t.Errorf("%s: %v", name, err)
		}
		if !works {
			continue
		}
		info, err := os.Lstat(filepath.Join(within, name))
		if err != nil || !info.Mode().IsRegular() {
			t.Errorf("%s is %v, %v", name, info, err)
		}
		if data, _ := os.ReadFile(filepath.Join(within, name)); string(data) != "WEBPRESS_CONVERTED=1\n" {
			t.Errorf("%s has %q", name, data)
		}
	}
	if data, _ := os.ReadFile(secret); !strings.HasPrefix(string(data), "KEY=secret\n") || len(data) != len("KEY=secret\n") {
		t.Errorf("outside there is %q", data)
	}
	if names, _ := os.ReadDir(outside); len(names) != 1 {
		t.Errorf("outside there are %v", names)
	}
	// What other lines it has stays.
	testfiles.Write(t, within, "kept.env", "OTHER=1\nWEBPRESS_CONVERTED=7\n")
	if err := dotenv(Options{Dotenv: "kept.env", Within: within}, outputs, 0, "kept.env"); err != nil {
		t.Error(err)
	}
	if data, _ := os.ReadFile(filepath.Join(within, "kept.env")); string(data) != "OTHER=1\nWEBPRESS_CONVERTED=1\n" {
		t.Errorf("it has %q", data)
	}
}
