package asset

// A Severity says how serious a Finding is.
type Severity string

// The severities, most serious first. Only an error makes a check fail.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// A Finding is something in the tree that is not as it should be, as a check sees
// it.
type Finding struct {
	// Rule is the name of what was broken, in lower case with hyphens: one of the
	// Rules, or the name of a budget's limit such as max-bytes.
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	// Path is that of the file, relative to the working directory; empty for what
	// is about the tree as a whole.
	Path string `json:"path,omitempty"`
	// Line and Column are a place in it, from 1; 0 is the file as a whole.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Message is one lower-case line that names the file.
	Message string `json:"message"`
	// Hint says how to fix it, if that is known.
	Hint string `json:"hint,omitempty"`
	// Fix is the commands that fix it, in one line for a shell, where there are such.
	Fix string `json:"fix,omitempty"`
}

// The rules that a check holds the outputs of webpress to.
const (
	// RuleFailed is a file that cannot be looked at or converted.
	RuleFailed = "unreadable"
	// RuleOutput is a source whose result cannot be where the setting output puts it: it
	// is that of another source too, or a source itself, or outside of the tree.
	RuleOutput = "output"
	// RuleOutdated is a source without an output that is up to date.
	RuleOutdated = "outdated"
	// RuleEdited is an output that was edited by hand.
	RuleEdited = "edited"
	// RuleOccupied is another file in the place of an output.
	RuleOccupied = "occupied"
	// RuleIgnored is an output that git ignores, so that no commit will have it.
	RuleIgnored = "ignored"
	// RuleUnverified is an output that is not what webpress makes, though
	// webpress.lock says so.
	RuleUnverified = "unverified"
	// RuleAccepted is an output that was edited and accepted.
	RuleAccepted = "accepted"
	// RuleNotAdded is an output that is there, and that git does not have.
	RuleNotAdded = "not-added"
	// RuleOrphan is an output whose source is gone.
	RuleOrphan = "orphan"
	// RuleStale is a reference to a source that has a result.
	RuleStale = "stale-reference"
	// RuleMissing is a reference that leads to no file, RuleWrongCase one to a file whose
	// name differs in case: it works on macOS and Windows, and fails on Linux.
	RuleMissing   = "missing-image"
	RuleWrongCase = "wrong-case"
	// RuleUnused is an image that no page names.
	RuleUnused = "unused-image"
)
