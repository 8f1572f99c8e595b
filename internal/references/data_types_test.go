package references

import "testing"

// TestMediaTypes has data whose media types must agree with the images beside them.
func TestMediaTypes(t *testing.T) {
	for _, c := range []struct{ name, file, src, want string }{
		{"json", "_data/x.json", `[{"type": "image/jpeg", "src": "../a.jpg", "w": 1}, {"src": "../b.png", "type": "photo"}]`, `[{"type": "image/webp", "src": "../a.webp", "w": 1}, {"src": "../b.webp", "type": "photo"}]`},
		{"json, an object within", "_data/x.json", `{"src": "../a.jpg", "size": {"w": 1}, "mimeType": "image/jpeg"}`, `{"src": "../a.webp", "size": {"w": 1}, "mimeType": "image/webp"}`},
		{"json, another object", "_data/x.json", `{"a": {"src": "../a.jpg"}, "type": "image/jpeg", "l": ["../a.jpg", {"type": "image/png"}]}`, `{"a": {"src": "../a.webp"}, "type": "image/jpeg", "l": ["../a.webp", {"type": "image/png"}]}`},
		{"json, a thumbnail", "_data/x.json", `{"thumb": "../a.jpg", "url": "../plain.png", "mime_type": "image/png"}`, `{"thumb": "../a.webp", "url": "../plain.png", "mime_type": "image/png"}`},
		{"json, two images", "_data/x.json", `{"small": "../a.jpg", "large": "../plain.png", "type": "image/png"}`, `{"small": "../a.webp", "large": "../plain.png", "type": "image/png"}`},
		{"json, two types", "_data/x.json", `{"src": "../a.jpg", "type": "image/jpeg", "mime": "image/jpeg"}`, `{"src": "../a.webp", "type": "image/jpeg", "mime": "image/jpeg"}`},
		{"json, a type of something else", "_data/x.json", `[{"type": "image/gif", "picture": "../a.jpg"}, {"type": "image/icons.png", "src": "../b.png?v=1.2"}]`, `[{"type": "image/gif", "picture": "../a.webp"}, {"type": "image/icons.png", "src": "../b.webp?v=1.2"}]`},
		{"json, escapes", "_data/x.json", `{"src": "..\/a.jpg", "type": "image\/jpeg"}`, `{"src": "..\/a.webp", "type": "image/webp"}`},
		{"yaml", "_data/x.yml", "a:\n  src: ../a.jpg\n  type: image/jpeg\nb:\n- mime: 'image/png'\n  src: ../b.png\n- src: ../plain.png\n  mime: image/png\n- src: ../a.jpg\n  mimeType: \"image/jpeg\" # image/jpeg\n",
			"a:\n  src: ../a.webp\n  type: image/webp\nb:\n- mime: 'image/webp'\n  src: ../b.webp\n- src: ../plain.png\n  mime: image/png\n- src: ../a.webp\n  mimeType: \"image/webp\" # image/jpeg\n"},
		{"yaml, another mapping", "_data/x.yml", "a:\n  src: ../a.jpg\n  meta:\n    type: image/jpeg\nb:\n  type: image/jpeg\n1:\n  src: ../a.jpg\nc: ../a.jpg\n", "a:\n  src: ../a.webp\n  meta:\n    type: image/jpeg\nb:\n  type: image/jpeg\n1:\n  src: ../a.webp\nc: ../a.webp\n"},
		{"yaml, a list", "_data/x.yml", "src:\n- ../a.jpg\n- ../plain.png\ntype: image/jpeg\nx:\n  src: [../a.jpg, {type: image/png}]\n  type: image/jpeg\n", "src:\n- ../a.webp\n- ../plain.png\ntype: image/jpeg\nx:\n  src: [../a.webp, {type: image/png}]\n  type: image/jpeg\n"},
		{"yaml in braces", "_data/x.yml", "- {src: ../a.jpg, type: image/jpeg}\n- {src: ../b.png,\n  é: 1, type: image/png}\n", "- {src: ../a.webp, type: image/webp}\n- {src: ../b.webp,\n  é: 1, type: image/webp}\n"},
		{"yaml, documents", "_data/x.yml", "src: ../a.jpg\n---\ntype: image/jpeg\n", "src: ../a.webp\n---\ntype: image/jpeg\n"},
		{"yaml, crlf", "_data/x.yml", "a:\r\n  src: ../a.jpg\r\n  type: image/jpeg\r\n", "a:\r\n  src: ../a.webp\r\n  type: image/webp\r\n"},
		{"front matter", "x.md", "---\nimage:\n  src: a.jpg\n  type: image/jpeg\n---\n", "---\nimage:\n  src: a.webp\n  type: image/webp\n---\n"},
		{"toml", "_data/x.toml", "[[x]]\nsrc = \"../a.jpg\"\ntype = \"image/jpeg\"\n[[x]]\nmime='image/png'\nsrc='../b.png'\n[y]\nz = {src='../a.jpg', type='image/jpeg'}\n", "[[x]]\nsrc = \"../a.webp\"\ntype = \"image/webp\"\n[[x]]\nmime='image/webp'\nsrc='../b.webp'\n[y]\nz = {src='../a.webp', type='image/webp'}\n"},
		{"toml, another table", "_data/x.toml", "a.src = '../a.jpg'\ntype = 'image/jpeg'\n[x]\nsrc = '../a.jpg'\n[y]\ntype = 'image/jpeg'\nl = ['../a.jpg']\n", "a.src = '../a.webp'\ntype = 'image/jpeg'\n[x]\nsrc = '../a.webp'\n[y]\ntype = 'image/jpeg'\nl = ['../a.webp']\n"},
		{"script", "x.ts", "x = [{src: '/a.jpg', type: 'image/jpeg'}, {'mime': \"image/png\", f() { return {} }, src: `/b.png`}]\n", "x = [{src: '/a.webp', type: 'image/webp'}, {'mime': \"image/webp\", f() { return {} }, src: `/b.webp`}]\n"},
		{"script, another object", "x.ts", "x = {a: {src: '/a.jpg'}, type: 'image/jpeg', b: c ? 'image/png' : 'image/jpeg'}; f('image/png', {src: '/a.jpg', type: t || 'image/png'})\n", "x = {a: {src: '/a.webp'}, type: 'image/jpeg', b: c ? 'image/png' : 'image/jpeg'}; f('image/png', {src: '/a.webp', type: t || 'image/png'})\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, _, _ := rewrite(t, c.file, c.src, Options{Mode: Update})
			if data != c.want {
				t.Errorf("got  %s\nwant %s", data, c.want)
			}
		})
	}
}
