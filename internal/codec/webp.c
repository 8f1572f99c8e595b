#include "webp.h"

#include <webp/decode.h>
#include <webp/encode.h>

int wp_webp_encode(const wp_webp_options* o, int width, int height, const uint8_t* y,
                   const uint8_t* u, const uint8_t* v, int y_stride, int uv_stride, int alpha,
                   uint8_t** out, size_t* out_size) {
  WebPConfig config;
  WebPPicture picture;
  WebPMemoryWriter writer;
  if (!WebPConfigInit(&config) || !WebPPictureInit(&picture)) return VP8_ENC_ERROR_INVALID_CONFIGURATION;
  if (o->lossless) {
    // In lossless coding, quality is effort too; the level sets both. Levels 4 and 5 make
    // screenshots as large as level 3 does, level 6 makes them 3 % smaller, and level 7 as
    // small as level 6 does for 1.1 times the time. Of more than 2 bits a pixel, level 5
    // makes what level 7 makes, for 0.6 to 0.9 of the time.
    static const int level[7] = {0, 1, 2, 3, 6, 8, 9};
    int at = o->detailed ? 5 : 9;
    if (level[o->effort] < at || o->effort > 4) at = level[o->effort];
    if (!WebPConfigLosslessPreset(&config, at)) return VP8_ENC_ERROR_INVALID_CONFIGURATION;
    if (o->near_lossless) config.near_lossless = o->near_lossless;
  } else {
    config.quality = o->quality;
    config.method = o->effort;
    if (o->plain_alpha) config.alpha_filtering = 0;
    config.use_sharp_yuv = o->sharp_yuv;
  }
  config.exact = o->exact;
  config.thread_level = o->threads;
  if (!WebPValidateConfig(&config)) return VP8_ENC_ERROR_INVALID_CONFIGURATION;

  picture.width = width;
  picture.height = height;
  // Sharp chroma is made of the colors by WebPEncode; an import would halve it at once.
  picture.use_argb = o->lossless || o->sharp_yuv;
  WebPMemoryWriterInit(&writer);
  picture.writer = WebPMemoryWrite;
  picture.custom_ptr = &writer;
  int ok = 1;
  if (u) {
    // The encoder only reads the planes, though the struct does not say so.
    picture.y = (uint8_t*)y;
    picture.u = (uint8_t*)u;
    picture.v = (uint8_t*)v;
    picture.y_stride = y_stride;
    picture.uv_stride = uv_stride;
  } else {
    ok = alpha ? WebPPictureImportRGBA(&picture, y, y_stride) : WebPPictureImportRGBX(&picture, y, y_stride);
  }
  if (ok) {
    // The first partition of a lossy image holds at most 512 kB; libwebp itself makes
    // it coarser where it would not fit.
    ok = WebPEncode(&config, &picture);
  }
  int code = ok ? 0 : picture.error_code ? (int)picture.error_code : VP8_ENC_ERROR_OUT_OF_MEMORY;
  WebPPictureFree(&picture);
  if (code) {
    WebPMemoryWriterClear(&writer);
    return code;
  }
  *out = writer.mem;
  *out_size = writer.size;
  return 0;
}

void wp_webp_free(uint8_t* out) { WebPFree(out); }

int wp_webp_decode(const uint8_t* data, size_t size, uint8_t* rgba, size_t n, int stride) {
  return WebPDecodeRGBAInto(data, size, rgba, n, stride) == NULL;
}

int wp_webp_encoder_version(void) { return WebPGetEncoderVersion(); }

int wp_webp_decoder_version(void) { return WebPGetDecoderVersion(); }
