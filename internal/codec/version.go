package codec

import "fmt"

// generation is raised with a release that makes other bytes of the same image
// by the same settings, and better ones: so much better that users want all of
// their results made again.
const generation = 2

// libwebpMajor is the major version of libwebp that is compiled into the program.
const libwebpMajor = 1

// A Library is a C library that the program works with.
type Library struct {
	// Name is that of the project, such as libwebp.
	Name string
	// Version is as the library writes it; empty if it has none.
	Version string
}

// Version is the version of what makes the bytes of an output: a result that was
// made by another one is out of date.
//
// It has the major version of libwebp alone. Minor ones differ in some bytes and
// not in what anybody sees; were they part of it, a laptop and a CI with different
// ones would undo each other's work forever. A build without codecs has that of the
// builds with them, whose results it takes for its own.
func Version() string { return fmt.Sprintf("libwebp %d, webpress %d", libwebpMajor, generation) }
