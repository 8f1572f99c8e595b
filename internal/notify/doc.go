// Package notify tells people and programs outside of the run what it came to:
// by a comment on a pull or merge request, and by a webhook. Nothing here decides
// whether a run went well: what could not be told is an error with a hint, which
// the caller reports and goes on.
package notify
