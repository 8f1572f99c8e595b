package pixel

/*
#include <lcms2.h>
#include <zimg.h>
*/
import "C"

import "fmt"

// LCMSVersion returns the version of Little CMS, which converts colors, such as 2.16.
func LCMSVersion() string {
	v := int(C.cmsGetEncodedCMMversion())
	return fmt.Sprintf("%d.%d", v/1000, v%1000/10)
}

// ZimgVersion returns the version of zimg, which resizes, such as 3.0.5.
func ZimgVersion() string {
	var major, minor, micro C.uint
	C.zimg_get_version_info(&major, &minor, &micro)
	return fmt.Sprintf("%d.%d.%d", major, minor, micro)
}
