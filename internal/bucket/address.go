package bucket

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/agnivade/levenshtein"

	"github.com/webpress/webpress/internal/asset"
)

// A Provider is a kind of object store, named by the scheme of its addresses.
type Provider string

// The providers. S3 is everything that speaks Amazon's protocol.
const (
	S3    Provider = "s3"
	GCS   Provider = "gs"
	Azure Provider = "az"
	// memory has no addresses that Parse reads.
	memory Provider = "memory"
)

// An Address is where objects are. Two that are equal are the same place.
type Address struct {
	Provider Provider
	// Account is Azure's storage account, empty elsewhere.
	Account string
	// Bucket is the bucket, Azure's container.
	Bucket string
	// Prefix is what all keys begin with: empty, or a path and a slash at its end.
	Prefix string
	// Region is S3's, empty for the environment's.
	Region string
	// Endpoint is where the server is, scheme and host, and for Azure a path; empty for
	// the provider's own.
	Endpoint string
	// PathStyle says where S3 has the bucket's name: in the path (true), in the host
	// (false), or what suits the endpoint (empty).
	PathStyle string
}

// String returns the address, which holds no secret.
func (a Address) String() string {
	s := string(a.Provider) + "://"
	if a.Account != "" {
		s += a.Account + "/"
	}
	s += a.Bucket + "/" + (&url.URL{Path: a.Prefix}).EscapedPath()
	var query []string
	for _, p := range [][2]string{{"region", a.Region}, {"endpoint", a.Endpoint}, {"path-style", a.PathStyle}} {
		if p[1] != "" {
			query = append(query, p[0]+"="+inQuery.Replace(p[1]))
		}
	}
	if len(query) > 0 {
		s += "?" + strings.Join(query, "&")
	}
	return s
}

// inQuery escapes what has a meaning in a query, and leaves addresses readable.
var inQuery = strings.NewReplacer("%", "%25", "&", "%26", "#", "%23")

// IsAddress says whether s has the scheme of a bucket's address, right or wrong in the
// rest.
func IsAddress(s string) bool {
	scheme, _, found := strings.Cut(s, "://")
	return found && slices.Contains(providers, Provider(strings.ToLower(scheme)))
}

var providers = []Provider{S3, GCS, Azure}

// meant are schemes of other tools.
var meant = map[string]Provider{
	"s3a": S3, "s3n": S3, "gcs": GCS, "google": GCS, "azure": Azure, "azblob": Azure, "abfs": Azure, "abfss": Azure, "wasb": Azure, "wasbs": Azure,
}

// forms are what addresses look like.
var forms = map[Provider]string{
	S3:    "s3://bucket/prefix?region=eu-west-1&endpoint=https://…&path-style=true",
	GCS:   "gs://bucket/prefix?endpoint=https://…",
	Azure: "az://account/container/prefix?endpoint=https://…",
}

// parameters are what may be in an address's query.
var parameters = map[Provider][]string{
	S3: {"region", "endpoint", "path-style"}, GCS: {"endpoint"}, Azure: {"endpoint"},
}

// pattern compiles a regular expression when it is first used, for the sake of runs
// without buckets.
func pattern(s string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(s) })
}

// secretNames match parameters that carry a secret in what people copy from elsewhere.
var secretNames = pattern(`(?i)^(sig|sv|se|sp|sas.*|.*(key|secret|token|signature|credential|password).*)$`)

var (
	validS3Bucket    = pattern(`^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$`)
	validGCSBucket   = pattern(`^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$`)
	validAccount     = pattern(`^[a-z0-9]{3,24}$`)
	validContainer   = pattern(`^(\$web|\$root|[a-z0-9](-?[a-z0-9])*)$`)
	validRegion      = pattern(`^[a-z0-9][a-z0-9-]{0,62}$`)
	hostOfS3         = pattern(`^(?:(.+)\.)?s3[.-](?:dualstack\.)?([a-z0-9-]+)\.amazonaws\.com`)
	hostOfAzure      = pattern(`^([a-z0-9]+)\.(?:blob|dfs)\.core\.`)
	errNoSuchAddress = errors.New("not the address of a bucket")
)

