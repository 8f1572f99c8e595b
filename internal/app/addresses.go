package app

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/diff"
	"github.com/webpress/webpress/internal/fetch"
	"github.com/webpress/webpress/internal/history"
	"github.com/webpress/webpress/internal/httpclient"
	"github.com/webpress/webpress/internal/lockfile"
	"github.com/webpress/webpress/internal/plan"
	"github.com/webpress/webpress/internal/scan"
	"github.com/webpress/webpress/internal/sources"
)

// typedList is what messages call the addresses that were typed: a list of nothing else.
const typedList = "arguments.txt"

// A listing is the sources of a run that come from addresses.
type listing struct {
	sources []asset.Source
	// failed are the results of rows that are wrong.
	failed []asset.Result
	// tags are the entity tags of objects in buckets that were listed, by the path of the source.
	tags map[string]string
	// whole says that all sources from addresses that there may be are among them.
	whole bool
}

// listSources reads the sources of the run that come from addresses, and gives the planner what the
// list says of them.
func (r *run) listSources(ctx context.Context, confined *diff.Changes) (out listing, err error) {
	out.tags = map[string]string{}
	var typed []string
	for _, address := range r.settings.Addresses {
		if !isBucketFolder(address) {
			typed = append(typed, address)
			continue
		}
		objects, err := r.listBucket(ctx, address, out.tags)
		if err != nil {
			return out, err
		}
		out.sources, out.whole = append(out.sources, objects...), true
	}
	list, err := r.readList(typed, confined)
	if list == nil || err != nil {
		return out, err
	}
	out.whole = len(r.settings.Addresses) == 0
	if len(list.Failed) > 0 {
		out.whole = false // what a wrong row was is not known
	}
	for _, e := range list.Failed {
		out.failed = append(out.failed, asset.Fail(asset.Source{Path: fmt.Sprintf("%s:%d", e.File, e.Line)}, e.Error(), e.Hint))
	}
	columns := r.columns()
	rows := make(map[string]plan.Row, len(list.Rows))
	for _, row := range list.Rows {
		source := asset.Source{Path: row.Path, URL: row.URL, Format: asset.FormatByName(row.Path)}
		placed, err := planRow(r.settings, row, columns)
		if err != nil {
			where := fmt.Sprintf("%s:%d", r.settings.Sources, row.Line)
			if len(r.settings.Addresses) > 0 {
				where = strconv.Quote(httpclient.Redact(row.URL))
			}
			out.failed, out.whole = append(out.failed, asset.Fail(source, where+": "+err.Error(), asset.HintOf(err))), false
			continue
		}
		rows[row.Path] = placed
		out.sources = append(out.sources, source)
	}
	r.plan.SetRows(rows)
	return out, nil
}

// addSources adds the sources of the run that come from addresses to those that were found.
func (r *run) addSources(ctx context.Context, p *history.History, v *worklist, confined *diff.Changes) error {
	if r.settings.Verb != config.Convert && r.settings.Verb != config.Check && r.settings.Verb != config.View {
		return nil
	}
	listed, err := r.listSources(ctx, confined)
	all, failed := listed.sources, listed.failed
	if err != nil || len(all)+len(failed) == 0 {
		return err
	}
	all = slices.DeleteFunc(all, func(s asset.Source) bool {
		if _, err := os.Lstat(r.settings.At(filepath.FromSlash(s.Path))); err != nil {
			return false
		}
		failed = append(failed, asset.Fail(s, fmt.Sprintf("%q: a file of that path is in the tree, and the source at %s would be called like it", s.Path, shownAddress(s.URL)),
			"give its row another `path` or `id`"))
		r.plan.DropRow(s.Path)
		return true
	})
	get, err := r.fetcher()
	if err != nil {
		return err
	}
	r.downloads = newDownloads(get, p, r.Now)
	r.downloads.tags = listed.tags
	r.downloads.offline = r.settings.Verb != config.Convert || r.settings.DryRun
	r.downloads.maxAge, _ = config.ParseAge(r.settings.MaxAge) // it was checked
	if p != nil {
		setAddresses(p, all, listed.whole)
		r.downloads.identify(ctx, all)
	}
	v.found.Notices = slices.DeleteFunc(v.found.Notices, func(notice string) bool { return notice == scan.NoImages })
	v.found.Sources, v.failedRows = append(v.found.Sources, all...), failed
	return context.Cause(ctx)
}

// readList reads the list of sources, or what was typed. It is nil where the run is about files alone.
func (r *run) readList(typed []string, confined *diff.Changes) (*sources.List, error) {
	s := r.settings
	switch {
	case len(typed) > 0:
		list, err := sources.Parse(typedList, []byte(strings.Join(typed, "\n")), nil)
		if err != nil {
			return nil, err
		}
		if len(list.Failed) > 0 { // what is typed wrong stops the run
			f := list.Failed[0]
			return nil, &asset.Fault{Message: fmt.Sprintf("%q: %s", httpclient.Redact(typed[f.Line-1]), f.Message), Hint: f.Hint}
		}
		return list, nil
	case s.Sources == "", len(s.Paths)+len(s.Addresses) > 0:
		return nil, nil
	}
	if confined != nil {
		if _, ok := confined.Kinds[path.Join(r.prefix(r.repo), filepath.ToSlash(s.Sources))]; !ok {
			r.log.Line("%q has not changed: its sources are not asked for", s.Sources)
			return nil, nil
		}
	}
	list, err := sources.Read(s.At(s.Sources), config.VariantSettingNames())
	if err != nil {
		return nil, err
	}
	for i := range list.Failed {
		list.Failed[i].File = s.Sources
	}
	return list, nil
}

