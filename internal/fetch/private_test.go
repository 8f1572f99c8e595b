package fetch

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/webpress/webpress/internal/asset"
)

func TestKindOfIP(t *testing.T) {
	for _, ip := range []string{
		"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.167.1.1",
		"223.255.255.255", "168.63.129.15", "2606:4700::1", "2a00:1450::1", "::ffff:1.1.1.1", "64:ff9b::101:101",
	} {
		if kind := kindOfIP(netip.MustParseAddr(ip)); kind != "" {
			t.Errorf("%s is %s address", ip, kind)
		}
	}
	for ip, want := range map[string]string{
		"0.0.0.0": "an unspecified", "0.1.2.3": "an unspecified", "127.0.0.1": "a loopback", "127.255.255.255": "a loopback",
		"10.0.0.1": "a private", "172.16.0.1": "a private", "172.31.255.255": "a private", "192.168.1.1": "a private",
		"100.64.0.1": "a carrier-grade NAT", "169.254.169.254": "a link-local", "169.254.170.2": "a link-local",
		"168.63.129.16": "a metadata", "100.100.100.200": "a metadata", "192.0.0.192": "a metadata", "fd00:ec2::254": "a metadata",
		"fd20:ce::254": "a metadata", "192.0.2.1": "a documentation", "198.51.100.1": "a documentation", "203.0.113.1": "a documentation",
		"198.18.0.1": "a benchmarking", "192.88.99.1": "a 6to4 relay", "224.0.0.1": "a multicast", "240.0.0.1": "a reserved",
		"255.255.255.255": "a reserved", "::": "an unspecified", "::1": "a loopback", "fe80::1": "a link-local", "fe80::1%eth0": "a link-local",
		"fec0::1": "a private", "fd12::1": "a private", "ff02::1": "a multicast", "2001:db8::1": "a documentation", "3fff::1": "a documentation",
		"2001::1": "a Teredo", "2001:20::1": "a special-purpose", "2002:7f00:1::": "a 6to4", "64:ff9b:1::1": "a translated private",
		"64:ff9b::7f00:1": "a loopback", "64:ff9b::a9fe:a9fe": "a link-local", "::ffff:127.0.0.1": "a loopback", "::ffff:10.0.0.1": "a private",
		"::127.0.0.1": "a reserved", "4000::1": "a reserved", "100::1": "a special-purpose",
	} {
		if kind := kindOfIP(netip.MustParseAddr(ip)); kind != want {
			t.Errorf("%s is %q, want %q", ip, kind, want)
		}
	}
}

func TestLiteralIP(t *testing.T) {
	for host, want := range map[string]string{
		"127.0.0.1": "127.0.0.1", "0x7f.1": "127.0.0.1", "0x7f.0.0.0x1": "127.0.0.1", "2130706433": "127.0.0.1", "0177.0.0.01": "127.0.0.1",
		"017700000001": "127.0.0.1", "127.1": "127.0.0.1", "127.0.1": "127.0.0.1", "0": "0.0.0.0", "10.65535": "10.0.255.255",
		"::1": "::1", "::ffff:127.0.0.1": "127.0.0.1", "fe80::1%eth0": "fe80::1", "0x.0x.0": "0.0.0.0", "08.1.1.1": "8.1.1.1",
		"4294967295": "255.255.255.255",
		// As canonical has them.
		"127.0.0.1.": "127.0.0.1", "１２７.０.０.１": "127.0.0.1", "127。0。0。1": "127.0.0.1", "①②⑦.0.0.1": "127.0.0.1", "0X7F.1": "127.0.0.1",
	} {
		if ip, ok := literalIP(canonical(host)); !ok || ip.String() != want {
			t.Errorf("%s is %v, want %s", host, ip, want)
		}
	}
	for _, host := range []string{"", "example.com", "1.2.3.4.5", "256.1.1.1", "1.256.1", "4294967296", "1.2.3.x", "+1.2.3.4", "0x+7.1", "1..2", "-1"} {
		if ip, ok := literalIP(host); ok {
			t.Errorf("%q is %v", host, ip)
		}
	}
}

