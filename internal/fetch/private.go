package fetch

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/httpclient"
)

// A block is a range of addresses that a public address is not in.
type block struct {
	prefix netip.Prefix
	what   string
}

// blocks are those of IANA's "IPv4 Special-Purpose Address Registry" and "IPv6
// Special-Purpose Address Registry" (RFC 6890) that are not globally reachable, and what
// clouds use besides. The first that matches names an address.
var blocks = func() []block {
	var all []block
	for _, b := range []struct{ prefix, what string }{
		{"0.0.0.0/8", "an unspecified"},            // RFC 1122, 3.2.1.3
		{"127.0.0.0/8", "a loopback"},              // RFC 1122, 3.2.1.3
		{"168.63.129.16/32", "a metadata"},         // Azure's WireServer
		{"192.0.0.192/32", "a metadata"},           // Oracle Cloud
		{"100.100.100.200/32", "a metadata"},       // Alibaba Cloud
		{"fd00:ec2::/32", "a metadata"},            // AWS
		{"fd20:ce::/32", "a metadata"},             // Google Cloud
		{"10.0.0.0/8", "a private"},                // RFC 1918
		{"172.16.0.0/12", "a private"},             // RFC 1918
		{"192.168.0.0/16", "a private"},            // RFC 1918
		{"100.64.0.0/10", "a carrier-grade NAT"},   // RFC 6598
		{"169.254.0.0/16", "a link-local"},         // RFC 3927; metadata of most clouds
		{"192.0.0.0/24", "a special-purpose"},      // RFC 6890
		{"192.0.2.0/24", "a documentation"},        // RFC 5737
		{"198.51.100.0/24", "a documentation"},     // RFC 5737
		{"203.0.113.0/24", "a documentation"},      // RFC 5737
		{"192.88.99.0/24", "a 6to4 relay"},         // RFC 7526
		{"198.18.0.0/15", "a benchmarking"},        // RFC 2544
		{"224.0.0.0/4", "a multicast"},             // RFC 5771
		{"240.0.0.0/4", "a reserved"},              // RFC 1112, 4; broadcast
		{"::/128", "an unspecified"},               // RFC 4291, 2.5.2
		{"::1/128", "a loopback"},                  // RFC 4291, 2.5.3
		{"fe80::/10", "a link-local"},              // RFC 4291, 2.5.6
		{"fec0::/10", "a private"},                 // RFC 3879, site-local
		{"fc00::/7", "a private"},                  // RFC 4193
		{"ff00::/8", "a multicast"},                // RFC 4291, 2.7
		{"64:ff9b:1::/48", "a translated private"}, // RFC 8215
		{"2001::/32", "a Teredo"},                  // RFC 4380
		{"2001::/23", "a special-purpose"},         // RFC 2928
		{"2001:db8::/32", "a documentation"},       // RFC 3849
		{"3fff::/20", "a documentation"},           // RFC 9637
		{"2002::/16", "a 6to4"},                    // RFC 3056, given up by RFC 7526
		{"5f00::/16", "a segment routing"},         // RFC 9602
		{"100::/32", "a special-purpose"},          // RFC 6666, RFC 9780
	} {
		all = append(all, block{netip.MustParsePrefix(b.prefix), b.what})
	}
	return all
}()

var (
	// nat64 has an IPv4 address in the last four bytes (RFC 6052).
	nat64 = netip.MustParsePrefix("64:ff9b::/96")
	// global is what IANA gives out of IPv6.
	global = netip.MustParsePrefix("2000::/3")
)

// kindOfIP says what kind of address one is that is not public, empty for those that are.
func kindOfIP(ip netip.Addr) string {
	ip = ip.Unmap().WithZone("")
	if nat64.Contains(ip) {
		b := ip.As16()
		return kindOfIP(netip.AddrFrom4([4]byte(b[12:])))
	}
	for _, b := range blocks {
		if b.prefix.Contains(ip) {
			return b.what
		}
	}
	if ip.Is6() && !global.Contains(ip) {
		return "a reserved"
	}
	return ""
}

// isLocalName knows names that lead to this machine or to a cloud's metadata, wherever they
// are resolved.
func isLocalName(host string) bool {
	for _, name := range []string{"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "metadata", "metadata.google.internal"} {
		if host == name {
			return true
		}
	}
	return strings.HasSuffix(host, ".localhost") // RFC 6761, 6.3
}

// allowed are the exceptions.
type allowed struct {
	hosts    []string // with a dot in front: all names below
	prefixes []netip.Prefix
}

// parseAllowed reads Options.AllowPrivate.
func parseAllowed(list []string) (allowed, error) {
	var a allowed
	for _, text := range list {
		text = strings.TrimSpace(text)
		if p, err := netip.ParsePrefix(text); err == nil {
			a.prefixes = append(a.prefixes, p.Masked())
			continue
		}
		bare := strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
		if ip, err := netip.ParseAddr(bare); err == nil {
			ip = ip.Unmap().WithZone("")
			a.prefixes = append(a.prefixes, netip.PrefixFrom(ip, ip.BitLen()))
			continue
		}
		host := text
		if below, ok := strings.CutPrefix(text, "*."); ok {
			host = "." + below
		}
		if strings.Trim(host, ".") == "" || strings.ContainsAny(host, "*/:@ []") {
			return allowed{}, &asset.Fault{
				Message: "allow-private-hosts: " + strconv.Quote(text) + " is not a host, an address or a range of addresses",
				Hint:    "write it as intranet.example, *.intranet.example, 10.1.2.3 or 10.0.0.0/8",
			}
		}
		if host[0] != '.' {
			host = canonical(host)
		}
		a.hosts = append(a.hosts, strings.ToLower(host))
	}
	return a, nil
}

// name reports whether a host may have a private address.
func (a allowed) name(host string) bool {
	return slices.ContainsFunc(a.hosts, func(h string) bool {
		return host == h || h[0] == '.' && strings.HasSuffix(host, h)
	})
}

// ip is why an address must not be reached that a host is, or that it resolves to; nil if
// it may be.
func (a allowed) ip(host string, ip netip.Addr) error {
	ip = ip.Unmap().WithZone("")
	kind := kindOfIP(ip)
	if kind == "" || slices.ContainsFunc(a.prefixes, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return nil
	}
	exception := host
	switch {
	case kind == "a link-local", kind == "a metadata":
		exception = ip.String()
	case a.name(host):
		return nil
	}
	switch literal, ok := literalIP(host); {
	case !ok || literal != ip:
		return a.refusal(fmt.Sprintf("%s is at %s, %s address", host, ip, kind), exception)
	case host != ip.String():
		return a.refusal(fmt.Sprintf("%s is %s, %s address", host, ip, kind), ip.String())
	}
	return a.refusal(fmt.Sprintf("%s is %s address", ip, kind), ip.String())
}

// host is why a host must not be reached that is an address itself, in any spelling, and,
// if it is resolved elsewhere, one whose name says where it leads; nil if it may be.
func (a allowed) host(host string, resolvedHere bool) error {
	if ip, ok := literalIP(host); ok {
		return a.ip(host, ip)
	}
	if !resolvedHere && isLocalName(host) && !a.name(host) {
		return a.refusal(host+" is a name for a machine itself or for its cloud", host)
	}
	return nil
}

func (allowed) refusal(text, exception string) error {
	return httpclient.Permanent(&refusal{text: text, hint: fmt.Sprintf("if it is meant to be reached, add %s to `allow-private-hosts`", exception)})
}
