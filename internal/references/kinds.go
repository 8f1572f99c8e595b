package references

import "strings"

// kindOf says of what kind an attribute of an element of HTML is, empty where it holds no address.
// value gives other attributes of the same element.
func kindOf(tag, attr string, value func(string) string) Kind {
	switch tag {
	case "meta":
		if attr == "content" {
			return Social
		}
		return ""
	case "link":
		return linkKind(attr, value("rel"), value("as"), value("imagesrcset") != "")
	case "enclosure", "media:content", "media:thumbnail", "itunes:image":
		if attr == "url" || attr == "href" {
			return Social
		}
	case "a", "area":
		if attr == "href" {
			return Link
		}
	case "source":
		if attr == "src" || attr == "data-src" {
			return Media
		}
	case "image", "feimage":
		if attr == "href" || attr == "xlink:href" {
			return Media
		}
	case "object":
		if attr == "data" {
			return Media
		}
	case "embed", "input":
		if attr == "src" {
			return Media
		}
	}
	switch attr {
	case "src", "ngsrc", "image", "img", "thumbnail", "cover", "data-src", "data-original", "data-lazy", "data-lazy-src",
		"data-image", "data-img", "data-full", "data-large", "data-thumb", "data-zoom-image":
		return Image
	case "srcset", "imagesrcset", "data-srcset", "data-lazy-srcset":
		return Srcset
	case "poster", "data-poster", "background", "data-bg", "data-background", "data-background-image":
		return Media
	}
	return ""
}

// linkKind is for an attribute of <link>. as says what it loads ahead, which is an image where it has srcset.
func linkKind(attr, rel, as string, srcset bool) Kind {
	if attr != "href" && attr != "imagesrcset" {
		return ""
	}
	for word := range strings.FieldsSeq(rel) {
		switch word {
		case "preload":
			if as == "image" || srcset {
				return Preload
			}
			return ""
		case "prefetch":
			if as == "" || as == "image" {
				return Preload
			}
			return ""
		case "icon", "apple-touch-icon", "apple-touch-icon-precomposed", "apple-touch-startup-image", "mask-icon",
			"fluid-icon", "image_src", "enclosure", "manifest":
			return Social
		}
	}
	if attr == "href" {
		return Link
	}
	return ""
}

// socialWords are in the keys of data whose image another site shows, or the system as an icon.
var socialWords = []string{
	"og_image", "ogimage", "og:image", "og-image", "opengraph", "open_graph", "twitter", "facebook", "linkedin",
	"social", "share_image", "shareimage", "sharing", "meta_image", "metaimage", "seo", "icon", "icons", "favicon",
	"apple_touch_icon", "enclosure",
}

// isSocialKey reports whether a key, or one of those that it stands in, is of that sort.
func isSocialKey(path []string) bool {
	for _, key := range path {
		key = strings.ToLower(key)
		for _, w := range socialWords {
			if key == w || len(w) > 4 && strings.Contains(key, w) {
				return true
			}
		}
	}
	return false
}
