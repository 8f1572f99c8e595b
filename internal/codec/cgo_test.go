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
	}

	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := elf.Open(path)
	if err != nil {
		t.Skip("not an ELF binary:", err)
	}
	defer binary.Close()
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
