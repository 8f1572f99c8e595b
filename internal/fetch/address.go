package fetch

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"github.com/webpress/webpress/internal/asset"
	"github.com/webpress/webpress/internal/httpclient"
)

// MaxAddress is the most bytes that an address may have; servers refuse longer ones.
const MaxAddress = 8 << 10

// maxHost is the most bytes that the name of a host may have: more than the 253 of DNS, as
// characters beyond ASCII become others there. To see which takes time that grows with the
// square of their number.
const maxHost = 1000

// Check parses an address. Its error is an *asset.HintError, and does not show what may be
// a secret.
func Check(address string) (*url.URL, error) {
	wrong := func(what, why, hint string) error {
		return &asset.HintError{What: what, Why: &refusal{text: why}, Hint: hint}
	}
	if len(address) > MaxAddress {
		return nil, wrong("download", "the address has "+strconv.Itoa(len(address))+" bytes, more than the limit of "+strconv.Itoa(MaxAddress), "use a shorter one")
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, wrong("download", "the address is not a URL", "write it as https://shop.example/a.jpg, with % and two digits for special characters")
	}
	what := "download " + strconv.Quote(httpclient.Redact(address))
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, wrong("download", "the address does not begin with https:// or http://", "write it as https://shop.example/a.jpg")
	case strings.Trim(u.Hostname(), ". ") == "":
		return nil, wrong("download", "the address has no host", "write it as https://shop.example/a.jpg")
	case len(u.Host) > maxHost:
		return nil, wrong("download", "the address has a host of "+strconv.Itoa(len(u.Host))+" bytes", "check the address")
	case u.User != nil:
		return nil, wrong(what, "the address has a user or a password in it", "take it out, and set `header` to \"Authorization: Basic …\" for the host")
	case badPort(u.Port()):
		return nil, wrong(what, "port "+u.Port()+" is not one for web servers", "check the address")
	}
	u.RawQuery = strings.ReplaceAll(u.RawQuery, " ", "%20") // which net/http does of paths alone
	return u, nil
}

// badPort knows the ports of other protocols: those below 1024 that browsers block, where a
// request could pass for a command. Fetch standard (WHATWG), section "Port blocking".
func badPort(port string) bool {
	n, err := strconv.Atoi(port)
	switch {
	case port == "":
		return false
	case err != nil || n < 1 || n > 65535:
		return true
	case n == 80 || n == 443:
		return false
	}
	switch n {
	case 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95,
		101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179,
		389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601,
		636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6379,
		6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080, 11211:
		return true
	}
	return false
}

// canonical is a host name in the one spelling that it is compared in.
func canonical(host string) string {
	// As net/http does it: there are other digits and other dots in Unicode.
	if len(host) <= maxHost {
		if ascii, err := idna.Lookup.ToASCII(host); err == nil {
			host = ascii
		}
	}
	return strings.ToLower(strings.TrimRight(host, "."))
}

// server is the host and the port that an address leads to, in one spelling.
func server(u *url.URL) (host, port string) {
	port = u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return canonical(u.Hostname()), port
}

// literalIP is the address that a host, as canonical has it, is a spelling of, by
// whichever of the rules in use: 127.0.0.1 is also 127.1, 0x7f.1, 017700000001 and
// 2130706433, to inet_aton of POSIX and to browsers.
func literalIP(host string) (netip.Addr, bool) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().WithZone(""), true
	}
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var all uint64
	for i, part := range parts {
		n, ok := number(part)
		bits := 8 // of all but the last part, which has those that are left
		if i == len(parts)-1 {
			bits = 8 * (4 - i)
		}
		if !ok || n >= 1<<bits {
			return netip.Addr{}, false
		}
		all = all<<bits | n
	}
	return netip.AddrFrom4([4]byte{byte(all >> 24), byte(all >> 16), byte(all >> 8), byte(all)}), true
}

// number reads a decimal number, or an octal one after 0, or a hexadecimal one after 0x.
func number(text string) (uint64, bool) {
	base := 10
	switch {
	case strings.HasPrefix(text, "0x"):
		text, base = text[2:], 16
		if text == "" { // a 0 to browsers
			return 0, true
		}
	case len(text) > 1 && text[0] == '0':
		base = 8
		if strings.ContainsAny(text, "89") {
			base = 10 // as some do
		}
	}
	n, err := strconv.ParseUint(text, base, 32)
	return n, err == nil && text[0] != '+'
}