func FuzzLiteralIP(f *testing.F) {
	for _, s := range []string{"127.0.0.1", "0x7f.1", "::1", "a.example", "１.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, host string) {
		ip, ok := literalIP(canonical(host))
		if ok && !ip.IsValid() {
			t.Errorf("%q is %v", host, ip)
		}
		if want, err := netip.ParseAddr(host); err == nil && ip != want.Unmap().WithZone("") {
			t.Errorf("%q is %v, want %v", host, ip, want)
		}
	})
}

// Nothing is reached that is not public, however it is written, and no request is made.
func TestPrivateAddresses(t *testing.T) {
	s, got := serve(t, answer(200, string(image(600))))
	port := s.URL[strings.LastIndex(s.URL, ":"):]
	var asked atomic.Int32
	b := newBench(t, Options{Retries: 3, Resolver: nameServer(t, &asked, "127.0.0.1")})
	b.guard.allow = allowed{}
	for _, host := range []string{
		"127.0.0.1", "localhost", "localhost.", "shop.example", "127.1", "0x7f.1", "2130706433", "017700000001", "127.0.0.1.", "0.0.0.0", "0",
		"[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]", "[64:ff9b::7f00:1]", "１２７.０.０.１", "10.0.0.1", "169.254.169.254",
	} {
		_, _, err := b.get(t, "http://"+host+port+"/a.jpg")
		if err == nil || !strings.Contains(err.Error(), " address") || !strings.Contains(asset.HintOf(err), "`allow-private-hosts`") {
			t.Errorf("%s: %v, hint %q", host, err, asset.HintOf(err))
		}
	}
	if got.count() > 0 || len(b.waits) > 0 {
		t.Errorf("%d requests, waits %v", got.count(), b.waits)
	}
}

func TestAllowPrivate(t *testing.T) {
	for _, tc := range []struct {
		list     []string
		host, ip string
		ok       bool
	}{
		{nil, "shop.example", "1.1.1.1", true},
		{nil, "shop.example", "10.1.1.1", false},
		{[]string{"shop.example"}, "shop.example", "10.1.1.1", true},
		{[]string{"Shop.Example."}, "shop.example", "10.1.1.1", true},
		{[]string{"shop.example"}, "a.shop.example", "10.1.1.1", false},
		{[]string{"*.shop.example"}, "a.shop.example", "10.1.1.1", true},
		{[]string{"*.shop.example"}, "shop.example", "10.1.1.1", false},
		{[]string{"*.shop.example"}, "badshop.example", "10.1.1.1", false},
		{[]string{"10.0.0.0/8"}, "shop.example", "10.1.1.1", true},
		{[]string{"10.0.0.0/8"}, "shop.example", "::ffff:10.1.1.1", true},
		{[]string{"10.1.1.1"}, "shop.example", "10.1.1.2", false},
		{[]string{"[::1]"}, "shop.example", "::1", true},
		// A name that its owner leads to the metadata of a cloud.
		{[]string{"shop.example"}, "shop.example", "169.254.169.254", false},
		{[]string{"shop.example"}, "shop.example", "64:ff9b::a9fe:a9fe", false},
		{[]string{"169.254.169.254"}, "shop.example", "169.254.169.254", true},
	} {
		a, err := parseAllowed(tc.list)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.ip(tc.host, netip.MustParseAddr(tc.ip)); (err == nil) != tc.ok {
			t.Errorf("%q, %s at %s: %v", tc.list, tc.host, tc.ip, err)
		}
	}
	for _, wrong := range []string{"", "*", "*.", ".", "https://shop.example", "shop.example:443", "10.0.0.0/33", "user@host", "a b"} {
		if _, err := New(Options{AllowPrivate: []string{wrong}}); asset.HintOf(err) == "" {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

// nameServer answers each question of a name with the next of ips, and the last forever.
func nameServer(t *testing.T, asked *atomic.Int32, ips ...string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Additionals = true, nil
			q := m.Questions[0]
			if q.Type == dnsmessage.TypeA {
				ip := netip.MustParseAddr(ips[min(int(asked.Add(1)), len(ips))-1])
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 0},
					Body:   &dnsmessage.AResource{A: ip.As4()},
				}}
			}
			reply, err := m.Pack()
			if err == nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// 127.0.0.1 stands for a public address here: it is allowed, and 127.0.0.2, where the same
// server listens, is not.
func TestDNSRebinding(t *testing.T) {
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	var got atomic.Int32
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.Add(1)
		w.Header().Set("Connection", "close") // the next request has to ask again where to
		answer(200, string(image(600)))(w, r)
	})}
	go func() { _ = server.Serve(l) }()
	defer server.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())

	var asked atomic.Int32
	b := newBench(t, Options{Retries: 3, Resolver: nameServer(t, &asked, "127.0.0.1", "127.0.0.2")})
	address := "http://shop.example:" + port + "/a.jpg"
	if _, _, err := b.get(t, address); err != nil || asked.Load() != 1 {
		t.Fatalf("asked %d times, %v", asked.Load(), err)
	}
	_, _, err = b.get(t, address)
	if err == nil || !strings.Contains(err.Error(), "shop.example is at 127.0.0.2, a loopback address") || got.Load() != 1 || asked.Load() != 2 {
		t.Errorf("%d requests, asked %d times, %v", got.Load(), asked.Load(), err)
	}
	if hint := asset.HintOf(err); !strings.Contains(hint, "add shop.example to") {
		t.Errorf("hint %q", hint)
	}
}

