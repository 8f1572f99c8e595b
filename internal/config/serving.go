package config

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Serving is what the flags of the verbs Serve and Key say.
type Serving struct {
	// Listen is the address to listen on, such as 127.0.0.1:8080.
	Listen string
	// Data is the absolute path of the folder of jobs and keys. DataSet reports whether it
	// was typed.
	Data    string
	DataSet bool
	// PublicURL is the address that clients reach the server at, without a slash at its
	// end; empty is that of each request.
	PublicURL string
	// CORSOrigins are the origins whose pages may call the server, which may have a * each.
	CORSOrigins []string
	// Queue is how many jobs may wait.
	Queue int
	// Keep is how long the results of a job are there.
	Keep time.Duration
	// AllowDownloads lets a request name the address of an image.
	AllowDownloads bool

	// The limits of a key that is added: Rate is in conversions a minute, Concurrency in
	// jobs in work at a time, Quota in credits a month. 0 is the default. Options are the
	// names of those that it may set; empty is all.
	Rate, Concurrency int
	Quota             int64
	Options           []string
}

// servingFlags are those flags as they are typed. Their tags are those of grammar.
type servingFlags struct {
	Listen         string `group:"run" of:"serve" default:"127.0.0.1:8080" placeholder:"ADDRESS" help:"With serve: address and port to listen on; 127.0.0.1:8080 by default."`
	Data           string `group:"run" of:"serve,key" placeholder:"DIR" help:"With serve and key: directory of jobs and keys; .webpress by default."`
	PublicURL      string `group:"run" of:"serve" placeholder:"URL" help:"With serve: address at which clients reach it, such as https://convert.example; that of each request by default."`
	CorsOrigins    string `group:"run" of:"serve" placeholder:"URL,..." help:"With serve: origins whose pages may call it from browsers, such as https://shop.example or https://*.shop.example; none by default."`
	Queue          string `group:"run" of:"serve" default:"256" placeholder:"N" help:"With serve: how many jobs may wait; 256 by default."`
	Keep           string `group:"run" of:"serve" default:"24h" placeholder:"TIME" help:"With serve: how long results can be downloaded, such as 30m, 24h or 7d; 24h by default."`
	AllowDownloads bool   `group:"run" of:"serve" help:"With serve: let requests name the address of an image to download."`
	Rate           string `group:"run" of:"key" default:"0" placeholder:"N" help:"With key add: conversions that the key may ask for in a minute; 60 by default."`
	Concurrency    string `group:"run" of:"key" default:"0" placeholder:"N" help:"With key add: jobs of the key that are converted at a time; as many as there are CPUs by default."`
	Quota          string `group:"run" of:"key" default:"0" placeholder:"N" help:"With key add: credits that the key has in a calendar month, one for each started 10 MB; no limit by default."`
	Options        string `group:"run" of:"key" placeholder:"NAME,..." help:"With key add: options that the key may set, such as format,quality; all by default."`
}

// DefaultData is the folder of jobs and keys where none is named. It is hidden: no run takes
// the images in it for sources.
const DefaultData = ".webpress"

// serving are the flags of the verbs Serve and Key, with the defaults of the others.
func (t *typedArgs) serving() (f servingFlags) {
	fields, values := reflect.TypeFor[servingFlags](), reflect.ValueOf(&f).Elem()
	for i := range fields.NumField() {
		text, typed := t.plain[hyphenated(fields.Field(i).Name)]
		switch {
		case fields.Field(i).Type.Kind() == reflect.Bool:
			values.Field(i).SetBool(typed)
		case typed:
			values.Field(i).SetString(text)
		default:
			values.Field(i).SetString(fields.Field(i).Tag.Get("default"))
		}
	}
	return f
}

