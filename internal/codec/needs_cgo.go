//go:build !cgo && !remote

package codec

// A build without cgo has no codecs: it converts by a conversion API alone. That is to be asked
// for, as Go turns cgo off by itself where there is no C compiler.
var _ = install_a_C_compiler_or_build_with_tags_remote
