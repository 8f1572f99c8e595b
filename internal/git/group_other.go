//go:build !unix

package git

import "os/exec"

func apart(*exec.Cmd) {}

func killGroup(*exec.Cmd) {}
