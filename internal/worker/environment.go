//go:build !race

package worker

// environment is that of workers: empty, and not nil, which exec.Cmd takes for that of the
// parent.
func environment() []string { return []string{} }
