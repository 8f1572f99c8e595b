# Builds the archive of a release in /dist: scripts/build-archive. Debian 12 has
# glibc 2.36, and what is built there runs wherever glibc is that new.
FROM golang:1.26-trixie AS go

FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
      gcc g++ libc6-dev make nasm dpkg-dev pkg-config git cmake ninja-build libaom-dev libde265-dev libdav1d-dev libturbojpeg0-dev libtiff-dev libdeflate-dev libzimg-dev liblcms2-dev \
    && rm -rf /var/lib/apt/lists/*
COPY scripts/build-libavcodec /src/scripts/
RUN /src/scripts/build-libavcodec /usr/local && ldconfig
# Go links to no library of its system. It fetches modules with the same certificates.
COPY --from=go /usr/local/go /usr/local/go
COPY --from=go /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
ENV PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin GOTOOLCHAIN=local
ARG GOPROXY
ARG GOSUMDB
ARG GONOSUMDB
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY scripts/build-libheif scripts/libheif.patch scripts/
RUN scripts/build-libheif /usr/local --published && ldconfig
COPY scripts/build-flags scripts/
RUN . scripts/build-flags && go build github.com/chai2010/webp
# Where the base image has no documentation, the licences of its own libraries are gone.
RUN apt-get update && apt-get install -y --no-install-recommends --reinstall gcc-12-base libgcc-s1 liblzma5 libzstd1 zlib1g \
    && rm -rf /var/lib/apt/lists/*
COPY . .
ARG VERSION
ARG SOURCE_DATE_EPOCH
RUN scripts/archive "$VERSION" /dist

FROM scratch
COPY --from=build /dist/ /dist/
