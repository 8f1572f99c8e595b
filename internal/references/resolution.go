package references

// A Status says what a reference leads to.
type Status int

// The statuses.
const (
	None      Status = iota // not an image, or nothing to resolve
	Found                   // Path is a file of the repository
	External                // another site
	Missing                 // no file is there
	WrongCase               // Path is a file whose name differs in case
	Outside                 // it leaves the tree
	Ambiguous               // it may be Path, and Other
)

// A Resolution is what a Resolver found out about a reference.
type Resolution struct {
	Path   string
	Status Status
	// Other is the other file that an Ambiguous reference may mean.
	Other string
	// way is how the address is written.
	way way
}
