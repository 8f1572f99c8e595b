// Package owner gives what webpress writes to whom it belongs. A container runs as
// root on somebody else's files, and root's files would be in their way.
package owner
