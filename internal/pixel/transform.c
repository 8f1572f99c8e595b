#include "transform.h"

#include <stdlib.h>
#include <string.h>
#include <zimg.h>

// rows is a ring of planar RGBA rows between interleaved pixels and zimg.
typedef struct {
  const wp_image* image;
  uint8_t* plane[4];
  ptrdiff_t stride;
  unsigned mask, height;
} rows;

static uint8_t* row_at(const rows* r, int plane, unsigned y) {
  return r->plane[plane] + (ptrdiff_t)(y & r->mask) * r->stride;
}

static int unpack_rgba(void* user, unsigned y, unsigned left, unsigned right) {
  const rows* r = user;
  if (y >= r->height) return 0;
  const uint8_t* restrict in = r->image->plane[0] + (ptrdiff_t)y * r->image->stride[0];
  uint8_t* restrict red = row_at(r, 0, y);
  uint8_t* restrict green = row_at(r, 1, y);
  uint8_t* restrict blue = row_at(r, 2, y);
  uint8_t* restrict alpha = row_at(r, 3, y);
  for (unsigned x = left; x < right; x++) {
    red[x] = in[4 * x];
    green[x] = in[4 * x + 1];
    blue[x] = in[4 * x + 2];
    alpha[x] = in[4 * x + 3];
  }
  return 0;
}

static int pack_rgba(void* user, unsigned y, unsigned left, unsigned right) {
  const rows* r = user;
  if (y >= r->height) return 0;
  uint8_t* restrict out = r->image->plane[0] + (ptrdiff_t)y * r->image->stride[0];
  const uint8_t* restrict red = row_at(r, 0, y);
  const uint8_t* restrict green = row_at(r, 1, y);
  const uint8_t* restrict blue = row_at(r, 2, y);
  const uint8_t* restrict alpha = row_at(r, 3, y);
  for (unsigned x = left; x < right; x++) {
    out[4 * x] = red[x];
    out[4 * x + 1] = green[x];
    out[4 * x + 2] = blue[x];
    out[4 * x + 3] = r->image->alpha ? alpha[x] : 255;
  }
  return 0;
}

static void describe(const wp_image* im, zimg_image_format* f, int active) {
  zimg_image_format_default(f, ZIMG_API_VERSION);
  f->width = im->width;
  f->height = im->height;
  f->pixel_type = im->depth > 8 ? ZIMG_PIXEL_WORD : ZIMG_PIXEL_BYTE;
  f->depth = im->depth;
  f->subsample_w = im->sub_w;
  f->subsample_h = im->sub_h;
  f->pixel_range = im->full ? ZIMG_RANGE_FULL : ZIMG_RANGE_LIMITED;
  f->chroma_location = ZIMG_CHROMA_CENTER;
  f->alpha = im->alpha ? ZIMG_ALPHA_STRAIGHT : ZIMG_ALPHA_NONE;
  f->color_family = im->kind == WP_GRAY  ? ZIMG_COLOR_GREY
                    : im->kind == WP_YUV ? ZIMG_COLOR_YUV
                                         : ZIMG_COLOR_RGB;
  f->matrix_coefficients = im->kind == WP_GRAY  ? ZIMG_MATRIX_UNSPECIFIED
                           : im->kind == WP_YUV ? (zimg_matrix_coefficients_e)im->matrix
                                                : ZIMG_MATRIX_RGB;
  if (im->primaries && im->transfer) {
    f->color_primaries = (zimg_color_primaries_e)im->primaries;
    f->transfer_characteristics = (zimg_transfer_characteristics_e)im->transfer;
  }
  if (active) {
    f->active_region.left = im->left;
    f->active_region.top = im->top;
    f->active_region.width = im->active_width;
    f->active_region.height = im->active_height;
  }
}

// make_rows allocates the ring for an interleaved image: as many rows as zimg
// asks for, each with room for whole vectors.
static int make_rows(rows* r, const wp_image* im, unsigned buffering) {
  r->image = im;
  r->height = im->height;
  r->mask = zimg_select_buffer_mask(buffering);
  r->stride = ((ptrdiff_t)im->width + 63) & ~(ptrdiff_t)63;
  size_t n = r->mask == ZIMG_BUFFER_MAX ? im->height : (size_t)r->mask + 1;
  size_t plane = n * (size_t)r->stride;
  uint8_t* p = aligned_alloc(64, 4 * plane);
  if (!p) return -1;
  for (int i = 0; i < 4; i++) r->plane[i] = p + i * plane;
  return 0;
}

static void free_rows(rows* r) { free(r->plane[0]); }

