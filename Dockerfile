FROM golang:1.26-trixie AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
      gcc g++ libc6-dev make nasm dpkg-dev pkg-config git cmake ninja-build libaom-dev libde265-dev libdav1d-dev libwebp-dev libturbojpeg0-dev libtiff-dev libdeflate-dev libzimg-dev liblcms2-dev git-lfs \
    && rm -rf /var/lib/apt/lists/*

# git, what it needs to clone, fetch and push over HTTPS, and Git LFS. Debian's
# package brings perl along, which is as large as all the rest, and which none of
# this calls.
RUN core=/usr/lib/git-core \
    && mkdir -p /out/usr/bin /out$core /out/usr/share/git-core \
    && cp -a /usr/bin/git /out/usr/bin/ \
    && ln -s git /out/usr/bin/git-upload-pack \
    && ln -s git /out/usr/bin/git-receive-pack \
    && ln -s ../../bin/git /out$core/git \
    && cp -L $core/git-remote-http /out$core/ \
    && ln -s git-remote-http /out$core/git-remote-https \
    && cp -a /usr/share/git-core/templates /out/usr/share/git-core/ \
    && cp /usr/bin/git-lfs /out/usr/bin/ \
    && for doc in /usr/share/doc/git /usr/share/doc/git-lfs; do \
         if [ -e $doc/copyright ]; then mkdir -p /out$doc && cp $doc/copyright /out$doc/; fi; \
       done \
    && mkdir -p /out/usr/share/doc/webpress \
    && dpkg-query -W -f '${source:Package} ${source:Version}\n' git git-lfs >/out/usr/share/doc/webpress/debian-sources.txt

# Decodes HEVC in two thirds of libde265's time. Debian's own brings 250 MB along.
COPY scripts/build-libavcodec scripts/
RUN scripts/build-libavcodec /usr/local && ldconfig \
    && mkdir -p /out/usr/local/lib /out/usr/share/doc && cp -P /usr/local/lib/libav*.so.* /out/usr/local/lib/ \
    && cp -R /usr/local/share/doc/libavcodec /out/usr/share/doc/ \
    && cat /usr/local/share/doc/libavcodec/debian-sources.txt >>/out/usr/share/doc/webpress/debian-sources.txt

ARG TARGETARCH
ARG GOPROXY
ARG GOSUMDB
ARG GONOSUMDB
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
# The distribution's libheif reads no image sequences: the one that go.mod names does.
COPY scripts/build-libheif scripts/libheif.patch scripts/
RUN scripts/build-libheif /usr/local --published && ldconfig \
    && cp -P /usr/local/lib/libheif.so.* /out/usr/local/lib/
# libwebp takes a minute to compile and hardly ever changes: a layer of its own.
COPY scripts/build-flags scripts/
RUN . scripts/build-flags && go build github.com/chai2010/webp
COPY . .
ARG VERSION
RUN . scripts/build-flags && go build -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /out/usr/local/bin/webpress . \
    && scripts/licenses /out/usr/share/doc/webpress/licenses && cp NOTICE /out/usr/share/doc/webpress/

FROM debian:trixie-slim AS root
# The codecs, what git links to, and no encoder of HEVC. dav1d decodes AVIF, and
# aom encodes it: it takes 2.3 MB compressed, where SVT-AV1 takes 3.2 MB.
RUN apt-get update && apt-get install -y --no-install-recommends \
      ca-certificates libaom3 libde265-0 libdav1d7 libstdc++6 libturbojpeg0 libtiff6 libdeflate0 libzimg2 liblcms2-2 \
      libcurl3t64-gnutls libexpat1 libpcre2-8-0 zlib1g \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /var/cache/debconf/templates.dat /var/lib/dpkg/*-old /var/log/apt /var/log/dpkg.log
COPY --from=build /out/ /
# A missing library shows here, and not at the first image.
# The list is what NOTICE offers the source of.
RUN sources=/usr/share/doc/webpress/debian-sources.txt \
    && dpkg-query -W -f '${source:Package} ${source:Version}\n' >>$sources && sort -u -o $sources $sources \
    && ldconfig && webpress --version && git --version && git lfs version && ! ldd /usr/lib/git-core/git-remote-http | grep 'not found'

# One layer: what the steps above replace would be in the image twice.
FROM scratch
LABEL org.opencontainers.image.title="webpress" \
      org.opencontainers.image.description="Converts HEIC, JPEG, PNG and other images to WebP, and reports what it saves" \
      org.opencontainers.image.source="https://github.com/webpress/webpress" \
      org.opencontainers.image.licenses="MIT"
COPY --from=root / /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
# No USER: GitHub mounts the workspace for root, and outputs get their source's owner.
ENTRYPOINT ["/usr/local/bin/webpress"]
