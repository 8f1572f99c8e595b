//go:build !unix

package main

import "os"

func ownStderr() (own *os.File, mute func()) { return os.Stderr, func() {} }