// Parse reads the address of a bucket. Its errors are *asset.HintError.
func Parse(address string) (Address, error) {
	a, why, hint := parse(address)
	if why != nil {
		return Address{}, &asset.HintError{What: fmt.Sprintf("address %q", shown(address)), Why: why, Hint: hint}
	}
	return a, nil
}

// shown is an address without what may be a secret in it: user and query.
func shown(address string) string {
	address, _, _ = strings.Cut(address, "?")
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		scheme, rest = "", address
	}
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		rest = "***" + rest[at:]
	}
	if found {
		rest = scheme + "://" + rest
	}
	if len(rest) > 200 {
		rest = strings.ToValidUTF8(rest[:200], "") + "…"
	}
	return rest
}

func parse(address string) (_ Address, why error, hint string) {
	anyForm := "write " + forms[S3] + ", " + forms[GCS] + " or " + forms[Azure]
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		return Address{}, errNoSuchAddress, anyForm
	}
	a := Address{Provider: Provider(strings.ToLower(scheme))}
	if !slices.Contains(providers, a.Provider) {
		return Address{}, fmt.Errorf("%q is not the scheme of a bucket", scheme), cmp.Or(suggestion(scheme, rest), anyForm)
	}
	form := "write " + forms[a.Provider]
	place, query, _ := strings.Cut(rest, "?")
	switch {
	case strings.ContainsRune(query, '#') || strings.ContainsRune(place, '#'):
		return Address{}, errors.New("it has a fragment"), "write %23 for a # in a prefix"
	case strings.ContainsRune(place[:slashOrEnd(place)], '@'):
		return Address{}, errors.New("it has a user or a key in it"), "leave it out: credentials come from the environment, or from the CI without any key"
	}
	place, err := url.PathUnescape(place)
	if err != nil {
		return Address{}, errors.New("a percent sign is not followed by two hexadecimal digits"), "write %25 for a percent sign"
	}
	if a.Provider == Azure {
		a.Account, place, _ = strings.Cut(place, "/")
	}
	a.Bucket, a.Prefix, _ = strings.Cut(place, "/")
	if a.Prefix = strings.TrimSuffix(a.Prefix, "/"); a.Prefix != "" {
		if !ValidKey(a.Prefix) {
			return Address{}, errors.New("its prefix is not a path"), "leave out empty parts, . and .., control characters and a slash at the beginning"
		}
		a.Prefix += "/"
	}
	if why, hint := a.checkNames(form); why != nil {
		return Address{}, why, hint
	}
	if why, hint := a.parameters(query); why != nil {
		return Address{}, why, hint
	}
	return a, nil, ""
}

func slashOrEnd(s string) int {
	if i := strings.IndexByte(s, '/'); i >= 0 {
		return i
	}
	return len(s)
}

// suggestion is what somebody meant by an address of another kind.
func suggestion(scheme, rest string) string {
	if p, ok := meant[strings.ToLower(scheme)]; ok {
		return "write " + forms[p]
	}
	if scheme != "https" && scheme != "http" {
		return ""
	}
	host, path, _ := strings.Cut(rest, "/")
	path, _, _ = strings.Cut(path, "?")
	if m := hostOfS3().FindStringSubmatch(host); m != nil {
		if m[1] != "" {
			path = m[1] + "/" + path
		}
		return fmt.Sprintf("write s3://%s?region=%s", path, m[2])
	}
	if m := hostOfAzure().FindStringSubmatch(host); m != nil {
		return fmt.Sprintf("write az://%s/%s", m[1], path)
	}
	if host == "storage.googleapis.com" {
		return "write gs://" + path
	}
	return ""
}

