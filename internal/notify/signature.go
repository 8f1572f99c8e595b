package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// secretPrefix is what the secrets of Standard Webhooks begin with: base64 follows.
const secretPrefix = "whsec_"

// Secrets are the secrets in a text. It is one secret as it is, spaces and all,
// unless all of its parts, between spaces or commas, are secrets of Standard
// Webhooks: then it is several, the newest first, as while one takes the place of
// another.
func Secrets(text string) []string {
	if text == "" {
		return nil
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) })
	for _, part := range parts {
		if !strings.HasPrefix(part, secretPrefix) {
			return []string{text}
		}
	}
	if len(parts) == 0 {
		return []string{text}
	}
	return parts
}

// standardKey is the key that StandardSign signs with: what the base64 of a secret
// of Standard Webhooks says, and the bytes themselves of any other secret.
func standardKey(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(secret, secretPrefix)
	if !ok {
		return []byte(secret), nil
	}
	text = strings.TrimRight(text, "=")
	key, err := base64.RawStdEncoding.DecodeString(text)
	if err == nil && len(key) == 0 {
		err = base64.CorruptInputError(0)
	}
	return key, err
}

// StandardSign returns the value of StandardSignatureHeader: for each of the secrets
// "v1," and, in base64, the HMAC-SHA256 of id, the time in seconds since 1970 and
// body, with dots between them. A receiver takes the report where one of them is
// right. Secrets have to be sound, see Check.
func StandardSign(secrets []string, id string, at time.Time, body []byte) string {
	var signatures []string
	for _, secret := range secrets {
		key, err := standardKey(secret)
		if err != nil {
			continue
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		mac.Write(body)
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(signatures, " ")
}

// Sign returns the value of SignatureHeader: "sha256=" and, in lower-case hex,
// the HMAC-SHA256 of body under secret. It is made as GitHub makes its
// X-Hub-Signature-256, so that what checks that one checks this one too.
//
// The receiver computes the same over the bytes of the body as they came, before
// anything decodes them, and compares the two in constant time, as hmac.Equal,
// crypto.timingSafeEqual and hmac.compare_digest do.
//
// For the secret "It's a Secret to Everybody" and the body "Hello, World!" it is
//
//	sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}
