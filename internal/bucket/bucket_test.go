package bucket_test

import (
	"testing"

	"github.com/webpress/webpress/internal/bucket"
	"github.com/webpress/webpress/internal/bucket/buckettest"
)

var providers = []bucket.Provider{bucket.S3, bucket.GCS, bucket.Azure}

func TestContract(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		buckettest.Run(t, func(*testing.T) bucket.Bucket { return bucket.NewMemory("test") })
	})
	for _, p := range providers {
		t.Run(string(p), func(t *testing.T) {
			buckettest.Run(t, func(t *testing.T) bucket.Bucket {
				return buckettest.NewServer(t, p).Open(t, "web", bucket.Options{})
			})
		})
	}
}
