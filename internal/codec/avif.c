#include "avif.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const struct heif_encoder_descriptor* find_aom(void) {
  const struct heif_encoder_descriptor* found = NULL;
  return heif_get_encoder_descriptors(heif_compression_AV1, "aom", &found, 1) > 0 ? found : NULL;
}

int wp_avif_can_encode(void) { return find_aom() != NULL; }

// What is freed at the end, whatever happens.
typedef struct {
  struct heif_context* context;
  struct heif_encoder* encoder;
  struct heif_encoding_options* options;
  struct heif_color_profile_nclx* nclx;
  struct heif_image* image;
  struct heif_image_handle* handle;
} state;

static struct heif_error out_of_memory(void) {
  struct heif_error e = {heif_error_Memory_allocation_error, heif_suberror_Unspecified, "out of memory"};
  return e;
}

static inline void put(uint8_t* row, int x, float v, int depth) {
  int top = (1 << depth) - 1, n = (int)(v + 0.5f);
  if (n < 0) n = 0;
  if (n > top) n = top;
  if (depth > 8)
    ((uint16_t*)row)[x] = (uint16_t)n;
  else
    row[x] = (uint8_t)n;
}

// convert makes planes of RGBA. The color of a chroma sample is the mean of its pixels,
// weighted by alpha, so that what is hidden does not color what is seen.
static void convert(const wp_avif_job* job, uint8_t* const plane[4], const size_t stride[4]) {
  const float scale = ((1 << job->depth) - 1) / 255.0f, middle = 1 << (job->depth - 1);
  for (int y = 0; y < job->height; y++) {
    const uint8_t* in = job->plane[0] + y * job->stride[0];
    for (int x = 0; x < job->width; x++, in += 4) {
      put(plane[0] + y * stride[0], x, scale * (0.299f * in[0] + 0.587f * in[1] + 0.114f * in[2]), job->depth);
      if (job->alpha) put(plane[3] + y * stride[3], x, scale * in[3], job->depth);
    }
  }
  int block_w = 1 << job->sub_w, block_h = 1 << job->sub_h;
  for (int y = 0; y < job->height; y += block_h) {
    int rows = y + block_h > job->height ? job->height - y : block_h;
    for (int x = 0; x < job->width; x += block_w) {
      int columns = x + block_w > job->width ? job->width - x : block_w;
      float sum[3] = {0}, plain[3] = {0}, weights = 0;
      for (int j = 0; j < rows; j++) {
        const uint8_t* in = job->plane[0] + (y + j) * job->stride[0] + 4 * (size_t)x;
        for (int i = 0; i < columns; i++, in += 4) {
          for (int c = 0; c < 3; c++) {
            sum[c] += (float)in[c] * in[3];
            plain[c] += in[c];
          }
          weights += in[3];
        }
      }
      const float* color = sum;
      if (weights == 0) {
        color = plain;
        weights = rows * columns;
      }
      float luma = 0.299f * color[0] + 0.587f * color[1] + 0.114f * color[2];
      float to = scale / weights;
      put(plane[1] + (size_t)(y >> job->sub_h) * stride[1], x >> job->sub_w, middle + to * (color[2] - luma) / 1.772f, job->depth);
      put(plane[2] + (size_t)(y >> job->sub_h) * stride[2], x >> job->sub_w, middle + to * (color[0] - luma) / 1.402f, job->depth);
    }
  }
}

// fill makes the image of libheif, which has a copy of the pixels.
static struct heif_error fill(const wp_avif_job* job, state* s) {
  static const enum heif_channel channels[4] = {heif_channel_Y, heif_channel_Cb, heif_channel_Cr, heif_channel_Alpha};
  enum heif_colorspace space = job->kind ? heif_colorspace_YCbCr : heif_colorspace_monochrome;
  enum heif_chroma chroma = !job->kind ? heif_chroma_monochrome : job->sub_h ? heif_chroma_420
                            : job->sub_w ? heif_chroma_422 : heif_chroma_444;
  struct heif_error e = heif_image_create(job->width, job->height, space, chroma, &s->image);
  uint8_t* plane[4] = {0};
  size_t stride[4] = {0};
  for (int p = 0; p < 4 && !e.code; p++) {
    int color = p == 1 || p == 2;
    if ((color && !job->kind) || (p == 3 && !job->alpha)) continue;
    int sub_w = color ? job->sub_w : 0, sub_h = color ? job->sub_h : 0;
    int width = (job->width + (1 << sub_w) - 1) >> sub_w, height = (job->height + (1 << sub_h) - 1) >> sub_h;
    e = heif_image_add_plane(s->image, channels[p], width, height, job->depth);
    if (e.code) return e;
    plane[p] = heif_image_get_plane2(s->image, channels[p], &stride[p]);
    if (!plane[p]) return out_of_memory();
    if (job->kind == 2) continue;
    for (int y = 0; y < height; y++)
      memcpy(plane[p] + y * stride[p], job->plane[p] + y * job->stride[p], (size_t)width * (job->depth > 8 ? 2 : 1));
  }
  if (!e.code && job->kind == 2) convert(job, plane, stride);
  return e;
}