// columns are those that any template of the settings has.
func (r *run) columns() (names []string) {
	add := func(c config.Config) {
		each, _ := c.Each()
		for _, e := range each {
			names = append(names, config.Columns(e.Settings.Output)...)
		}
	}
	add(r.settings)
	for _, rule := range r.settings.Rules {
		add(rule.Settings)
	}
	return unique(names)
}

// planRow is what a row says to the planner.
func planRow(settings config.Config, row sources.Row, columns []string) (out plan.Row, err error) {
	if row.Settings != nil {
		c, err := settings.With(row.Settings)
		if err != nil {
			return out, &asset.Fault{Message: err.Error(), Hint: "correct the row"}
		}
		out.Settings = &c
		each, _ := c.Each()
		for _, e := range each {
			columns = append(columns, config.Columns(e.Settings.Output)...)
		}
	}
	for _, column := range columns {
		value, err := row.Place(column)
		if err != nil {
			return out, err
		}
		if out.Places == nil {
			out.Places = map[string]string{}
		}
		out.Places[column] = value
	}
	return out, nil
}

// fetcher makes what downloads the sources of the run.
func (r *run) fetcher() (getter, error) {
	s := r.settings
	headers, err := config.ParseHeaders(s.Header)
	if err != nil {
		return nil, err
	}
	by := map[string]http.Header{}
	for _, h := range headers {
		if by[h.Host] == nil {
			by[h.Host] = http.Header{}
		}
		by[h.Host].Add(h.Name, h.Value)
	}
	client, err := fetch.New(fetch.Options{
		PerHost: s.ConcurrencyPerHost, Retries: s.Retries, MaxSize: s.MaxFileSize, AllowPrivate: s.AllowPrivateHosts,
		Header: by, UserAgent: "webpress/" + r.Version, Logf: r.log.Line, Getenv: r.Getenv,
	})
	return &downloader{http: client, open: r.openBucket, endpoints: r.endpoints(), maxSize: s.MaxFileSize}, err
}

// known is what the lock file has of a source from an address: it is not ok where that came from
// another one.
func known(h *history.History, s asset.Source) (f lockfile.Fetched, ok bool) {
	if h == nil {
		return f, false
	}
	f, ok = h.Fetched(path.Join(h.Prefix, s.Path))
	return f, ok && f.URL == shownAddress(s.URL)
}

// signed are the names of parameters of a query that sign it for some time: those of S3, Google Cloud
// Storage, Azure and CloudFront. The image is the same with others.
var signed = regexp.MustCompile(`(?i)^(x-amz-.*|x-goog-.*|awsaccesskeyid|googleaccessid|signature|expires|policy|key-pair-id|sig|se|st|sp|sv|sr|spr|skoid|sktid|skt|ske|sks|skv|token|access_token)$`)

// shownAddress is an address as webpress.lock has it: what may be a secret is not committed. Digits of
// what is left out tell addresses apart.
func shownAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User, u.Fragment = nil, ""
	query := u.Query()
	maps.DeleteFunc(query, func(name string, _ []string) bool { return signed.MatchString(name) })
	u.RawQuery = ""
	if rest := query.Encode(); rest != "" {
		u.Fragment = fmt.Sprintf("%x", sha256.Sum256([]byte(rest)))[:12]
	}
	return u.String()
}

// identify fills in what the lock file knows of sources from addresses, and asks their servers whether
// that has changed, where the run may.
func (d *downloads) identify(ctx context.Context, all []asset.Source) {
	var ask []int
	for i := range all {
		s := &all[i]
		f, ok := known(d.past, *s)
		if !ok {
			continue
		}
		s.Blob = f.Blob
		if format, size, ok := d.past.Known(path.Join(d.past.Prefix, s.Path), f.Blob); ok {
			s.Format, s.Size = format, size
		}
		if tag, ok := d.tags[s.Path]; ok {
			if tag != f.ETag {
				s.Blob = "" // it has changed
			}
			continue
		}
		if d.offline || d.maxAge > 0 && d.now().Sub(f.At) < d.maxAge {
			continue
		}
		if f.ETag != "" || f.LastModified != "" {
			ask = append(ask, i)
			continue
		}
		s.Blob = "" // the server gives nothing to ask by: it is downloaded again
	}
	turns := byHost(len(ask), func(i int) string { return all[ask[i]].URL })
	d.each(ctx, len(ask), func(n int) {
		s := &all[ask[turns[n]]]
		got := d.download(ctx, *s, true)
		switch {
		case got.err != nil:
			d.keep(s.Path, got) // its row fails
			s.Blob = ""
		case got.result.NotModified:
			d.mu.Lock()
			d.same++
			d.mu.Unlock()
			f, _ := known(d.past, *s)
			d.remember(*s, f.ETag, f.LastModified)
		default:
			*s = got.source
			d.keep(s.Path, got)
		}
	})
}

// setAddresses tells the history which sources of the run come from addresses.
func setAddresses(h *history.History, all []asset.Source, whole bool) {
	h.Addresses, h.ListRead = make(map[string]bool, len(all)), whole
	for _, s := range all {
		h.Addresses[path.Join(h.Prefix, s.Path)] = true
	}
}

// recordFetched writes down what servers said of those sources whose results are recorded.
func (d *downloads) recordFetched(h *history.History, results []asset.Result) {
	for _, one := range results {
		s := one.Source
		d.mu.Lock()
		f, ok := d.said[s.Path]
		d.mu.Unlock()
		if !ok || one.Status == asset.Failed || s.Blob == "" || f.Blob != s.Blob {
			continue
		}
		f.Source = path.Join(h.Prefix, s.Path)
		if d.maxAge > 0 {
			f.At = d.now().UTC().Truncate(time.Second)
		}
		h.SetFetched(f)
	}
}
