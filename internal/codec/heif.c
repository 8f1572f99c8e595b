#include "heif.h"

#include <string.h>
#if WP_HEIF_SEQUENCES
#include <libheif/heif_sequences.h>
#endif

// known_matrix reports whether the coefficients are among those that zimg has and that
// differ from one image to the next in practice: ITU-T H.273, table 4.
static int known_matrix(int m) { return m == 1 || (m >= 4 && m <= 7) || m == 9; }

static void fail(struct heif_error e, wp_heif_error* err) {
  err->code = e.code;
  err->subcode = e.subcode;
  strncpy(err->text, e.message ? e.message : "", sizeof err->text - 1);
  err->text[sizeof err->text - 1] = 0;
}

// read_colours fills in the code points; an image without them is sRGB in full
// range with the matrix of BT.601 (ISO/IEC 23000-22, 7.3.6.4).
static void read_colours(wp_heif* h) {
  struct heif_color_profile_nclx* nclx = NULL;
  struct heif_error e = {0};
  h->matrix = 6;
  h->full = 1;
  if (h->image) e = heif_image_get_nclx_color_profile(h->image, &nclx);
  if ((!nclx || e.code) && h->handle) e = heif_image_handle_get_nclx_color_profile(h->handle, &nclx);
  if (nclx && !e.code) {
    h->matrix = nclx->matrix_coefficients;
    h->primaries = nclx->color_primaries;
    h->transfer = nclx->transfer_characteristics;
    h->full = nclx->full_range_flag;
  }
  if (nclx) heif_nclx_color_profile_free(nclx);
  if (h->matrix == heif_matrix_coefficients_unspecified) h->matrix = 6;
}

static void add_plane(wp_heif* h, int i, enum heif_channel channel) {
  h->plane[i] = heif_image_get_plane_readonly2(h->image, channel, &h->stride[i]);
  h->plane_width[i] = heif_image_get_width(h->image, channel);
  h->plane_height[i] = heif_image_get_height(h->image, channel);
}

// planar fills in the planes of a YCbCr or grey image; 0 if its samples are
// not all of one depth, or its chroma has a layout of its own.
static int planar(wp_heif* h) {
  enum heif_colorspace space = heif_image_get_colorspace(h->image);
  h->depth = heif_image_get_bits_per_pixel_range(h->image, heif_channel_Y);
  add_plane(h, 0, heif_channel_Y);
  if (space == heif_colorspace_monochrome) {
    h->kind = 0;
  } else if (space == heif_colorspace_YCbCr && known_matrix(h->matrix)) {
    h->kind = 1;
    switch (heif_image_get_chroma_format(h->image)) {
      case heif_chroma_420: h->sub_w = h->sub_h = 1; break;
      case heif_chroma_422: h->sub_w = 1; break;
      case heif_chroma_444: break;
      default: return 0;
    }
    add_plane(h, 1, heif_channel_Cb);
    add_plane(h, 2, heif_channel_Cr);
    if (!h->plane[1] || !h->plane[2]) return 0;
    if (heif_image_get_bits_per_pixel_range(h->image, heif_channel_Cb) != h->depth ||
        heif_image_get_bits_per_pixel_range(h->image, heif_channel_Cr) != h->depth)
      return 0;
  } else {
    return 0;
  }
  if (h->alpha) {
    add_plane(h, 3, heif_channel_Alpha);
    if (!h->plane[3] || heif_image_get_bits_per_pixel_range(h->image, heif_channel_Alpha) != h->depth ||
        h->plane_width[3] != h->plane_width[0] || h->plane_height[3] != h->plane_height[0])
      return 0;
  }
  return h->plane[0] && h->depth >= 8 && h->depth <= 16;
}

// set_output says in which code points images are wanted, NULL for sRGB's. Before
// libheif 1.21, planes come as they are.
static void set_output(wp_heif* h, struct heif_color_profile_nclx* nclx) {
#if LIBHEIF_NUMERIC_VERSION >= 0x01150000
  h->options->output_image_nclx_profile = nclx;
#endif
}

// begin opens a file for decoding.
static int begin(wp_heif* h, const uint8_t* data, size_t size, const wp_heif_limits* limits,
                 wp_heif_error* err) {
  memset(h, 0, sizeof *h);
  memset(err, 0, sizeof *err);
  h->context = heif_context_alloc();
  h->options = heif_decoding_options_alloc();
  h->as_it_is = heif_nclx_color_profile_alloc();
  if (!h->context || !h->options || !h->as_it_is) {
    err->code = heif_error_Memory_allocation_error;
    return 0;
  }
  // How much a file claims has been held against what is sound already, and better
  // than by these, some of which sound files exceed. 0 means no limit.
  struct heif_security_limits* l = heif_context_get_security_limits(h->context);
  l->max_image_size_pixels = limits->max_pixels;
  l->max_number_of_tiles = 0;
  l->max_items = 0;
  l->max_iloc_extents_per_item = 0;
  l->max_size_entity_group = 0;
  l->max_children_per_box = 0;
  l->max_memory_block_size = limits->max_memory;
  if (l->version >= 2) l->max_total_memory = limits->max_memory;
  heif_context_set_max_decoding_threads(h->context, limits->threads);
#if LIBHEIF_NUMERIC_VERSION >= 0x01150000
  h->options->num_library_threads = limits->threads;
  h->options->num_codec_threads = limits->threads;
#endif
  if (limits->libde265) h->options->decoder_id = "libde265";
#if WP_HEIF_SEQUENCES
  h->options->autocorrect_broken_input = 1;  // what cameras are known to get wrong
#endif

  h->options->strict_decoding = 1;  // a file that is cut short is an error, not a gray image
  // Without this, libheif converts YCbCr to the matrix and range of sRGB, and calls
  // the primaries sRGB's without converting them. Unspecified stands for as it is,
  // but for the range.
  h->as_it_is->color_primaries = heif_color_primaries_unspecified;
  h->as_it_is->transfer_characteristics = heif_transfer_characteristic_unspecified;
  h->as_it_is->matrix_coefficients = heif_matrix_coefficients_unspecified;
  set_output(h, h->as_it_is);

  struct heif_error e = heif_context_read_from_memory_without_copy(h->context, data, size, NULL);
  if (e.code) fail(e, err);
  return !e.code;
}

