package asset

// Receipt is what became of a delivery: where the results went, and which did not
// get there.
type Receipt struct {
	// Store is the store's name: commit, artifact, folder, none.
	Store string `json:"store"`
	// Ref is the store's own name for what it made: a commit's id, an artifact's
	// id, a folder. It is empty if nothing was made.
	Ref string `json:"ref,omitempty"`
	// URL is where a person can look at it.
	URL string `json:"url,omitempty"`
	// PullRequest is the page of the pull request for a commit, where one is wanted.
	PullRequest string `json:"pull-request,omitempty"`
	// Page is the name of the report to look at that lies beside the results, empty if there
	// is none.
	Page string `json:"page,omitempty"`
	// Digest is sha256:<lower-case hex> of what was uploaded, where there is one.
	Digest string `json:"digest,omitempty"`
	// Paths are the files that were delivered, as they are named in the working
	// directory, sorted. If nothing had to be done it is empty.
	Paths []string `json:"paths,omitempty"`
	// Removed are the files whose deletion was delivered, sorted: sources, and outputs
	// that nothing needs any more.
	Removed []string `json:"removed,omitempty"`
	// Left are the files that were not delivered, and why, sorted.
	Left []Undelivered `json:"left,omitempty"`
	// Notes are remarks for the user, one line each.
	Notes []string `json:"notes,omitempty"`
}

// Undelivered is a file that a store did not deliver.
type Undelivered struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}
