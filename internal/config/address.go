package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// IsAddress reports whether an argument is the address of a source, and no path.
func IsAddress(name string) bool {
	scheme, rest, ok := strings.Cut(name, "://")
	return ok && rest != "" && scheme != "" && strings.Trim(scheme, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-") == ""
}

// With are the settings with some of them set to other values, by their names: those that a variant
// may set. No variant has another value then.
func (c Config) With(set map[string]string) (Config, error) {
	for name, text := range set {
		s := variantByName[name]
		if s == nil {
			return c, fmt.Errorf("%s is not a setting of a variant", quote(name))
		}
		v, err := s.parse(text)
		if err != nil {
			return c, fmt.Errorf("%s: %s", name, wrong(s, text, err))
		}
		reflect.ValueOf(&c).Elem().Field(s.field).Set(reflect.ValueOf(v))
	}
	c.Variants = slices.Clone(c.Variants)
	for i, v := range c.Variants {
		c.Variants[i].set = maps.Clone(v.set)
		maps.DeleteFunc(c.Variants[i].set, func(name string, _ found) bool {
			_, ok := set[name]
			return ok
		})
	}
	_, err := c.Each()
	return c, err
}

// VariantSettingNames are the names of the settings that a variant may set.
func VariantSettingNames() (names []string) {
	for _, s := range variantTable {
		names = append(names, s.Name)
	}
	return names
}

// ParseAge reads a time such as 90s, 12h or 7d. Empty is 0.
func ParseAge(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n <= 3650 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return d, nil
	}
	return 0, fmt.Errorf("%s is not a time such as 30m, 12h or 7d", quote(text))
}

// A Header is sent to one host alone.
type Header struct{ Host, Name, Value string }

// ParseHeaders reads the setting header: lines of a host, a name, a colon and a value. Its error
// shows no value.
func ParseHeaders(text string) (all []Header, err error) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		host, rest, _ := strings.Cut(line, " ")
		name, value, ok := strings.Cut(strings.TrimSpace(rest), ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if host = strings.ToLower(strings.TrimSuffix(host, ":")); !ok || host == "" || name == "" || value == "" || strings.ContainsAny(host, "/@") || strings.ContainsAny(name, " \t") {
			return nil, fmt.Errorf("line %d is not a host, a name and a value, as in: shop.example Authorization: Bearer TOKEN", len(all)+1)
		}
		all = append(all, Header{host, name, value})
	}
	return all, nil
}

// storeOf reads an element of the setting store: one of the stores by name, or the address of a bucket,
// whose details are read when it is opened.
func storeOf(text string) (string, error) {
	for _, name := range []string{StoreCommit, StoreArtifact, StoreNone} {
		if strings.EqualFold(name, text) {
			return name, nil
		}
	}
	if IsBucket(text) {
		return text, nil
	}
	return "", errNotAllowed
}

// IsBucket reports whether an address is that of a bucket, by its scheme.
func IsBucket(address string) bool {
	scheme, _, _ := strings.Cut(address, "://")
	return IsAddress(address) && slices.Contains([]string{"s3", "gs", "az"}, strings.ToLower(scheme))
}

// MoveTo makes another folder the working directory. The files that settings name stay where they are.
func (c *Config) MoveTo(dir string) {
	v := reflect.ValueOf(c).Elem()
	for i := range table {
		s, field := &table[i], v.Field(table[i].field)
		if (s.check == "file" || s.check == "folder") && field.String() != "" && field.String() != Stdio {
			field.SetString(c.At(field.String()))
		}
	}
	c.WorkingDirectory = dir
}
