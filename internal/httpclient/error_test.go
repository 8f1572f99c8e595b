package httpclient

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMessage(t *testing.T) {
	tests := map[string]string{
		`{"message":"Validation Failed","errors":[{"message":"a"},{"code":"x"},"text"]}`:        "Validation Failed",
		`{"message":"Validation Failed","errors":[{"message":"No commits"}]}`:                   "Validation Failed: No commits",
		`{"message":{"note":["is too long"]}}`:                                                  `{"note":["is too long"]}`,
		`{"code":"internal","msg":"twirp"}`:                                                     "twirp",
		`{"error":"invalid_token","error_description":"Token was revoked."}`:                    "Token was revoked.",
		`{"message":null,"error":"404 Not Found"}`:                                              "404 Not Found",
		`<?xml version="1.0"?><Error><Code>A</Code><Message>Signature fields</Message></Error>`: "Signature fields",
		"<html><body>Unicorn</body></html>":                                                     "",
		"plain\r\n::error::words\x1b[31m\u2028x":                                                "plain ::error::words [31m x",
		`{"mess`:                                                                                `{"mess`,
		"":                                                                                      "",
	}
	for body, want := range tests {
		if got := (&Error{Body: []byte(body)}).Message(); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

func FuzzMessage(f *testing.F) {
	for _, s := range []string{`{"message":"a"}`, `<Error><Message>b</Message></Error>`, "\xff\n", strings.Repeat("ä", 300)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got := (&Error{Body: body}).Message()
		if strings.ContainsAny(got, "\r\n\x1b") || !utf8.ValidString(got) || len(got) > maxExcerpt+3 {
			t.Errorf("%q", got)
		}
	})
}
