package bucket

import (
	"errors"
	"strings"
	"testing"

	"github.com/webpress/webpress/internal/asset"
)

func TestParse(t *testing.T) {
	for s, want := range map[string]Address{
		"s3://photos":                               {Provider: S3, Bucket: "photos"},
		"S3://photos/":                              {Provider: S3, Bucket: "photos"},
		"s3://photos/raw/2024/":                     {Provider: S3, Bucket: "photos", Prefix: "raw/2024/"},
		"s3://photos/a%20b/c+d":                     {Provider: S3, Bucket: "photos", Prefix: "a b/c+d/"},
		"s3://photos/50%25":                         {Provider: S3, Bucket: "photos", Prefix: "50%/"},
		"s3://photos/a@b":                           {Provider: S3, Bucket: "photos", Prefix: "a@b/"},
		"s3://my.old_Bucket?region=us-east-1":       {Provider: S3, Bucket: "my.old_Bucket", Region: "us-east-1"},
		"s3://b-1/x?endpoint=https://R2.example/":   {Provider: S3, Bucket: "b-1", Prefix: "x/", Endpoint: "https://r2.example"},
		"s3://b-1?endpoint=http%3A%2F%2F[::1]:9000": {Provider: S3, Bucket: "b-1", Endpoint: "http://[::1]:9000"},
		"s3://photos?path-style=true&region=auto&":  {Provider: S3, Bucket: "photos", PathStyle: "true", Region: "auto"},
		"gs://photos_1.example.com/web":             {Provider: GCS, Bucket: "photos_1.example.com", Prefix: "web/"},
		"az://account1/photos/web":                  {Provider: Azure, Account: "account1", Bucket: "photos", Prefix: "web/"},
		"az://account1/$web":                        {Provider: Azure, Account: "account1", Bucket: "$web"},
		"az://a12/c-1?endpoint=http://h:1/a12/":     {Provider: Azure, Account: "a12", Bucket: "c-1", Endpoint: "http://h:1/a12"},
		"az://a12/c-1?endpoint=http://h/a%2526b":    {Provider: Azure, Account: "a12", Bucket: "c-1", Endpoint: "http://h/a%26b"},
	} {
		got, err := Parse(s)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", s, got, err)
		}
		if again, err := Parse(got.String()); err != nil || again != got {
			t.Errorf("%s is written %s, which is %+v, %v", s, got, again, err)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for s, want := range map[string]struct{ err, hint string }{
		"":                                  {"not the address of a bucket", "s3://bucket/prefix"},
		"photos/web":                        {"not the address of a bucket", "gs://bucket/prefix"},
		"file:///etc/passwd":                {`"file" is not the scheme of a bucket`, "s3://bucket"},
		"ftp://a/b":                         {`"ftp" is not the scheme`, "s3://bucket"},
		"gcs://photos":                      {`"gcs" is not the scheme`, "write gs://bucket"},
		"s3a://photos":                      {`"s3a" is not the scheme`, "write s3://bucket"},
		"abfss://c@a.dfs.core.windows.net/": {`"abfss" is not`, "write az://account"},
		"https://photos.s3.eu-west-1.amazonaws.com/web/?X-Amz-Signature=abc": {"not the scheme", "write s3://photos/web/?region=eu-west-1"},
		"https://s3-us-west-2.amazonaws.com/photos/web":                      {"not the scheme", "write s3://photos/web?region=us-west-2"},
		"https://acc1.blob.core.windows.net/photos/web":                      {"not the scheme", "write az://acc1/photos/web"},
		"https://storage.googleapis.com/photos/web":                          {"not the scheme", "write gs://photos/web"},
		"s3://":                                   {"it names no bucket", "write s3://bucket"},
		"s3:///photos":                            {"it names no bucket", "write s3://bucket"},
		"s3://ab":                                 {`"ab" is not the name of a bucket`, "3 to 63"},
		"s3://photos:9000/web":                    {"not the name of a bucket", "endpoint="},
		"s3://a..b":                               {"not the name of a bucket", ""},
		"s3://" + strings.Repeat("a", 64):         {"not the name of a bucket", "63"},
		"gs://Photos":                             {"not the name of a bucket", "222"},
		"s3://AKIAX:s3cret@photos/web":            {"it has a user or a key in it", "credentials come from the environment"},
		"s3://photos/a//b":                        {"prefix is not a path", "empty parts"},
		"s3://photos/../b":                        {"prefix is not a path", ""},
		"s3://photos/a%00b":                       {"prefix is not a path", ""},
		"s3://photos/%zz":                         {"a percent sign", "%25"},
		"s3://photos/%ff":                         {"prefix is not a path", ""},
		"s3://photos/a#b":                         {"fragment", "%23"},
		"s3://photos?Region=eu-west-1":            {`unknown parameter "Region"`, "did you mean region?"},
		"s3://photos?path_style=true":             {`unknown parameter "path_style"`, "did you mean path-style?"},
		"s3://photos?endpont=https://a":           {`unknown parameter "endpont"`, "did you mean endpoint?"},
		"s3://photos?acl=public":                  {`unknown parameter "acl"`, "known here: region, endpoint, path-style"},
		"gs://photos?region=eu":                   {`unknown parameter "region"`, "known here: endpoint"},
		"s3://photos?region=eu&region=us":         {"region is given twice", ""},
		"s3://photos?region=":                     {"region has no value", ""},
		"s3://photos?region=eu.evil.com/":         {"is not a region", "eu-west-1"},
		"s3://photos?path-style=yes":              {`path-style is "yes"`, "true"},
		"s3://photos?endpoint=s3.example.com":     {"endpoint is not an https or http address", "https://s3.example.com"},
		"s3://photos?endpoint=file:///x":          {"endpoint is not an https or http address", ""},
		"s3://photos?endpoint=https://u:s3cret@h": {"endpoint has a user", ""},
		"s3://photos?endpoint=https://h/x":        {"endpoint has a path", ""},
		"s3://photos?X-Amz-Signature=s3cret":      {"key, token or signature", "credentials come from the environment"},
		"az://acc1/photos?sig=s3cret&se=1":        {"key, token or signature", ""},
		"az://acc1/photos?sv=2021&sig=s3cret":     {"key, token or signature", ""},
		"az://Account/photos":                     {`"Account" is not the name of a storage account`, "3 to 24"},
		"az://account1":                           {"it names no container", ""},
		"az://account1/Photos":                    {`"Photos" is not the name of a container`, "$web"},
		"az://account1/a--b":                      {"not the name of a container", ""},
	} {
		_, err := Parse(s)
		fault, ok := errors.AsType[*asset.Fault](err)
		if !ok || !strings.Contains(fault.Message, want.err) || !strings.Contains(fault.Hint, want.hint) || fault.Hint == "" {
			t.Errorf("%s: %v, hint %q", s, err, asset.HintOf(err))
			continue
		}
		if strings.Contains(fault.Message+fault.Hint, "s3cret") {
			t.Errorf("%s: shown in %q", s, fault.Message)
		}
	}
}

func TestIsAddress(t *testing.T) {
	for s, want := range map[string]bool{"s3://a": true, "GS://": true, "az://x": true, "https://a": false, "s3:/a": false, "a.png": false} {
		if IsAddress(s) != want {
			t.Errorf("%s: %v", s, !want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"s3://photos/a%20b?region=eu-west-1&endpoint=https://h:1&path-style=true", "gs://photos/x", "az://acc1/$web/x?endpoint=http://h/acc1", "s3://a@b", "https://photos.s3.eu-west-1.amazonaws.com/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Parse(s)
		if err != nil {
			if asset.HintOf(err) == "" || strings.ContainsAny(err.Error(), "\r\n\x1b") {
				t.Errorf("%q: %q", s, err)
			}
			return
		}
		if again, err := Parse(a.String()); err != nil || again != a {
			t.Errorf("%q is written %q, which is %+v, %v", s, a.String(), again, err)
		}
		if a.Prefix != "" && !ValidKey(strings.TrimSuffix(a.Prefix, "/")) {
			t.Errorf("prefix %q", a.Prefix)
		}
	})
}
