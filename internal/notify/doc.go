// Package notify reports the results of a run to people and programs outside of it:
// by a comment on a pull or merge request, and by a webhook. Nothing here decides
// whether a run went well: what could not be sent is an error with a hint, which
// the caller logs before it goes on.
package notify
