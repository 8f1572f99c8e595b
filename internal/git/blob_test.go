package git_test

import (
	"bytes"
	"crypto/rand"
	"testing"

	"github.com/webpress/webpress/internal/git"
	"github.com/webpress/webpress/internal/testfiles"
	"github.com/webpress/webpress/internal/testgit"
)

func TestBlobHead(t *testing.T) {
	dir := testgit.Init(t)
	large := make([]byte, 3<<20)
	_, _ = rand.Read(large)
	for name, content := range map[string][]byte{"a.bin": large, "b.bin": []byte("short"), "empty.bin": nil} {
		testfiles.Write(t, dir, name, content)
		repo := open(t, dir)
		blobs, err := repo.Hash(t.Context(), []string{name})
		if err != nil {
			t.Fatal(err)
		}
		testgit.Run(t, dir, "add", name)
		for _, n := range []int64{1, 4096, 1 << 20, 2 << 20, 3 << 20, 4 << 20} {
			got, err := repo.BlobHead(t.Context(), git.Remote{}, blobs[name], n)
			if want := content[:min(n, int64(len(content)))]; err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %d bytes of %d, %v", name, len(got), n, err)
			}
		}
		if size, err := repo.BlobSize(t.Context(), git.Remote{}, blobs[name]); err != nil || size != int64(len(content)) {
			t.Errorf("%s: %d bytes, %v", name, size, err)
		}
	}
	repo := open(t, dir)
	if _, err := repo.BlobHead(t.Context(), git.Remote{}, "0123456789012345678901234567890123456789", 10); err == nil {
		t.Error("a blob that is not there has a head")
	}
}
