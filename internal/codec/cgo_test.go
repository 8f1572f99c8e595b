package codec

import (
	"debug/elf"
	"os"
	"strings"
	"testing"
)

// One libwebp is in the binary, the one that was compiled into it. The system's,
// whose headers the shims compile against, is not even linked.
func TestOneLibwebp(t *testing.T) {
	const want = 0x010400
	if encoder, decoder := LibwebpVersion(); encoder != want || decoder != want {
		t.Errorf("the encoder is %06x, the decoder %06x, want %06x", encoder, decoder, want)
	} else if encoder>>16 != libwebpMajor {
		t.Errorf("the version of results has libwebp %d, the encoder is %06x", libwebpMajor, encoder)
	}

	binary := openELF(t)
	libraries, err := binary.ImportedLibraries()
	if err != nil {
		t.Fatal(err)
	}
	if len(libraries) == 0 {
		t.Error("no library is linked at all")
	}
	for _, library := range libraries {
		if strings.HasPrefix(library, "libwebp") || strings.HasPrefix(library, "libsharpyuv") {
			t.Errorf("%s is linked", library)
		}
	}
}

// No shared library can find a function of the binary in the place of one of its own
// libraries, such as libtiff those of libwebp.
func TestNothingExported(t *testing.T) {
	symbols, err := openELF(t).DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	if len(symbols) == 0 {
		t.Error("no symbol is imported at all")
	}
	for _, s := range symbols {
		if s.Section != elf.SHN_UNDEF && elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			t.Errorf("%s is exported", s.Name)
		}
	}
}

// openELF opens the test's own binary.
func openELF(t *testing.T) *elf.File {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := elf.Open(path)
	if err != nil {
		t.Skip("not an ELF binary:", err)
	}
	t.Cleanup(func() { binary.Close() })
	return binary
}
