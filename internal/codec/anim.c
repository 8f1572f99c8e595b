#include "anim.h"

#include <string.h>
#include <webp/encode.h>

WebPAnimEncoder* wp_anim_new(int width, int height, const wp_anim_options* options) {
  WebPAnimEncoderOptions o;
  if (!WebPAnimEncoderOptionsInit(&o)) return NULL;
  o.anim_params.loop_count = options->loop;
  o.anim_params.bgcolor = options->background;
  o.allow_mixed = options->mixed;
  o.minimize_size = options->smallest;
  // No key frames but the first, as is libwebp's default: they cost up to half of
  // the bytes, and browsers play from the start.
  o.kmin = 0;
  o.kmax = 0;
  return WebPAnimEncoderNew(width, height, &o);
}

int wp_anim_add(WebPAnimEncoder* encoder, const uint8_t* rgba, int width, int height, int timestamp,
                const wp_anim_options* options) {
  WebPConfig config;
  WebPPicture picture;
  int ok;
  if (!WebPConfigInit(&config) || !WebPPictureInit(&picture)) return VP8_ENC_ERROR_INVALID_CONFIGURATION;
  config.quality = options->quality;
  config.method = options->method;
  config.lossless = options->lossless;
  picture.width = width;
  picture.height = height;
  picture.use_argb = 1;
  ok = WebPPictureImportRGBA(&picture, rgba, width * 4);
  if (!ok) {
    picture.error_code = VP8_ENC_ERROR_OUT_OF_MEMORY;
  } else {
    ok = WebPAnimEncoderAdd(encoder, &picture, timestamp, &config);
    // Not every failure sets the code.
    if (!ok && picture.error_code == VP8_ENC_OK) picture.error_code = VP8_ENC_ERROR_LAST;
  }
  WebPPictureFree(&picture);
  return ok ? VP8_ENC_OK : (int)picture.error_code;
}

uint8_t* wp_anim_finish(WebPAnimEncoder* encoder, int timestamp, size_t* size) {
  WebPData data;
  WebPDataInit(&data);
  if (!WebPAnimEncoderAdd(encoder, NULL, timestamp, NULL) || !WebPAnimEncoderAssemble(encoder, &data)) {
    WebPDataClear(&data);
    return NULL;
  }
  *size = data.size;
  return (uint8_t*)data.bytes;
}