#define FILL(buffer, im, ring)                                                        \
  for (int p = 0; p < 4; p++) {                                                       \
    if ((im)->kind == WP_RGBA) {                                                      \
      if (p == 3 && !(im)->alpha) continue;                                           \
      (buffer).plane[p].data = (ring).plane[p];                                       \
      (buffer).plane[p].stride = (ring).stride;                                       \
      (buffer).plane[p].mask = (ring).mask;                                           \
    } else if ((im)->plane[p]) {                                                      \
      (buffer).plane[p].data = (im)->plane[p];                                        \
      (buffer).plane[p].stride = (im)->stride[p];                                     \
      (buffer).plane[p].mask = ZIMG_BUFFER_MAX;                                       \
    }                                                                                 \
  }

int wp_transform(const wp_image* src, const wp_image* dst, char* err, size_t err_size) {
  zimg_image_format sf, df;
  zimg_graph_builder_params params;
  zimg_filter_graph* graph = NULL;
  zimg_image_buffer_const in = {.version = ZIMG_API_VERSION};
  zimg_image_buffer out = {.version = ZIMG_API_VERSION};
  rows src_rows = {0}, dst_rows = {0};
  void* scratch = NULL;
  size_t scratch_size = 0;
  unsigned in_rows = 0, out_rows = 0;
  int code = -1;

  describe(src, &sf, 1);
  describe(dst, &df, 0);
  zimg_graph_builder_params_default(&params, ZIMG_API_VERSION);
  params.resample_filter = ZIMG_RESIZE_LANCZOS;
  params.filter_param_a = 3;
  // Mitchell's bicubic does not ring, which chroma shows more than luma.
  params.resample_filter_uv = ZIMG_RESIZE_BICUBIC;

  if (!(graph = zimg_filter_graph_build(&sf, &df, &params))) goto zimg_error;
  if (zimg_filter_graph_get_tmp_size(graph, &scratch_size) ||
      zimg_filter_graph_get_input_buffering(graph, &in_rows) ||
      zimg_filter_graph_get_output_buffering(graph, &out_rows))
    goto zimg_error;
  scratch_size = (scratch_size + 63) & ~(size_t)63;
  if (!(scratch = aligned_alloc(64, scratch_size ? scratch_size : 64))) goto no_memory;
  if (src->kind == WP_RGBA && make_rows(&src_rows, src, in_rows)) goto no_memory;
  if (dst->kind == WP_RGBA && make_rows(&dst_rows, dst, out_rows)) goto no_memory;
  FILL(in, src, src_rows)
  FILL(out, dst, dst_rows)

  if (zimg_filter_graph_process(graph, &in, &out, scratch,
                                src->kind == WP_RGBA ? unpack_rgba : NULL, &src_rows,
                                dst->kind == WP_RGBA ? pack_rgba : NULL, &dst_rows))
    goto zimg_error;
  code = 0;
  goto done;

no_memory:
  strncpy(err, "out of memory", err_size - 1);
  goto done;
zimg_error:
  code = zimg_get_last_error(err, err_size);
  if (code == 0) code = -1;
done:
  zimg_filter_graph_free(graph);
  free(scratch);
  free_rows(&src_rows);
  free_rows(&dst_rows);
  zimg_clear_last_error();
  return code;
}

// turn_tile keeps both sides of a transposition within the first cache.
enum { turn_tile = 32 };

#define TURN(type)                                                                      \
  for (int ty = 0; ty < height; ty += turn_tile)                                        \
    for (int tx = 0; tx < width; tx += turn_tile)                                       \
      for (int y = ty; y < height && y < ty + turn_tile; y++) {                         \
        type* restrict out = (type*)(dst + y * dst_stride);                             \
        const uint8_t* in = src + origin + y * step_y;                                  \
        for (int x = tx; x < width && x < tx + turn_tile; x++)                          \
          out[x] = *(const type*)(in + x * step_x);                                     \
      }

void wp_turn(const uint8_t* src, ptrdiff_t src_stride, uint8_t* dst, ptrdiff_t dst_stride,
             int width, int height, int orientation, int sample_size) {
  // EXIF 2.32, tag 274: 5 to 8 exchange rows and columns. step_x and step_y lead
  // from a sample to its right and lower neighbours in the destination.
  int swap = orientation >= 5;
  ptrdiff_t step_x = swap ? src_stride : sample_size;
  ptrdiff_t step_y = swap ? sample_size : src_stride;
  int flip_x = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  int flip_y = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  ptrdiff_t origin = 0;
  if (flip_x) {
    origin += (width - 1) * step_x;
    step_x = -step_x;
  }
  if (flip_y) {
    origin += (height - 1) * step_y;
    step_y = -step_y;
  }
  if (sample_size == 4) {
    TURN(uint32_t)
  } else {
    TURN(uint8_t)
  }
}
