package config

// An Output is a value that later steps of a CI job can read.
type Output struct{ Name, Help string }

// Outputs are all that a run gives, in the order in which they are shown.
var Outputs = []Output{
	{"converted", "How many pictures were converted."},
	{"skipped", "How many pictures were left as they are."},
	{"failed", "How many pictures could not be converted."},
	{"errors", "How many errors a check has found."},
	{"warnings", "How many warnings a check has found."},
	{"bytes-before", "Size of the converted pictures before, in bytes."},
	{"bytes-after", "Size of the converted pictures after, in bytes."},
	{"bytes-saved", "The difference of the two, in bytes."},
	{"percent-saved", "The difference of the two, in percent of what it was before."},
	{"files", "What became of every picture, as a JSON list."},
	{"report", "Path of the JSON report, where the setting report asks for one."},
	{"commit", "Id of the commit that holds the results, where one was made."},
	{"pull-request", "Address of the pull or merge request that was opened or brought up to date."},
	{"artifact-id", "Number of the artifact, where one was uploaded."},
	{"artifact-url", "Address of the artifact."},
	{"artifact-digest", "SHA-256 of the artifact, as sha256:<hex>."},
}
