//go:build race

package report

func init() { hostileReports /= 10 }