func (a Address) checkNames(form string) (why error, hint string) {
	switch a.Provider {
	case Azure:
		switch {
		case !validAccount().MatchString(a.Account):
			return fmt.Errorf("%q is not the name of a storage account", a.Account), form + ": 3 to 24 small letters and digits"
		case a.Bucket == "":
			return errors.New("it names no container"), form
		case !validContainer().MatchString(a.Bucket) || len(a.Bucket) < 3 || len(a.Bucket) > 63:
			return fmt.Errorf("%q is not the name of a container", a.Bucket), "use 3 to 63 small letters, digits and single hyphens, or $web"
		}
	case S3, GCS:
		valid, length := validS3Bucket, 63
		if a.Provider == GCS {
			valid, length = validGCSBucket, 222
		}
		if a.Bucket == "" {
			return errors.New("it names no bucket"), form
		}
		if !valid().MatchString(a.Bucket) || strings.Contains(a.Bucket, "..") {
			return fmt.Errorf("%q is not the name of a bucket", a.Bucket),
				fmt.Sprintf("use 3 to %d letters, digits, hyphens and dots; a port belongs into endpoint=", length)
		}
	}
	return nil, ""
}

// parameters reads the query.
func (a *Address) parameters(query string) (why error, hint string) {
	known := parameters[a.Provider]
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(rawName)
		value, err2 := url.PathUnescape(rawValue)
		if err1 != nil || err2 != nil {
			return errors.New("a percent sign in its query is not followed by two hexadecimal digits"), "write %25 for a percent sign"
		}
		switch {
		case !slices.Contains(known, name):
			return a.unknown(name)
		case seen[name]:
			return fmt.Errorf("%s is given twice", name), "leave one of them out"
		case value == "":
			return fmt.Errorf("%s has no value", name), "write " + forms[a.Provider] + ", or leave it out"
		}
		seen[name] = true
		switch name {
		case "region":
			if !validRegion().MatchString(value) {
				return fmt.Errorf("%q is not a region", value), "write one such as eu-west-1, or auto for Cloudflare R2"
			}
			a.Region = value
		case "path-style":
			if value != "true" && value != "false" {
				return fmt.Errorf("path-style is %q", value), "write path-style=true for https://host/bucket, path-style=false for https://bucket.host"
			}
			a.PathStyle = value
		case "endpoint":
			endpoint, why := parseEndpoint(value, a.Provider == Azure)
			if why != nil {
				return why, "write scheme and host, such as endpoint=https://s3.example.com"
			}
			a.Endpoint = endpoint
		}
	}
	return nil, ""
}

func (a *Address) unknown(name string) (why error, hint string) {
	known := parameters[a.Provider]
	if secretNames().MatchString(name) || strings.HasPrefix(strings.ToLower(name), "x-") {
		return errors.New("it has a key, token or signature in its query"),
			"leave it out: credentials come from the environment, or from the CI without any key"
	}
	if len(name) > 40 {
		name = name[:40]
	}
	why = fmt.Errorf("it has an unknown parameter %q", name)
	best, nearest := 1<<30, ""
	for _, k := range known {
		plain := strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(name))
		if d := levenshtein.ComputeDistance(plain, k); d < best && d <= len(k)/2 {
			best, nearest = d, k
		}
	}
	if nearest != "" {
		return why, fmt.Sprintf("did you mean %s?", nearest)
	}
	return why, "known here: " + strings.Join(known, ", ")
}

// parseEndpoint checks the address of a server and returns it in its one form.
func parseEndpoint(s string, path bool) (string, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return "", errors.New("endpoint is not an https or http address")
	case u.User != nil:
		return "", errors.New("endpoint has a user or a password in it")
	case u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("endpoint has a query or a fragment")
	case !path && strings.Trim(u.Path, "/") != "":
		return "", errors.New("endpoint has a path")
	}
	return u.Scheme + "://" + strings.ToLower(u.Host) + strings.TrimRight(u.EscapedPath(), "/"), nil
}
