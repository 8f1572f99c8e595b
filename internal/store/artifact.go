package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/bundle"
	"github.com/webpress/webpress/internal/httpclient"
)

// DefaultArtifactName is the name of an artifact where none is set.
const DefaultArtifactName = "webpress"

// An Artifact uploads results to the run they were made in, by version 4 of
// GitHub's artifact protocol. Gitea, Forgejo and act have the same.
//
// Within a run a name exists once. The artifact that an earlier step of the same
// job has made under it is replaced. One that may be another job's, such as that
// of another leg of a matrix, is never touched: then the job's own id is appended
// to the name.
type Artifact struct {
	// ArtifactName is what the artifact is called; empty is DefaultArtifactName.
	ArtifactName string
	// RetentionDays is after how many days the artifact is deleted; 0 is what the
	// repository has set. MaxRetentionDays is the most that the repository allows,
	// 0 if not known.
	RetentionDays, MaxRetentionDays int
	// ResultsURL is the address of the service, and Token what it knows the job
	// by. The platform hands both to each step.
	ResultsURL, Token string
	// RunURL is the page of the run, empty if not known.
	RunURL string
	// Client sends.
	Client *httpclient.Client
	// BlockSize is the number of bytes that are sent at once: what is sent again
	// when a connection breaks, and all that is held in memory. 0 is 8 MiB.
	BlockSize int
	// Mask keeps a secret out of the log. It may be nil.
	Mask func(secret string)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

var _ Store = Artifact{}

// Name returns artifact.
func (Artifact) Name() string { return "artifact" }

// Check finds what is wrong before any work is done. The error is an *asset.HintError.
func (a Artifact) Check() error {
	what := fmt.Sprintf("upload artifact %q", a.name())
	if why := badArtifactName(a.name()); why != "" {
		return &asset.HintError{What: what, Why: errors.New("the name " + why), Hint: "set `artifact-name` to a plain name, such as " + DefaultArtifactName}
	}
	if a.RetentionDays < 0 {
		return &asset.HintError{What: what, Why: fmt.Errorf("it cannot be kept for %d days", a.RetentionDays), Hint: "set `artifact-retention-days` to 1 or more, or leave it out"}
	}
	_, err := a.service()
	return err
}

// Deliver uploads the files of d with the report and a manifest. If there are no
// files, nothing is uploaded, unless it is a shard.
func (a Artifact) Deliver(ctx context.Context, d Delivery) (asset.Receipt, error) {
	stored := asset.Receipt{Store: a.Name()}
	if err := a.Check(); err != nil {
		return stored, err
	}
	b, left, err := pack(ctx, d)
	switch {
	case ctx.Err() != nil && err != nil:
		return stored, fmt.Errorf("upload artifact %q: %w", a.name(), err)
	case err != nil:
		return stored, &asset.HintError{What: fmt.Sprintf("upload artifact %q", a.name()), Why: err}
	}
	defer b.root.Close()
	stored.Left = left
	if len(b.files) == 0 && d.Shard == "" {
		return stored, nil
	}
	s, err := a.service()
	if err != nil {
		return stored, err
	}
	u := upload{Artifact: a, service: s, name: a.name()}
	id, digest, err := u.run(ctx, b)
	stored.Notes = u.notes
	if err != nil {
		if ctx.Err() != nil {
			return stored, fmt.Errorf("upload artifact %q: %w", u.name, context.Cause(ctx))
		}
		return stored, u.explain(err)
	}
	stored.Ref, stored.Digest = id, digest
	if b.page != nil {
		stored.Page = bundle.PageName
	}
	if a.RunURL != "" {
		stored.URL = a.RunURL + "/artifacts/" + id
	}
	for _, f := range b.files {
		stored.Paths = append(stored.Paths, f.Output)
		if f.Removed {
			stored.Removed = append(stored.Removed, f.Source.Path)
		}
	}
	slices.Sort(stored.Paths)
	slices.Sort(stored.Removed)
	stored.Removed = slices.Compact(stored.Removed)
	return stored, nil
}

func (a Artifact) name() string {
	if a.ArtifactName == "" {
		return DefaultArtifactName
	}
	return a.ArtifactName
}

// badArtifactName says why the service would refuse name, empty if it would
// not. The signs are those that GitHub's own client refuses.
func badArtifactName(name string) string {
	for _, r := range name {
		switch {
		case r < ' ' || r == 0x7f:
			return fmt.Sprintf("has the control character %U, which no artifact may have", r)
		case strings.ContainsRune(`":<>|*?\/`, r):
			return fmt.Sprintf("has a %c, which no artifact may have", r)
		}
	}
	if strings.TrimSpace(name) == "" {
		return "is blank"
	}
	return ""
}

// expires returns when the artifact is to be deleted, nil for the default.
func (u *upload) expires() *time.Time {
	days := u.RetentionDays
	if days == 0 {
		return nil
	}
	if u.MaxRetentionDays > 0 && days > u.MaxRetentionDays {
		u.note("the repository keeps artifacts for at most %d days, and so this one, not for %d", u.MaxRetentionDays, days)
		days = u.MaxRetentionDays
	}
	now := time.Now
	if u.Now != nil {
		now = u.Now
	}
	at := now().UTC().AddDate(0, 0, days).Truncate(time.Second)
	return &at
}

// An upload is one Put.
type upload struct {
	Artifact
	service *service
	name    string
	notes   []string
}

func (u *upload) note(format string, args ...any) {
	u.notes = append(u.notes, fmt.Sprintf(format, args...))
}

// run uploads the bundle, and returns the artifact's id and digest.
func (u *upload) run(ctx context.Context, b *packed) (id, digest string, err error) {
	signed, err := u.create(ctx, u.expires())
	if err != nil {
		return "", "", err
	}
	u.mask(signed)

	// The zip is made while it is sent: neither all of it nor any file of it is
	// ever in memory.
	pipe, zip := io.Pipe()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	made := make(chan struct{})
	go func() {
		defer close(made)
		zip.CloseWithError(b.writeZip(ctx, zip))
	}()
	hash := sha256.New()
	size, err := sendBlocks(ctx, u.Client, signed, io.TeeReader(pipe, hash), cmp.Or(u.BlockSize, defaultBlock))
	pipe.CloseWithError(context.Canceled) // lets writeZip end where sending failed
	<-made
	if err != nil {
		return "", "", err
	}
	digest = "sha256:" + hex.EncodeToString(hash.Sum(nil))
	id, err = u.finalize(ctx, size, digest)
	return id, digest, err
}

// create makes an artifact and returns where to upload it to.
func (u *upload) create(ctx context.Context, expires *time.Time) (string, error) {
	signed, err := u.service.create(ctx, u.name, expires)
	if _, conflict := isStatus(err, http.StatusConflict); !conflict {
		return signed, err
	}
	same, err := u.service.list(ctx, u.name)
	if err != nil {
		return "", err
	}
	// None is listed until it is complete. One that is not listed may be that of an
	// attempt of ours whose answer was lost, or be on its way from another job.
	if slices.ContainsFunc(same, func(l listed) bool { return l.job() == u.service.job }) {
		if err := u.service.delete(ctx, u.name); err != nil && !isGone(err) {
			return "", err
		}
		signed, err = u.service.create(ctx, u.name, expires)
		if _, conflict := isStatus(err, http.StatusConflict); !conflict {
			u.note("the artifact %q of an earlier step of this job was replaced", u.name)
			return signed, err
		}
	}
	return u.createApart(ctx, expires)
}

// createApart makes an artifact under a name that is this job's alone.
func (u *upload) createApart(ctx context.Context, expires *time.Time) (string, error) {
	sum := sha256.Sum256([]byte(u.service.job))
	apart := u.name + "-" + hex.EncodeToString(sum[:4])
	u.note("the name %q is taken in this run, by an artifact of another job or by an upload that was not finished: this one is called %q; "+
		"set `artifact-name` to a name for each job to choose it", u.name, apart)
	u.name = apart
	signed, err := u.service.create(ctx, apart, expires)
	if _, conflict := isStatus(err, http.StatusConflict); !conflict {
		return signed, err
	}
	// Nothing else uses this name.
	if err := u.service.delete(ctx, apart); err != nil && !isGone(err) {
		return "", err
	}
	return u.service.create(ctx, apart, expires)
}

// finalize completes the artifact and returns its id.
func (u *upload) finalize(ctx context.Context, size int64, digest string) (string, error) {
	id, err := u.service.finalize(ctx, u.name, size, digest)
	var refusal *httpclient.Error
	if !errors.As(err, &refusal) || refusal.Attempts < 2 || refusal.Status/100 != 4 {
		return id, err
	}
	// The service may have done it at an attempt whose answer was lost, and
	// refuse to do it again.
	same, listErr := u.service.list(ctx, u.name)
	if listErr != nil {
		return "", err
	}
	for _, l := range same {
		if l.job() == u.service.job && l.Size.String() == strconv.FormatInt(size, 10) && l.id() != "" {
			return l.id(), nil
		}
	}
	return "", err
}

// mask keeps the signature of the address to upload to out of the log.
func (u *upload) mask(signed string) {
	if u.Mask == nil {
		return
	}
	parsed, err := url.Parse(signed)
	if err != nil {
		return
	}
	for pair := range strings.SplitSeq(parsed.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.EqualFold(name, "sig") || value == "" {
			continue
		}
		u.Mask(value)
		if clear, err := url.QueryUnescape(value); err == nil && clear != value {
			u.Mask(clear)
		}
	}
}
