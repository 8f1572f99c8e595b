package serve

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/config"
	"github.com/webpress/webpress/internal/tree"
)

const (
	keysFile = "keys.json"
	keysLock = "keys.lock"
	// keyPrefix is what all keys begin with, so that scanners for secrets know one.
	keyPrefix = "wpk_"
	// DefaultRate is how many conversions a key may ask for in a minute.
	DefaultRate = 60
)

// A Key lets its holder use the API, within limits.
type Key struct {
	// ID is random. Logs have it, and not the name.
	ID   string `json:"id"`
	Name string `json:"name"`
	// Hash is the SHA-256 of the key in lower-case hex. The key itself has 256 random bits,
	// so that a slow hash would add nothing.
	Hash    string    `json:"hash"`
	Created time.Time `json:"created"`
	// Rate is in conversions a minute, 0 for DefaultRate.
	Rate int `json:"rate,omitempty"`
	// Concurrency is how many jobs are in work at a time, 0 for no limit.
	Concurrency int `json:"concurrency,omitempty"`
	// Quota is in credits a calendar month, 0 for no limit.
	Quota int64 `json:"quota,omitempty"`
	// Options are the names of those that requests may set; empty is all.
	Options []string `json:"options,omitempty"`
}

// rate is the limit of conversions a minute.
func (k *Key) rate() int {
	if k.Rate > 0 {
		return k.Rate
	}
	return DefaultRate
}

// String is a line with the name of the key and its limits.
func (k *Key) String() string {
	text := fmt.Sprintf("%s: since %s, %d conversions a minute", k.Name, k.Created.Format(time.DateOnly), k.rate())
	if k.Concurrency > 0 {
		text += fmt.Sprintf(", %d jobs at a time", k.Concurrency)
	}
	if k.Quota > 0 {
		text += fmt.Sprintf(", %d credits a month", k.Quota)
	}
	if len(k.Options) > 0 {
		text += ", options " + strings.Join(k.Options, ", ")
	}
	return text
}

// keyList is the content of keysFile.
type keyList struct {
	Keys []*Key `json:"keys"`
}

// ListKeys returns the keys below dir.
func ListKeys(dir string) ([]*Key, error) {
	path := filepath.Join(dir, keysFile)
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read %q: %w", path, tree.Cause(err))
	}
	var list keyList
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, &asset.Fault{Message: fmt.Sprintf("read %q: %s", path, err), Hint: "correct it, or remove it and add new keys"}
	}
	for _, k := range list.Keys {
		if err := k.check(); err != nil {
			return nil, &asset.Fault{Message: fmt.Sprintf("read %q: key %q: %s", path, k.Name, err), Hint: "correct it; the server reads the file again when it changes"}
		}
	}
	return list.Keys, nil
}

// check finds what somebody has written into the file that cannot be.
func (k *Key) check() error {
	if sum, err := hex.DecodeString(k.Hash); err != nil || len(sum) != sha256.Size || k.ID == "" {
		return errors.New("it needs an id, and the SHA-256 of the key as hash")
	}
	if k.Rate < 0 || k.Concurrency < 0 || k.Quota < 0 {
		return errors.New("a limit is negative")
	}
	for i, name := range k.Options {
		option := config.OptionNamed(name)
		if option == nil {
			return fmt.Errorf("options: %q: %s", name, config.NoOption(name))
		}
		k.Options[i] = option.Option()
	}
	return nil
}

// AddKey makes a key with the name and the limits of k, stores it below dir, and returns it.
func AddKey(dir string, k Key, now time.Time) (secret string, err error) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	secret = keyPrefix + base64.RawURLEncoding.EncodeToString(random[:])
	k.ID, k.Hash, k.Created = newID("key_"), hashOf(secret), now.UTC().Truncate(time.Second)
	err = changeKeys(dir, func(keys []*Key) ([]*Key, error) {
		if slices.ContainsFunc(keys, func(other *Key) bool { return other.Name == k.Name }) {
			return nil, &asset.Fault{Message: fmt.Sprintf("there is a key %q already", k.Name), Hint: "choose another name, or remove that key first"}
		}
		return append(keys, &k), nil
	})
	return secret, err
}

// RemoveKey removes the key of that name. Its jobs stay until they expire.
func RemoveKey(dir, name string) error {
	return changeKeys(dir, func(keys []*Key) ([]*Key, error) {
		rest := slices.DeleteFunc(slices.Clone(keys), func(k *Key) bool { return k.Name == name })
		if len(rest) == len(keys) {
			return nil, &asset.Fault{Message: fmt.Sprintf("there is no key %q", name), Hint: "`webpress key list` shows all keys"}
		}
		return rest, nil
	})
}

// changeKeys changes the file of keys, one process at a time.
func changeKeys(dir string, change func([]*Key) ([]*Key, error)) error {
	if err := makeData(dir); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(dir, keysLock))
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("lock the keys in %q: %w", dir, tree.Cause(err))
	}
	defer func() { _ = lock.Unlock() }()
	keys, err := ListKeys(dir)
	if err != nil {
		return err
	}
	if keys, err = change(keys); err != nil {
		return err
	}
	data, err := json.MarshalIndent(keyList{keys}, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(dir, keysFile, append(data, '\n'))
}

// makeData makes the folder of jobs and keys, for its owner alone, and keeps it out of git.
func makeData(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make %q: %w", dir, tree.Cause(err))
	}
	ignore := filepath.Join(dir, ".gitignore")
	if _, err := os.Lstat(ignore); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(ignore, []byte("*\n"), 0o600); err != nil {
			return fmt.Errorf("write %q: %w", ignore, tree.Cause(err))
		}
	}
	return nil
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// A keyring is the keys of a server, which reads them again when their file has changed.
type keyring struct {
	dir string
	// failed is called with why the file cannot be read; the keys stay those of before.
	failed func(error)

	mu     sync.Mutex
	read   fs.FileInfo
	byHash map[string]*Key
	byID   map[string]*Key
}

func openKeyring(dir string, failed func(error)) (*keyring, error) {
	r := &keyring{dir: dir, failed: failed}
	return r, r.reload()
}

// reload reads the file of keys if it has changed. It is called with the lock held, or by who
// has the keyring alone.
func (r *keyring) reload() error {
	info, err := os.Stat(filepath.Join(r.dir, keysFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if r.byHash != nil && (info == nil && r.read == nil || info != nil && r.read != nil &&
		os.SameFile(info, r.read) && info.ModTime().Equal(r.read.ModTime()) && info.Size() == r.read.Size()) {
		return nil
	}
	r.read = info
	keys, err := ListKeys(r.dir)
	if err != nil {
		return err
	}
	r.byHash, r.byID = map[string]*Key{}, map[string]*Key{}
	for _, k := range keys {
		r.byHash[strings.ToLower(k.Hash)], r.byID[k.ID] = k, k
	}
	return nil
}

// find returns the key with that secret, nil for none. What is compared is a digest, whose
// bytes say nothing of the secret: the time it takes does not help to guess one.
func (r *keyring) find(secret string) *Key {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.reload(); err != nil {
		r.failed(err)
	}
	return r.byHash[hashOf(secret)]
}

// limit is how many jobs of a key may be in work at a time, 0 for no limit.
func (r *keyring) limit(id string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k := r.byID[id]; k != nil {
		return k.Concurrency
	}
	return 0
}