// drop gives back the last frame.
static void drop(wp_heif* h) {
  if (h->image) heif_image_release(h->image);
  h->image = NULL;
  memset(h->plane, 0, sizeof h->plane);
  h->sub_w = h->sub_h = 0;
}

// finish fills in the size of what was decoded.
static void finish(wp_heif* h, wp_heif_error* err) {
  if (!h->plane[0]) {
    err->code = heif_error_Decoder_plugin_error;
    return;
  }
  h->width = h->plane_width[0];
  h->height = h->plane_height[0];
}

void wp_heif_decode(wp_heif* h, const uint8_t* data, size_t size, const wp_heif_limits* limits,
                    int range, wp_heif_error* err) {
  if (!begin(h, data, size, limits, err)) return;
  struct heif_error e = heif_context_get_primary_image_handle(h->context, &h->handle);
  if (e.code) return fail(e, err);
  h->alpha = heif_image_handle_has_alpha_channel(h->handle);
  int premultiplied = h->alpha && heif_image_handle_is_premultiplied_alpha(h->handle);
  read_colours(h);
  h->as_it_is->full_range_flag = range < 0 ? h->full : range;

  enum heif_colorspace space = heif_colorspace_undefined;
  enum heif_chroma chroma;
  e = heif_image_handle_get_preferred_decoding_colorspace(h->handle, &space, &chroma);
  if (!e.code && space != heif_colorspace_RGB && !premultiplied) {
    e = heif_decode_image(h->handle, &h->image, heif_colorspace_undefined, heif_chroma_undefined, h->options);
    if (!e.code) {
      read_colours(h);
      if (!planar(h)) drop(h);
    }
  }
  if (!e.code && !h->image) {
    h->options->convert_hdr_to_8bit = 1;
    set_output(h, NULL);
    e = heif_decode_image(h->handle, &h->image, heif_colorspace_RGB, heif_chroma_interleaved_RGBA, h->options);
    if (!e.code) {
      h->kind = 2;
      h->depth = 8;
      add_plane(h, 0, heif_channel_interleaved);
    }
  }
  if (e.code) return fail(e, err);
  finish(h, err);
  if (premultiplied) h->alpha = 2;
}

#if WP_HEIF_SEQUENCES

void wp_heif_open(wp_heif* h, const uint8_t* data, size_t size, const wp_heif_limits* limits,
                  uint32_t track, int range, wp_heif_error* err) {
  if (!begin(h, data, size, limits, err)) return;
  if (!(h->track = heif_context_get_track(h->context, track))) {
    err->code = heif_error_Invalid_input;
    return;
  }
  h->options->ignore_sequence_editlist = 1;
  h->as_it_is->full_range_flag = range < 0 ? 1 : range;
}

int wp_heif_next(wp_heif* h, int rgb, wp_heif_error* err) {
  memset(err, 0, sizeof *err);
  drop(h);
  if (rgb) {
    h->options->convert_hdr_to_8bit = 1;
    set_output(h, NULL);
  }
  struct heif_error e = heif_track_decode_next_image(
      h->track, &h->image, rgb ? heif_colorspace_RGB : heif_colorspace_undefined,
      rgb ? heif_chroma_interleaved_RGBA : heif_chroma_undefined, h->options);
  if (e.code == heif_error_End_of_sequence) return 0;
  if (e.code) {
    fail(e, err);
    return 0;
  }
  h->alpha = heif_image_has_channel(h->image, heif_channel_Alpha);
  if (rgb) {
    h->alpha = heif_track_has_alpha_channel(h->track);
    h->kind = 2;
    h->depth = 8;
    add_plane(h, 0, heif_channel_interleaved);
  } else {
    read_colours(h);
    if (!planar(h)) return -1;
  }
  finish(h, err);
  return !err->code;
}

#else

void wp_heif_open(wp_heif* h, const uint8_t* data, size_t size, const wp_heif_limits* limits,
                  uint32_t track, int range, wp_heif_error* err) {
  memset(h, 0, sizeof *h);
  memset(err, 0, sizeof *err);
  err->code = heif_error_Unsupported_feature;
}

int wp_heif_next(wp_heif* h, int rgb, wp_heif_error* err) { return 0; }

#endif

void wp_heif_free(wp_heif* h) {
  drop(h);
#if WP_HEIF_SEQUENCES
  if (h->track) heif_track_release(h->track);
#endif
  if (h->handle) heif_image_handle_release(h->handle);
  if (h->as_it_is) heif_nclx_color_profile_free(h->as_it_is);
  if (h->options) heif_decoding_options_free(h->options);
  if (h->context) heif_context_free(h->context);
  memset(h, 0, sizeof *h);
}
