#ifndef WEBPRESS_ANIM_H
#define WEBPRESS_ANIM_H

#include <stddef.h>
#include <stdint.h>
#include <webp/mux.h>

// How an animation is encoded.
typedef struct {
  int loop;             // times played, 0 without end
  uint32_t background;  // blue, green, red, alpha from the lowest byte
  float quality;
  int method;
  int lossless;  // frames are lossless, unless mixed
  int mixed;     // each frame is what is smaller
  int smallest;  // try everything, at the cost of time
} wp_anim_options;

// wp_anim_new starts an animation of width by height pixels, or returns NULL.
// It is freed by WebPAnimEncoderDelete.
WebPAnimEncoder* wp_anim_new(int width, int height, const wp_anim_options* options);

// wp_anim_add adds a frame of straight RGBA, rows without a gap, that is shown
// from timestamp on, in milliseconds. It keeps no pointer to it. It returns 0 or
// a WebPEncodingError.
int wp_anim_add(WebPAnimEncoder* encoder, const uint8_t* rgba, int width, int height, int timestamp,
                const wp_anim_options* options);

// wp_anim_finish ends the last frame at timestamp and returns the file, which is
// freed by WebPFree, or NULL.
uint8_t* wp_anim_finish(WebPAnimEncoder* encoder, int timestamp, size_t* size);

#endif
