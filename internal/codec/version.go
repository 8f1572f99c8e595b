package codec

import "fmt"

// generation is raised with a release that makes other bytes of the same image
// by the same settings, and better ones: so much better that users want all of
// their results made again.
const generation = 2

// Version is the version of what makes the bytes of an output: a result that was
// made by another one is out of date.
//
// It has the major version of libwebp alone. Minor ones differ in some bytes and
// not in what anybody sees; were they part of it, a laptop and a CI with different
// ones would undo each other's work forever.
func Version() string {
	encoder, _ := LibwebpVersion()
	return fmt.Sprintf("libwebp %d, webpress %d", encoder>>16, generation)
}