// readServing reads the flags of the verbs Serve and Key.
func (c *Config) readServing(f servingFlags) (all Mistakes) {
	add := func(flag, format string, args ...any) {
		all = append(all, Mistake{Where: "--" + flag, Message: fmt.Sprintf(format, args...)})
	}
	fields, values := reflect.TypeFor[servingFlags](), reflect.ValueOf(f)
	for i := range fields.NumField() {
		one := fields.Field(i)
		of := strings.Split(one.Tag.Get("of"), ",")
		if text := fmt.Sprint(values.Field(i)); text != "" && text != zeroText(one) && !slices.Contains(of, string(c.Verb)) {
			add(hyphenated(one.Name), "it belongs to a command: webpress %s", of[0])
		}
	}
	if c.Verb != Serve && c.Verb != Key {
		return all
	}
	s := Serving{Listen: f.Listen, AllowDownloads: f.AllowDownloads, Data: DefaultData, DataSet: f.Data != ""}
	if s.DataSet {
		s.Data = f.Data
	}
	s.Data = filepath.Clean(within(c.WorkingDirectory, s.Data))
	if host, port, err := net.SplitHostPort(f.Listen); err != nil {
		add("listen", "%s is not an address with a port, such as 127.0.0.1:8080", quote(f.Listen))
	} else if n, err := strconv.ParseUint(port, 10, 16); err != nil || strings.ContainsAny(host, "/@ ") {
		add("listen", "%s is not an address with a port from 0 to 65535", quote(f.Listen))
	} else {
		s.Listen = net.JoinHostPort(host, strconv.FormatUint(n, 10))
	}
	if f.PublicURL != "" {
		u, err := url.Parse(f.PublicURL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			add("public-url", "%s is not an address such as https://convert.example", quote(f.PublicURL))
		}
		s.PublicURL = strings.TrimRight(f.PublicURL, "/")
	}
	for _, origin := range split(f.CorsOrigins) {
		// A browser sends nothing but these parts, so that more would never be equal.
		u, err := url.Parse(strings.Replace(origin, "*", "any", 1))
		if origin != "*" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Scheme+"://"+u.Host != strings.Replace(origin, "*", "any", 1)) {
			add("cors-origins", "%s is not an origin such as https://shop.example", quote(origin))
		}
		s.CORSOrigins = append(s.CORSOrigins, origin)
	}
	number := func(flag, text string, low, high int64) int64 {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < low || n > high {
			add(flag, "%s is not a whole number from %d to %d", quote(text), low, high)
		}
		return n
	}
	s.Queue = int(number("queue", f.Queue, 1, 1e6))
	s.Rate, s.Concurrency = int(number("rate", f.Rate, 0, 1e6)), int(number("concurrency", f.Concurrency, 0, 1024))
	s.Quota = number("quota", f.Quota, 0, 1e12)
	var err error
	if s.Keep, err = ParseAge(f.Keep); err != nil || s.Keep < time.Minute {
		add("keep", "%s is not a time of a minute or more, such as 30m, 24h or 7d", quote(f.Keep))
	}
	for _, name := range split(f.Options) {
		if option := OptionNamed(name); option != nil {
			s.Options = append(s.Options, option.Option())
		} else {
			add("options", "%s: %s", quote(name), NoOption(name))
		}
	}
	if c.Verb == Key {
		all = append(all, c.checkKey()...)
	}
	c.Serving = s
	return all
}

// zeroText is a flag of servingFlags that was not typed.
func zeroText(f reflect.StructField) string {
	if f.Type.Kind() == reflect.Bool {
		return "false"
	}
	return f.Tag.Get("default")
}

// checkKey finds what is wrong with the arguments of the verb Key.
func (c *Config) checkKey() Mistakes {
	actions := commandNamed(string(Key)).args[0].values
	switch {
	case !slices.Contains(actions, c.KeyAction):
		return Mistakes{{Where: "key", Message: fmt.Sprintf("%s is not one of %s", quote(c.KeyAction), strings.Join(actions, ", "))}}
	case c.KeyAction == "list" && c.KeyName != "":
		return Mistakes{{Where: "key", Message: "list takes no name"}}
	case c.KeyAction != "list" && c.KeyName == "":
		return Mistakes{{Where: "key", Message: fmt.Sprintf("%s needs the name of a key, as in: webpress key %s shop", c.KeyAction, c.KeyAction)}}
	case len(c.KeyName) > 100 || strings.ContainsFunc(c.KeyName, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return Mistakes{{Where: "key", Message: quote(c.KeyName) + " is not a name of at most 100 characters"}}
	}
	return nil
}
