package worker

import (
	"fmt"
	"strings"
)

// A Confinement is what keeps a worker from everything but its work.
type Confinement struct {
	// InForce names the parts that are in force, Missing those that are not, each with the
	// reason.
	InForce []string          `json:"in-force"`
	Missing map[string]string `json:"missing,omitempty"`
}

// The parts of a Confinement.
const (
	partEnvironment  = "an empty environment"
	partPrivileges   = "no new privileges"
	partCapabilities = "no capabilities"
	partDumpable     = "not dumpable"
	partLimits       = "resource limits"
	partLandlock     = "Landlock"
	partSeccomp      = "seccomp"
)

// allParts are the parts that are there where the kernel has all of them.
var allParts = []string{partEnvironment, partPrivileges, partCapabilities, partDumpable, partLimits, partLandlock, partSeccomp}

// Whole says that no part is missing.
func (c Confinement) Whole() bool { return len(c.Missing) == 0 && len(c.InForce) > 0 }

// String names the parts in force, and those that are not.
func (c Confinement) String() string {
	text := "none"
	if len(c.InForce) > 0 {
		text = strings.Join(c.InForce, ", ")
	}
	for _, part := range allParts {
		if why, ok := c.Missing[part]; ok {
			text += fmt.Sprintf("; not %s: %s", part, why)
		}
	}
	return text
}

// add notes what became of a part.
func (c *Confinement) add(part string, err error) {
	if err == nil {
		c.InForce = append(c.InForce, part)
		return
	}
	if c.Missing == nil {
		c.Missing = map[string]string{}
	}
	c.Missing[part] = err.Error()
}
