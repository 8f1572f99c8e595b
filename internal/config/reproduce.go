package config

import (
	"fmt"
	"reflect"
)

// given finds Config.Given. said reports whether a setting was set outside of the file.
func given(c Config, said func(name string) bool) []string {
	var flags []string
	v := reflect.ValueOf(c)
	for i := range table {
		s := &table[i]
		if !said(s.Name) || !s.PerFile && s.Name != "glob" && s.Name != "ignore" {
			continue
		}
		switch field := v.Field(s.field); s.Kind {
		case List:
			for i := range field.Len() {
				flags = append(flags, fmt.Sprintf("--%s=%s", s.Name, field.Index(i)))
			}
		case Switch:
			if field.Bool() {
				flags = append(flags, "--"+s.Name)
			} else {
				flags = append(flags, "--no-"+s.Name)
			}
		default:
			flags = append(flags, fmt.Sprintf("--%s=%v", s.Name, field.Interface()))
		}
	}
	return flags
}
