package pixel

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
)

// convertGray converts one gray value by a profile.
func convertGray(t *testing.T, icc []byte, v byte) [3]byte {
	t.Helper()
	im := NewRGBA(1, 1, []byte{v, v, v, 255})
	out, err := ToSRGB(im, icc)
	if err != nil {
		t.Fatal(err)
	}
	return [3]byte(out.Planes[0])
}

func TestMakeProfile(t *testing.T) {
	if space, srgb := ProfileSpace(MakeProfile(ProfileOptions{})); space != SpaceRGB || !srgb {
		t.Errorf("sRGB is space %d, sRGB %v", space, srgb)
	}
	for _, gamma := range []float64{1, 1.8, 2.2, 2.8} {
		icc := MakeProfile(ProfileOptions{Gamma: gamma})
		if !bytes.Equal(icc, MakeProfile(ProfileOptions{Gamma: gamma})) {
			t.Errorf("gamma %v: not always the same", gamma)
		}
		if n := binary.BigEndian.Uint32(icc); int(n) != len(icc) {
			t.Errorf("gamma %v: %d bytes, and it says %d", gamma, len(icc), n)
		}
		for _, v := range []byte{0, 40, 128, 200, 255} {
			light := math.Pow(float64(v)/255, gamma)
			want := 12.92 * light
			if light > 0.0031308 {
				want = 1.055*math.Pow(light, 1/2.4) - 0.055
			}
			got := convertGray(t, icc, v)
			for _, c := range got {
				if math.Abs(float64(c)-255*want) > 2 {
					t.Errorf("gamma %v: %d becomes %v, want %.1f", gamma, v, got, 255*want)
				}
			}
		}
	}
	// A white that is not D65 stays white, and the green of Display P3 is greener.
	icc := MakeProfile(ProfileOptions{Points: &[8]float64{0.345, 0.358, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060}})
	if got := convertGray(t, icc, 255); got != [3]byte{255, 255, 255} {
		t.Errorf("white becomes %v", got)
	}
	green, err := ToSRGB(NewRGBA(1, 1, []byte{120, 200, 120, 255}), icc)
	if err != nil || green.Planes[0][0] > 110 || green.Planes[0][1] < 200 {
		t.Errorf("green becomes %v, %v", green.Planes[0], err)
	}
	for name, points := range map[string][8]float64{
		"on a line":       {0.3127, 0.3290, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3},
		"zeros":           {},
		"white outside":   {0.9, 0.05, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06},
		"not a number":    {math.NaN(), 0.3, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06},
		"far out of here": {0.3127, 0.3290, 21474, 0.33, 0.30, 0.60, 0.15, 0.06},
	} {
		if MakeProfile(ProfileOptions{Points: &points}) != nil {
			t.Errorf("%s: a profile", name)
		}
	}
}

func TestCodedProfile(t *testing.T) {
	for _, tc := range []struct {
		colors, transfer int
		icc, ok          bool
	}{
		{1, 13, false, true}, {1, 1, false, true}, {2, 2, false, true},
		{12, 13, true, true}, {9, 14, true, true}, {1, 8, true, true},
		{9, 16, false, false}, {9, 18, false, false}, {99, 13, false, false},
	} {
		icc, ok := CodedProfile(tc.colors, tc.transfer)
		if ok != tc.ok || (icc != nil) != tc.icc {
			t.Errorf("%d/%d: a profile of %d bytes, %v", tc.colors, tc.transfer, len(icc), ok)
		}
		if space, _ := ProfileSpace(icc); icc != nil && space != SpaceRGB {
			t.Errorf("%d/%d: space %d", tc.colors, tc.transfer, space)
		}
	}
}

// A tag with stages is not followed, whatever it holds; the rest of its profile is.
func TestProfileBounds(t *testing.T) {
	stages := func(n int) string {
		b := []byte("mpet\x00\x00\x00\x00\x00\x03\x00\x03")
		b = binary.BigEndian.AppendUint32(b, uint32(n))
		at := 16 + 8*n // all of them share one
		for range n {
			b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, uint32(at)), 60)
		}
		b = append(b, "matf\x00\x00\x00\x00\x00\x03\x00\x03"...)
		for i := range 12 {
			v := float32(0)
			if i < 9 && i%4 == 0 {
				v = 0.5
			}
			b = binary.BigEndian.AppendUint32(b, math.Float32bits(v))
		}
		return string(b)
	}
	srgb := tableFree(t)
	for name, tags := range map[string][]tag{
		"one stage":            append([]tag{{"D2B0", stages(1)}}, srgb...),
		"thousands of stages":  append([]tag{{"D2B0", stages(5000)}, {"D2B1", stages(5000)}}, srgb...),
		"the other way round":  append([]tag{{"B2D0", stages(5000)}}, srgb...),
		"of another intent":    append([]tag{{"D2B3", stages(5000)}}, srgb...),
		"without any of these": srgb,
	} {
		icc := newProfile("mntr", "RGB ", "XYZ ", tags...)
		before := bytes.Clone(icc)
		if space, same := ProfileSpace(icc); space != SpaceRGB || !same {
			t.Errorf("%s: space %d, sRGB %v", name, space, same)
		}
		if !bytes.Equal(icc, before) {
			t.Errorf("%s: the profile was changed", name)
		}
	}
	if space, _ := ProfileSpace(newProfile("mntr", "RGB ", "XYZ ", tag{"D2B0", stages(5000)})); space != SpaceBad {
		t.Errorf("stages alone are space %d", space)
	}
	if space, _ := ProfileSpace(append(newProfile("mntr", "RGB ", "XYZ ", srgb...), make([]byte, maxProfile)...)); space != SpaceBad {
		t.Errorf("too large a profile is space %d", space)
	}
}

// tableFree returns the tags of an sRGB profile that has primaries and curves.
func tableFree(t *testing.T) []tag {
	t.Helper()
	icc := MakeProfile(ProfileOptions{})
	var tags []tag
	for i := range int(binary.BigEndian.Uint32(icc[iccHeader:])) {
		entry := icc[iccHeader+4+i*iccTag:]
		at, n := binary.BigEndian.Uint32(entry[4:]), binary.BigEndian.Uint32(entry[8:])
		if name := string(entry[:4]); name != "wtpt" { // which newProfile adds
			tags = append(tags, tag{name, string(icc[at:][:n])})
		}
	}
	return tags
}
