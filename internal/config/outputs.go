package config

// An Output is a value that later steps of a CI job can read.
type Output struct{ Name, Help string }

// Outputs are all outputs of a run, in the order in which they are shown.
var Outputs = []Output{
	{"converted", "Number of images converted."},
	{"skipped", "Number of images skipped."},
	{"failed", "Number of images that failed."},
	{"errors", "Number of errors found by check."},
	{"warnings", "Number of warnings found by check."},
	{"bytes-before", "Size of the converted images before, in bytes."},
	{"bytes-after", "Size of the converted images after, in bytes."},
	{"bytes-saved", "Bytes saved."},
	{"percent-saved", "Percentage saved."},
	{"files", "The result of every image, as a JSON list."},
	{"report", "Path of the JSON report, if the setting report is set."},
	{"commit", "ID of the commit with the results, if there is one."},
	{"pull-request", "URL of the pull or merge request that was opened or updated."},
	{"artifact-id", "ID of the uploaded artifact, if there is one."},
	{"artifact-url", "URL of the artifact."},
	{"artifact-digest", "SHA-256 of the artifact, as sha256:<hex>."},
}
