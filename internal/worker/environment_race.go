//go:build race

package worker

// environment keeps the race detector from sleeping for a second in each worker that ends.
func environment() []string { return []string{"GORACE=atexit_sleep_ms=0"} }
