#include "heif.h"

#include <libheif/heif_sequences.h>
#include <string.h>

// known_matrix says that the coefficients are among those that zimg has and that
// differ from one picture to the next in practice: ITU-T H.273, table 4.
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
  if (!nclx || e.code) e = heif_image_handle_get_nclx_color_profile(h->handle, &nclx);
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

// planar fills in the planes of a YCbCr or grey image; 0 where its samples are
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

void wp_heif_probe(wp_heif_info* info, const uint8_t* data, size_t size, wp_heif_error* err) {
  struct heif_image_handle* handle = NULL;
  struct heif_context* context = heif_context_alloc();
  memset(info, 0, sizeof *info);
  memset(err, 0, sizeof *err);
  if (!context) {
    err->code = heif_error_Memory_allocation_error;
    return;
  }
  struct heif_error e = heif_context_read_from_memory_without_copy(context, data, size, NULL);
  if (!e.code) e = heif_context_get_primary_image_handle(context, &handle);
  if (!e.code) {
    info->width = heif_image_handle_get_width(handle);
    info->height = heif_image_handle_get_height(handle);
    info->depth = heif_image_handle_get_luma_bits_per_pixel(handle);
    info->alpha = heif_image_handle_has_alpha_channel(handle);
    info->images = heif_context_get_number_of_top_level_images(context);
    info->sequences = heif_context_has_sequence(context) ? heif_context_number_of_sequence_tracks(context) : 0;
  }
  if (e.code) fail(e, err);
  if (handle) heif_image_handle_release(handle);
  heif_context_free(context);
}

int wp_heif_open(wp_heif* h, const uint8_t* data, size_t size) {
  memset(h, 0, sizeof *h);
  if (!(h->context = heif_context_alloc())) return 0;
  if (heif_context_read_from_memory_without_copy(h->context, data, size, NULL).code) return 0;
  return !heif_context_get_primary_image_handle(h->context, &h->handle).code;
}

size_t wp_heif_metadata(const wp_heif* h, int xmp, uint8_t* out) {
  heif_item_id ids[16];
  int n = heif_image_handle_get_list_of_metadata_block_IDs(h->handle, NULL, ids, 16);
  for (int i = 0; i < n; i++) {
    const char* type = heif_image_handle_get_metadata_type(h->handle, ids[i]);
    const char* content = heif_image_handle_get_metadata_content_type(h->handle, ids[i]);
    int match = xmp ? !strcmp(type, "mime") && content && !strcmp(content, "application/rdf+xml")
                    : !strcmp(type, "Exif");
    if (!match) continue;
    size_t size = heif_image_handle_get_metadata_size(h->handle, ids[i]);
    if (out && heif_image_handle_get_metadata(h->handle, ids[i], out).code) return 0;
    return size;
  }
  return 0;
}

void wp_heif_decode(wp_heif* h, const uint8_t* data, size_t size, uint64_t max_pixels,
                    uint64_t max_memory, int threads, wp_heif_error* err) {
  struct heif_error e;
  struct heif_decoding_options* options = NULL;
  memset(h, 0, sizeof *h);
  memset(err, 0, sizeof *err);
  if (!(h->context = heif_context_alloc())) {
    err->code = heif_error_Memory_allocation_error;
    return;
  }

  struct heif_security_limits* limits = heif_context_get_security_limits(h->context);
  if (max_pixels) limits->max_image_size_pixels = max_pixels;
  if (max_memory) limits->max_total_memory = max_memory;
  heif_context_set_max_decoding_threads(h->context, threads);

  e = heif_context_read_from_memory_without_copy(h->context, data, size, NULL);
  if (e.code) return fail(e, err);
  e = heif_context_get_primary_image_handle(h->context, &h->handle);
  if (e.code) return fail(e, err);
  h->alpha = heif_image_handle_has_alpha_channel(h->handle);
  int premultiplied = h->alpha && heif_image_handle_is_premultiplied_alpha(h->handle);
  read_colours(h);

  if (!(options = heif_decoding_options_alloc())) {
    err->code = heif_error_Memory_allocation_error;
    return;
  }
  options->strict_decoding = 1;  // a file that is cut short is an error, not a grey picture
  options->num_library_threads = threads;
  options->num_codec_threads = threads;
  options->autocorrect_broken_input = 1;  // what cameras are known to get wrong
  // Without this, libheif converts YCbCr to the matrix and range of sRGB, and calls
  // the primaries sRGB's without converting them. Unspecified stands for as it is,
  // but for the range.
  struct heif_color_profile_nclx* as_it_is = heif_nclx_color_profile_alloc();
  if (as_it_is) {
    as_it_is->color_primaries = heif_color_primaries_unspecified;
    as_it_is->transfer_characteristics = heif_transfer_characteristic_unspecified;
    as_it_is->matrix_coefficients = heif_matrix_coefficients_unspecified;
    as_it_is->full_range_flag = h->full;
    options->output_image_nclx_profile = as_it_is;
  }

  enum heif_colorspace space = heif_colorspace_undefined;
  enum heif_chroma chroma;
  e = heif_image_handle_get_preferred_decoding_colorspace(h->handle, &space, &chroma);
  if (!e.code && space != heif_colorspace_RGB && !premultiplied) {
    e = heif_decode_image(h->handle, &h->image, heif_colorspace_undefined, heif_chroma_undefined, options);
    if (!e.code) {
      read_colours(h);
      if (!planar(h)) {
        heif_image_release(h->image);
        h->image = NULL;
        memset(h->plane, 0, sizeof h->plane);
        h->sub_w = h->sub_h = 0;
      }
    }
  }
  if (!e.code && !h->image) {
    options->convert_hdr_to_8bit = 1;
    options->output_image_nclx_profile = NULL;
    e = heif_decode_image(h->handle, &h->image, heif_colorspace_RGB, heif_chroma_interleaved_RGBA, options);
    if (!e.code) {
      h->kind = 2;
      h->depth = 8;
      add_plane(h, 0, heif_channel_interleaved);
    }
  }
  heif_decoding_options_free(options);
  if (as_it_is) heif_nclx_color_profile_free(as_it_is);
  if (e.code) return fail(e, err);
  if (!h->plane[0]) {
    err->code = heif_error_Decoder_plugin_error;
    return;
  }
  h->width = h->plane_width[0];
  h->height = h->plane_height[0];
  enum heif_color_profile_type type = heif_image_handle_get_color_profile_type(h->handle);
  if (type == heif_color_profile_type_rICC || type == heif_color_profile_type_prof)
    h->icc_size = heif_image_handle_get_raw_color_profile_size(h->handle);
  if (premultiplied) h->alpha = 2;
}

int wp_heif_icc(const wp_heif* h, uint8_t* icc) {
  return heif_image_handle_get_raw_color_profile(h->handle, icc).code;
}

void wp_heif_free(wp_heif* h) {
  if (h->image) heif_image_release(h->image);
  if (h->handle) heif_image_handle_release(h->handle);
  if (h->context) heif_context_free(h->context);
  memset(h, 0, sizeof *h);
}
