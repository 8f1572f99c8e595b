package notify

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The vector is that of the libraries of Standard Webhooks.
func TestStandardSign(t *testing.T) {
	const id, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", `{"test": 2432232314}`
	at := time.Unix(1614265330, 0)
	const one = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	if got := StandardSign([]string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, id, at, []byte(body)); got != one {
		t.Error(got)
	}
	// The key of a plain secret are its bytes, so that this is the same one.
	plain := "1\xf2\x90\xf6\xbf\x06)\x8a\xabO\x08\xd4<?\x08,\xf6H\xa3b\xda-\xa4\xb0"
	if got := StandardSign([]string{plain, "whsec_AAAA"}, id, at, []byte(body)); len(got) != 2*len(one)+1 || got[:len(one)+1] != one+" " {
		t.Error(got)
	}
}

func TestSecrets(t *testing.T) {
	for text, want := range map[string][]string{
		"":                            nil,
		" ":                           {" "},
		"correct horse, battery":      {"correct horse, battery"},
		"whsec_AAAA":                  {"whsec_AAAA"},
		"whsec_AAAA whsec_BBBB":       {"whsec_AAAA", "whsec_BBBB"},
		"whsec_AAAA,\n  whsec_BBBB\n": {"whsec_AAAA", "whsec_BBBB"},
		"whsec_AAAA and more":         {"whsec_AAAA and more"},
	} {
		if diff := cmp.Diff(want, Secrets(text)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}
