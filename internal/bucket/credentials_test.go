package bucket_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bucket"
	"github.com/webpress/webpress/internal/bucket/buckettest"
)

// secretWords are all that must never be seen.
var secretWords = []string{
	buckettest.KeyID, buckettest.Secret, buckettest.SessionToken, buckettest.Bearer, buckettest.AccountKey, idToken, "issued-t0ken", "issued-s3cret", "cl1ent-s3cret",
}

func noSecrets(t *testing.T, err error, log string) {
	t.Helper()
	for _, secret := range secretWords {
		if text := fmt.Sprint(err, asset.HintOf(err), log); strings.Contains(text, secret) {
			t.Errorf("%q is shown in %s", secret, text)
		}
	}
}

// TestNoSecrets has servers that quote what they were sent.
func TestNoSecrets(t *testing.T) {
	sas := map[string]string{"AZURE_STORAGE_SAS_TOKEN": "?sv=2021&sig=" + buckettest.SessionToken}
	for name, test := range map[string]struct {
		p     bucket.Provider
		env   func(string) string
		quote string
	}{
		"S3": {bucket.S3, buckettest.Env, buckettest.Secret}, "Azure": {bucket.Azure, buckettest.Env, buckettest.AccountKey},
		"SAS": {bucket.Azure, func(name string) string { return sas[name] }, ""},
	} {
		for _, status := range []int{400, 403, 503} {
			var signatures []string
			b := &bench{server: buckettest.NewServer(t, test.p)}
			b.server.SetFault(func(w http.ResponseWriter, r *http.Request) bool {
				quoted := r.URL.String() + strings.Join(append(r.Header.Values("Authorization"), r.Header.Values("X-Amz-Security-Token")...), " ") + " " + test.quote
				if _, signature, ok := strings.Cut(r.Header.Get("Authorization"), "SharedKey testaccount:"); ok {
					signatures = append(signatures, signature)
				}
				return refuse(test.p, status, "Strange", strings.NewReplacer("&", "&amp;").Replace(quoted))(w, r)
			})
			b.Bucket = b.server.Open(t, "web", b.options(bucket.Options{Retries: 1, Getenv: test.env}))
			for _, err := range []error{list(b, t.Context()), stat(b, t.Context(), "a"), write(b, t.Context(), "a", bucket.WriteOptions{})} {
				if err == nil {
					t.Errorf("%s: no error", name)
				}
				noSecrets(t, err, b.log())
				for _, s := range signatures {
					if strings.Contains(err.Error()+b.log(), s) {
						t.Errorf("%s: a signature is shown in %v", name, err)
					}
				}
			}
			b.server.Close()
			noSecrets(t, list(b, t.Context()), b.log())
		}
	}
}

