package bucket

import (
	"net/http"
	"strings"
	"testing"
)

func TestParseAnswer(t *testing.T) {
	for body, want := range map[string][2]string{
		`<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>gone</Message></Error>`:                          {"NoSuchKey", "gone"},
		"\xef\xbb\xbf<?xml version=\"1.0\"?><Error><Code>BlobNotFound</Code><Message>gone\nTime:1</Message></Error>": {"BlobNotFound", "gone\nTime:1"},
		`<ErrorResponse xmlns="x"><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`:     {"AccessDenied", "no"},
		`{"error":{"code":403,"message":"no","errors":[{"reason":"forbidden"}]}}`:                                    {"forbidden", "no"},
		`{"error":{"code":403,"message":"no","status":"PERMISSION_DENIED"}}`:                                         {"PERMISSION_DENIED", "no"},
		`{"error":"invalid_grant"}`:                 {"", ""},
		`<Error><Code>a b ::error::</Code></Error>`: {"", ""},
		"<html><body>Welcome</body></html>":         {"", ""},
		"<Error><Code>cut":                          {"", ""},
		"Not Found":                                 {"", ""},
		"":                                          {"", ""},
	} {
		if code, message := parseAnswer([]byte(body)); code != want[0] || message != want[1] {
			t.Errorf("%s: %q, %q", body, code, message)
		}
	}
}

func FuzzParseAnswer(f *testing.F) {
	for _, s := range []string{`<Error><Code>A</Code><Message>b</Message><Region>eu-west-1</Region></Error>`, `{"error":{"message":"a","errors":[{"reason":"b"}]}}`, "<"} {
		f.Add([]byte(s), 403)
	}
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		a := &answer{status: status, header: http.Header{}, body: body}
		a.code, a.message = parseAnswer(body)
		for _, p := range []driver{&s3{}, &gcs{}, &azure{access: &azureAccess{}}} {
			b := newBucket(Address{}, Options{}.withDefaults())
			b.driver = p
			e := b.why(operation{verb: "write", key: "a"}, errRefused, a)
			if strings.ContainsAny(e.Error()+e.Hint, "\r\n\x1b") {
				t.Errorf("%q", e.Error())
			}
		}
		if r := a.region(); r != "" && !validRegion().MatchString(r) {
			t.Errorf("region %q", r)
		}
	})
}

func TestContentRange(t *testing.T) {
	for value, want := range map[string][2]int64{
		"":                     {0, 7},
		"bytes 3-9/10":         {3, 10},
		"bytes 3-9/*":          {3, 10},
		"bytes x-9/10":         {0, 7},
		"bytes */10":           {0, 7},
		"items 3-9/10":         {0, 7},
		"bytes 3-9/1000000000": {3, 1000000000},
	} {
		if from, size := contentRange(http.Header{"Content-Range": {value}}, 7); from != want[0] || size != want[1] {
			t.Errorf("%q: %d, %d", value, from, size)
		}
	}
}

// TestWithoutProof has the headers that prove a request, quoted by a server.
func TestWithoutProof(t *testing.T) {
	for header, secret := range map[string]string{
		"Bearer abcdefghijklmnopq":                                                          "abcdefghijklmnopq",
		"SharedKey account:c2lnbmF0dXJlLXNpZ25hdHVyZQ==":                                    "c2lnbmF0dXJlLXNpZ25hdHVyZQ",
		"AWS4-HMAC-SHA256 Credential=A/b/c, SignedHeaders=host, Signature=0123456789abcdef": "0123456789abcdef",
	} {
		if got := withoutProof("you sent "+header+", which is wrong", header); strings.Contains(got, secret) || !strings.Contains(got, "which is wrong") {
			t.Errorf("%s: %s", header, got)
		}
	}
}
