# Homebrew's formula, in the repository as its own tap. A release sets url and sha256,
# which are of no version before the first one: scripts/release-formula.
class Webpress < Formula
  desc "Convert HEIC, JPEG, PNG and other images to WebP, and report what it saves"
  homepage "https://github.com/webpress/webpress"
  url "https://github.com/webpress/webpress/releases/download/v0.0.0/webpress-0.0.0-source.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "MIT"
  head "https://github.com/webpress/webpress.git", branch: "main"

  depends_on "go" => :build
  depends_on "pkgconf" => :build
  depends_on "jpeg-turbo"
  depends_on "libdeflate"
  depends_on "libheif"
  depends_on "libtiff"
  depends_on "little-cms2"
  depends_on "zimg"

  def install
    # libwebp is compiled in, and this is where the time goes.
    ENV["CGO_CFLAGS"] = Hardware::CPU.intel? ? "-O3 -march=x86-64-v2" : "-O3"
    ENV["GOAMD64"] = "v2"
    system "go", "build", *std_go_args(ldflags: "-s -w -X main.version=#{version}")
    generate_completions_from_executable(bin/"webpress", "completion")
    (man1/"webpress.1").write Utils.safe_popen_read(bin/"webpress", "man")
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/webpress --version")
    (testpath/"pixel.gif").binwrite "R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=".unpack1("m")
    assert_match "pixel.gif", shell_output("#{bin}/webpress pixel.gif 2>&1")
  end
end
