package scan

import (
	"github.com/webpress/webpress/internal/asset"
)

// Stream says what the content of a source is that is not a file, such as standard
// input, by the checks of Find. The Fault is why it is not converted.
func Stream(name string, content []byte) (asset.Source, *asset.Fault) {
	x := exam{
		identifier: identifier{maxFileSize: func(string) int64 { return 0 }},
		entry:      entry{path: name, named: true}, claims: true,
		source: asset.Source{Path: name, Size: int64(len(content))},
	}
	v := x.content(content[:min(len(content), asset.SniffLen)])
	if v.outcome != taken { // also leftNamed
		return v.source, &asset.Fault{Message: v.message, Hint: v.hint}
	}
	return v.source, nil
}
