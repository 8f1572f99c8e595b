#include "jpeg_encode.h"

#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

// Progressive implies Huffman tables made for the image.
enum { FLAGS = TJFLAG_PROGRESSIVE | TJFLAG_ACCURATEDCT };

static int name(int sub_w, int sub_h) {
  switch (sub_w << 4 | sub_h) {
    case 0x00: return TJSAMP_444;
    case 0x10: return TJSAMP_422;
    case 0x11: return TJSAMP_420;
    case 0x01: return TJSAMP_440;
    default: return -1;
  }
}

// lay composes RGBA with the background, to RGB.
static void lay(const wp_jpeg_job* job, uint8_t* rgb) {
  for (int y = 0; y < job->height; y++) {
    const uint8_t* in = job->plane[0] + y * job->stride[0];
    for (int x = 0; x < job->width; x++, in += 4, rgb += 3)
      for (int c = 0; c < 3; c++) {
        // Rounded division by 255, exact up to 255 * 255.
        unsigned v = in[c] * in[3] + job->background[c] * (255 - in[3]) + 128;
        rgb[c] = (uint8_t)((v + (v >> 8)) >> 8);
      }
  }
}

// expand makes a plane of the full range of one of the limited range. Samples that a row
// lacks to whole blocks of chroma repeat its last one, and so do rows.
static void expand(const wp_jpeg_job* job, int p, uint8_t* out, int width, int height) {
  uint8_t table[256];
  for (int i = 0; i < 256; i++) {
    double v = job->full ? i : p == 0 ? (i - 16) * 255 / 219.0 : (i - 128) * 255 / 224.0 + 128;
    table[i] = v < 0 ? 0 : v > 255 ? 255 : (uint8_t)(v + 0.5);
  }
  int seen_w = p == 0 ? job->width : width, seen_h = p == 0 ? job->height : height;
  for (int y = 0; y < height; y++) {
    const uint8_t* in = job->plane[p] + (size_t)(y < seen_h ? y : seen_h - 1) * job->stride[p];
    for (int x = 0; x < width; x++) *out++ = table[in[x < seen_w ? x : seen_w - 1]];
  }
}

// compress makes the JPEG; *own is what it needs beside it, which the caller frees.
static int compress(const wp_jpeg_job* job, tjhandle t, uint8_t** own, unsigned char** jpeg, unsigned long* size) {
  int samp = job->kind == 0 ? TJSAMP_GRAY : name(job->sub_w, job->sub_h);
  if (job->kind == 2 && !job->alpha)
    return tjCompress2(t, job->plane[0], job->width, (int)job->stride[0], job->height, TJPF_RGBX, jpeg, size, samp,
                       job->quality, FLAGS);
  if (job->kind == 2) {
    if (!(*own = malloc((size_t)3 * job->width * job->height))) return 1;
    lay(job, *own);
    return tjCompress2(t, *own, job->width, 3 * job->width, job->height, TJPF_RGB, jpeg, size, samp, job->quality, FLAGS);
  }
  const uint8_t* plane[3] = {0};
  int width[3] = {0}, height[3] = {0}, planes = job->kind == 0 ? 1 : 3;
  size_t need = 0;
  for (int p = 0; p < planes; p++) {
    width[p] = tjPlaneWidth(p, job->width, samp);
    height[p] = tjPlaneHeight(p, job->height, samp);
    need += (size_t)width[p] * height[p];
  }
  if (!(*own = malloc(need))) return 1;
  uint8_t* at = *own;
  for (int p = 0; p < planes; at += (size_t)width[p] * height[p], p++) {
    expand(job, p, at, width[p], height[p]);
    plane[p] = at;
  }
  return tjCompressFromYUVPlanes(t, (const unsigned char**)plane, job->width, width, job->height, samp, jpeg, size,
                                 job->quality, FLAGS);
}

int wp_jpeg_encode(const wp_jpeg_job* job, uint8_t** out, size_t* out_size, char* err, size_t err_size) {
  uint8_t* own = NULL;
  unsigned char* jpeg = NULL;
  unsigned long size = 0;
  tjhandle t = tjInitCompress();
  int failed = !t || compress(job, t, &own, &jpeg, &size);
  free(own);
  if (failed) {
    // TurboJPEG has no text for memory that is not its own.
    const char* text = t ? tjGetErrorStr2(t) : "";
    strncpy(err, text[0] && strcmp(text, "No error") ? text : "Insufficient memory", err_size - 1);
    err[err_size - 1] = 0;
    tjFree(jpeg);
    jpeg = NULL;
  }
  if (t) tjDestroy(t);
  *out = jpeg;
  *out_size = size;
  return failed;
}

void wp_jpeg_free(uint8_t* out) { tjFree(out); }
