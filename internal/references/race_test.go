//go:build race

package references

func init() { hostileSize, hostileConfig = hostileSize/16, hostileConfig/16 }