// A proxy may be private. What it is asked for may not, as far as that can be seen.
func TestProxy(t *testing.T) {
	proxy, got := serve(t, answer(200, string(image(600))))
	b := newBench(t, Options{Getenv: func(name string) string {
		return map[string]string{"http_proxy": proxy.URL, "NO_PROXY": "direct.example"}[name]
	}})
	b.guard.allow = allowed{}
	if _, _, err := b.get(t, "http://shop.example/a.jpg"); err != nil || got.count() != 1 || got.all[0].RequestURI != "http://shop.example/a.jpg" {
		t.Errorf("%d requests, %v", got.count(), err)
	}
	for _, host := range []string{"10.0.0.1", "0xa.1", "[fd00::1]", "169.254.169.254", "metadata.google.internal", "a.localhost", "localhost", "127.0.0.1"} {
		if _, _, err := b.get(t, "http://"+host+"/a.jpg"); err == nil || got.count() != 1 {
			t.Errorf("%s: %d requests, %v", host, got.count(), err)
		}
	}
	if p, err := b.guard.proxy(&url.URL{Scheme: "http", Host: "direct.example"}); p != nil || err != nil {
		t.Errorf("proxy %v, %v", p, err)
	}

	for _, value := range []string{"http://user:pass word@%zz", "://pass", "http://"} {
		_, err := New(Options{Getenv: func(string) string { return value }})
		if err == nil || strings.Contains(err.Error(), "pass") || !strings.Contains(err.Error(), "HTTPS_PROXY: it is not a URL") {
			t.Errorf("%s: %v", value, err)
		}
	}
}

// A Guard refuses what an address says itself, and carries requests for others to what is
// allowed alone.
func TestGuard(t *testing.T) {
	server, asked := serve(t, answer(http.StatusOK, "x"))
	closed, err := NewGuard(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{server.URL, "http://localhost:8000/", "http://169.254.169.254/", "http://[::1]/", "http://0x7f.1/", "ftp://example.com/", "http://a:b@example.com/"} {
		if err := closed.Check(address); err == nil {
			t.Errorf("%s is allowed", address)
		}
	}
	if err := closed.Check("https://example.com/hook?x=1"); err != nil {
		t.Error(err)
	}
	open, err := NewGuard(Options{AllowPrivate: []string{"127.0.0.0/8"}})
	if err != nil {
		t.Fatal(err)
	}
	for g, want := range map[Guard]int{closed: 0, open: 1} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		before := asked.count()
		resp, err := g.RoundTrip(r)
		if err == nil {
			resp.Body.Close()
		}
		if n := asked.count() - before; n != want || (err == nil) != (want == 1) {
			t.Errorf("%d requests, want %d: %v", n, want, err)
		}
	}
	if err := open.Check(server.URL); err != nil {
		t.Error(err)
	}
	if _, err := NewGuard(Options{AllowPrivate: []string{"a b"}}); err == nil {
		t.Error("a mistake in AllowPrivate is taken")
	}
}
