//go:build !linux

package worker

import (
	"errors"
	"os"
)

// confine is what a system other than Linux lets a process give up.
func confine() (c Confinement) {
	var err error
	if len(os.Environ()) > 0 {
		err = errors.New("there are variables")
	}
	c.add(partEnvironment, err)
	for _, part := range allParts[1:] {
		c.add(part, errors.New("Linux alone has it"))
	}
	return c
}
