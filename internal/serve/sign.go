package serve

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/webpress/webpress/internal/tree"
)

const secretFile = "secret.json"

// A signer makes links that need no key, and the secrets of webhooks.
type signer struct{ key []byte }

// openSigner reads the secret below dir, and makes one the first time.
func openSigner(dir string) (signer, error) {
	path := filepath.Join(dir, secretFile)
	var stored struct {
		Secret []byte `json:"secret"`
	}
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		stored.Secret = make([]byte, 32)
		_, _ = rand.Read(stored.Secret) // never fails
		if data, err = json.Marshal(stored); err != nil {
			return signer{}, err
		}
		return signer{stored.Secret}, replaceFile(dir, secretFile, data)
	case err != nil:
		return signer{}, fmt.Errorf("read %q: %w", path, tree.Cause(err))
	}
	if err := json.Unmarshal(data, &stored); err != nil || len(stored.Secret) < 32 {
		return signer{}, fmt.Errorf("read %q: it is damaged: remove it, and older links end", path)
	}
	return signer{stored.Secret}, nil
}

func (s signer) mac(parts ...string) []byte {
	mac := hmac.New(sha256.New, s.key)
	_ = json.NewEncoder(mac).Encode(parts) // so that no part can pass for the end of another
	return mac.Sum(nil)
}

// query signs the download of an output of a job, empty for the job as a whole.
func (s signer) query(id, output string, expires time.Time) string {
	at := strconv.FormatInt(expires.Unix(), 10)
	return url.Values{"expires": {at}, "signature": {base64.RawURLEncoding.EncodeToString(s.mac("download", id, output, at))}}.Encode()
}

// check is why a signature does not allow a download. It says nothing of the job.
func (s signer) check(query url.Values, id, output string, now time.Time) *Problem {
	signature, err := base64.RawURLEncoding.DecodeString(query.Get("signature"))
	at := query.Get("expires")
	if err != nil || !hmac.Equal(signature, s.mac("download", id, output, at)) {
		return newProblem(wrongSignature, "the signature does not belong to this address")
	}
	if n, err := strconv.ParseInt(at, 10, 64); err != nil || !now.Before(time.Unix(n, 0)) {
		return newProblem(gone, "the link has expired")
	}
	return nil
}

// webhookSecret is what webhooks for a key are signed with, in the form of Standard Webhooks.
func (s signer) webhookSecret(key string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString(s.mac("webhook", key)[:24])
}
