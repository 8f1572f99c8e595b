package lockfile

// twin is an entry of another source with the same content and recipe, whose output, if
// there is one, is still as it was made. One whose output is in the wanted place already
// comes first, then one whose source is gone. What was accepted is the
// result of one source, and stays that of a single one where it is renamed.
func (s *splitter) twin(blob, recipe, source, output string) (best Entry, ok bool) {
	rank := 0
	for _, e := range s.ByBlob(blob) {
		if e.Source == source || e.Recipe != recipe {
			continue
		}
		r := 1
		if o := e.Output; e.HasFile() {
			switch {
			case o.Accepted && (s.there[e.Source] || s.taken[e.Source]):
				continue
			case s.blobs[output] == o.Blob:
				r = 3
			case !s.intact(o):
				continue
			}
		}
		if !s.there[e.Source] {
			r++
		}
		if r > rank {
			best, ok, rank = e, true, r
		}
	}
	return best, ok
}

// owns are the entries that say that the file in the place of an output is what
// webpress made of this source, or of one that is gone, and that is unchanged
// since.
func (s *splitter) owns(source, output string) (by []Entry) {
	for _, e := range s.ByOutput(output) {
		if (e.Source == source || !s.there[e.Source]) && !e.Output.Accepted && s.intact(e.Output) {
			by = append(by, e)
		}
	}
	return by
}

// made are the entries that say that the file in the place of an output is what
// webpress once made of the same image, elsewhere and with whatever settings: both
// were renamed or copied together.
func (s *splitter) made(blob, output string) (by []Entry) {
	there := s.blobs[output]
	if blob == "" || there == "" || there == blob {
		return nil
	}
	for _, e := range s.ByBlob(blob) {
		if e.HasFile() && e.Output.Blob == there && !e.Output.Accepted {
			by = append(by, e)
		}
	}
	return by
}
