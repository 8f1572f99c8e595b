//go:build !race

package worker

// environment is that of workers: empty. An empty slice would be that of the parent's to
// no one, but nil is.
func environment() []string { return []string{} }