// TestSAS goes in by a SAS token and by connection strings.
func TestSAS(t *testing.T) {
	s := buckettest.NewServer(t, bucket.Azure)
	for _, env := range []map[string]string{
		{"AZURE_STORAGE_SAS_TOKEN": "sv=2021&sig=" + buckettest.SessionToken},
		{"AZURE_STORAGE_CONNECTION_STRING": "BlobEndpoint=" + s.URL + "/testaccount;SharedAccessSignature=sv=2021&sig=" + buckettest.SessionToken},
		{"AZURE_STORAGE_CONNECTION_STRING": "AccountName=testaccount;AccountKey=" + buckettest.AccountKey + ";BlobEndpoint=" + s.URL + "/testaccount;"},
	} {
		a, err := bucket.Parse("az://testaccount/photos")
		if env["AZURE_STORAGE_SAS_TOKEN"] != "" {
			a.Endpoint = s.URL + "/testaccount"
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := bucket.Open(t.Context(), a, bucket.Options{Getenv: func(name string) string { return env[name] }})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(write(b, t.Context(), "a", bucket.WriteOptions{}), list(b, t.Context())); err != nil {
			t.Error(err)
		}
	}
}

// TestNoCredentials has settings that lead nowhere.
func TestNoCredentials(t *testing.T) {
	folder := t.TempDir()
	for name, data := range map[string]string{"empty": "", "broken.json": `{"type": "service_account", "private_key": "s3cret`, "other.json": `{"type": "strange"}`} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		address, err, hint string
		o                  bucket.Options
		env                string
	}{
		{"s3://photos", "there are no credentials", "aws-role", bucket.Options{}, ""},
		{"gs://photos", "there are no credentials", "gcp-workload-identity-provider", bucket.Options{}, ""},
		{"az://account1/photos", "there are no credentials", "azure-client-id", bucket.Options{}, ""},
		{"s3://photos", "the CI gives no token", "id-token: write", bucket.Options{AWSRole: "arn"}, ""},
		{"gs://photos", "the CI gives no token", "id-token: write", bucket.Options{GCPWorkloadIdentityProvider: pool}, ""},
		{"gs://photos", `gcp-workload-identity-provider is "github"`, "projects/NUMBER", bucket.Options{GCPWorkloadIdentityProvider: "github"}, ""},
		{"gs://photos", `gcp-service-account is "x"`, "NAME@PROJECT", bucket.Options{GCPWorkloadIdentityProvider: pool, GCPServiceAccount: "x"}, ""},
		{"az://account1/photos", "the CI gives no token", "id-token: write", bucket.Options{AzureClientID: "a"}, ""},
		{"s3://photos", "only one of", "set both", bucket.Options{}, "AWS_ACCESS_KEY_ID=a"},
		{"s3://photos", "AWS_ROLE_ARN is not", "AWS_ROLE_ARN", bucket.Options{}, "AWS_WEB_IDENTITY_TOKEN_FILE=/x"},
		{"gs://photos", "is not JSON", "GOOGLE_APPLICATION_CREDENTIALS", bucket.Options{}, "GOOGLE_APPLICATION_CREDENTIALS=" + folder + "/broken.json"},
		{"gs://photos", "unknown type", "service account", bucket.Options{}, "GOOGLE_APPLICATION_CREDENTIALS=" + folder + "/other.json"},
		{"gs://photos", "no such file", "GOOGLE_APPLICATION_CREDENTIALS", bucket.Options{}, "GOOGLE_APPLICATION_CREDENTIALS=" + folder + "/none"},
		{"az://account1/photos", "not base64", "portal", bucket.Options{}, "AZURE_STORAGE_KEY=s3cret"},
		{"az://account1/photos", "that of account other", "same", bucket.Options{}, "AZURE_STORAGE_KEY=czNjcmV0 AZURE_STORAGE_ACCOUNT=other"},
		{"az://account1/photos", "no signature", "portal", bucket.Options{}, "AZURE_STORAGE_SAS_TOKEN=s3cret"},
		{"az://account1/photos", "names no account", "portal", bucket.Options{}, "AZURE_STORAGE_CONNECTION_STRING=s3cret"},
		{"az://account1/photos", "that of account other", "same", bucket.Options{}, "AZURE_STORAGE_CONNECTION_STRING=AccountName=other;AccountKey=czNjcmV0"},
		{"az://account1/photos", "the client or the tenant is missing", "azure-tenant-id", bucket.Options{}, "AZURE_CLIENT_SECRET=s3cret"},
		{"gs://photos?endpoint=http://h", "without encryption", "https", bucket.Options{}, "GOOGLE_APPLICATION_CREDENTIALS=" + folder + "/user.json"},
	} {
		writeJSON(t, filepath.Join(folder, "user.json"), map[string]any{"type": "authorized_user", "client_id": "a", "client_secret": "s3cret", "refresh_token": "s3cret"})
		a, err := bucket.Parse(test.address)
		if err != nil {
			t.Fatal(err)
		}
		test.o.Getenv = func(name string) string {
			for pair := range strings.FieldsSeq(test.env) {
				if value, ok := strings.CutPrefix(pair, name+"="); ok {
					return value
				}
			}
			return ""
		}
		_, err = bucket.Open(t.Context(), a, test.o)
		if err == nil || !strings.Contains(err.Error(), test.err) || !strings.Contains(asset.HintOf(err), test.hint) || strings.Contains(fmt.Sprint(err, asset.HintOf(err)), "s3cret") {
			t.Errorf("%s, %s: %v, hint %q", test.address, test.env, err, asset.HintOf(err))
		}
	}
}

// TestWrongClock has an Azure server whose clock is another: it says no more than that
// the signature is not good.
func TestWrongClock(t *testing.T) {
	b := newBench(t, bucket.Azure, bucket.Options{})
	b.server.SetFault(func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Date", time.Now().Add(20*time.Minute).UTC().Format(http.TimeFormat))
		return refuse(bucket.Azure, 403, "AuthenticationFailed", "Server failed to authenticate the request.")(w, r)
	})
	if err := list(b, t.Context()); !errors.Is(err, bucket.ErrClock) || !strings.Contains(err.Error(), "behind of the server's") {
		t.Error(err)
	}
}
