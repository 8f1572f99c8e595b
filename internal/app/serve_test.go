package app

import (
	"net"
	"testing"
)

func TestReachedAt(t *testing.T) {
	for at, want := range map[string][2]string{
		"127.0.0.1:80":  {"http://127.0.0.1:80", ""},
		"[::1]:80":      {"http://[::1]:80", ""},
		"[::]:80":       {"http://127.0.0.1:80", ", and on all other addresses of this machine, without TLS"},
		"0.0.0.0:80":    {"http://127.0.0.1:80", ", and on all other addresses of this machine, without TLS"},
		"192.0.2.1:443": {"http://192.0.2.1:443", ", without TLS"},
	} {
		addr, err := net.ResolveTCPAddr("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		if base, besides := reachedAt(addr); base != want[0] || besides != want[1] {
			t.Errorf("%s: %s%s", at, base, besides)
		}
	}
}