// configure sets what the encoder is to do. Tuning for SSIM is that of every libaom; by
// default, libheif takes one from libaom 3.13 on whose qualities mean something else.
static struct heif_error configure(const wp_avif_job* job, struct heif_encoder* encoder) {
  struct heif_error e = heif_encoder_set_lossy_quality(encoder, job->quality);
  if (!e.code) e = heif_encoder_set_parameter_integer(encoder, "speed", job->speed);
  if (!e.code) e = heif_encoder_set_parameter_integer(encoder, "threads", job->threads);
  if (!e.code) e = heif_encoder_set_parameter_string(encoder, "tune", "ssim");
  if (!e.code) e = heif_encoder_set_parameter_string(encoder, "chroma", job->sub_h ? "420" : job->sub_w ? "422" : "444");
  if (!e.code && job->speed >= 8) {
    // From this speed on, libaom's search for palettes is so coarse that photos that it
    // takes for screenshots get three times as large, and screenshots no smaller.
    struct heif_error ignored = heif_encoder_set_parameter_string(encoder, "aom:enable-palette", "0");
    (void)ignored;  // an old libaom has no such options
  }
  if (!e.code && job->alpha) {
    e = job->alpha_quality == 100 ? heif_encoder_set_parameter_boolean(encoder, "lossless-alpha", 1)
                                  : heif_encoder_set_parameter_integer(encoder, "alpha-quality", job->alpha_quality);
  }
  return e;
}

static struct heif_error build(const wp_avif_job* job, state* s) {
  struct heif_error e;
  s->context = heif_context_alloc();
  s->options = heif_encoding_options_alloc();
  s->nclx = heif_nclx_color_profile_alloc();
  if (!s->context || !s->options || !s->nclx) return out_of_memory();
  e = heif_context_get_encoder(s->context, find_aom(), &s->encoder);
  if (!e.code) e = configure(job, s->encoder);
  if (!e.code) e = fill(job, s);
  if (e.code) return e;

  s->nclx->matrix_coefficients = job->matrix;
  s->nclx->color_primaries = job->primaries;
  s->nclx->transfer_characteristics = job->transfer;
  s->nclx->full_range_flag = job->full;
  // The output has the code points of the input; then nothing is converted.
  s->options->output_nclx_profile = s->nclx;
  s->options->save_two_colr_boxes_when_ICC_and_nclx_available = 1;
  e = heif_image_set_nclx_color_profile(s->image, s->nclx);
  if (!e.code && job->icc) e = heif_image_set_raw_color_profile(s->image, "prof", job->icc, job->icc_size);
  if (!e.code) e = heif_context_encode_image(s->context, s->image, s->encoder, s->options, &s->handle);
  if (!e.code && job->exif) e = heif_context_add_exif_metadata(s->context, s->handle, job->exif, (int)job->exif_size);
  if (!e.code && job->xmp) e = heif_context_add_XMP_metadata(s->context, s->handle, job->xmp, (int)job->xmp_size);
  return e;
}

typedef struct {
  uint8_t* data;
  size_t size;
} buffer;

static struct heif_error append(struct heif_context* context, const void* data, size_t size, void* to) {
  buffer* b = to;
  struct heif_error ok = {heif_error_Ok, heif_suberror_Unspecified, "Success"};
  uint8_t* grown = realloc(b->data, b->size + size);
  if (!grown) return out_of_memory();
  memcpy(grown + b->size, data, size);
  b->data = grown;
  b->size += size;
  return ok;
}

void wp_avif_encode(const wp_avif_job* job, uint8_t** out, size_t* out_size, wp_heif_error* err) {
  state s = {0};
  buffer b = {0};
  struct heif_writer writer = {.writer_api_version = 1, .write = append};
  memset(err, 0, sizeof *err);
  struct heif_error e = build(job, &s);
  if (!e.code) e = heif_context_write(s.context, &writer, &b);
  if (e.code) {
    err->code = e.code;
    err->subcode = e.subcode;
    strncpy(err->text, e.message ? e.message : "", sizeof err->text - 1);
    free(b.data);
    b = (buffer){0};
  }
  // The texts of errors belong to what is released here.
  if (s.handle) heif_image_handle_release(s.handle);
  if (s.image) heif_image_release(s.image);
  if (s.encoder) heif_encoder_release(s.encoder);
  if (s.nclx) heif_nclx_color_profile_free(s.nclx);
  if (s.options) heif_encoding_options_free(s.options);
  if (s.context) heif_context_free(s.context);
  *out = b.data;
  *out_size = b.size;
}

void wp_avif_free(uint8_t* out) { free(out); }
