#include "png_encode.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

// Color types (PNG specification, third edition, 11.2.1).
enum { GRAY = 0, RGB = 2, PALETTE = 3, GRAY_ALPHA = 4, RGBA = 6 };

// Strategies are a filter for all rows, or what chooses one for each row.
enum { NONE, SUB, UP, AVERAGE, PAETH, LEAST_SUM, LEAST_PAIRS };

enum { SLOTS = 1024 };

// What an image has; colors counts up to 257.
typedef struct {
  int transparent, colored, colors, bits;
  uint32_t color[256];
  uint32_t slot[SLOTS];
  int16_t index[SLOTS];  // 1 more than that into color, 0 if the slot is free
} content;

// pixel_of is a pixel in one number, red in the lowest byte. What is hidden is black.
static inline uint32_t pixel_of(const uint8_t* p, int alpha) {
  uint32_t v;
  memcpy(&v, p, 4);
  if (!alpha) return v | 0xff000000u;
  return v >> 24 ? v : 0;
}

static int16_t* find(content* c, uint32_t v) {
  uint32_t at = v * 2654435761u >> 22;
  while (c->index[at] && c->slot[at] != v) at = (at + 1) % SLOTS;
  c->slot[at] = v;
  return &c->index[at];
}

// bits_of is how many bits a level of gray needs: 1 for 0 and 255, up to 8.
static int bits_of(uint8_t v) {
  if (v == 0 || v == 255) return 1;
  if (v % 85 == 0) return 2;
  return v % 17 == 0 ? 4 : 8;
}

static void look(const wp_png_job* job, content* c) {
  memset(c, 0, sizeof *c);
  c->bits = 1;
  uint32_t last = 0;
  int first = 1;
  for (int y = 0; y < job->height; y++) {
    const uint8_t* row = job->pixels + y * job->stride;
    for (int x = 0; x < job->width; x++) {
      uint32_t v = pixel_of(row + 4 * (size_t)x, job->alpha);
      if (v == last && !first) continue;
      last = v;
      first = 0;
      uint8_t r = (uint8_t)v, g = (uint8_t)(v >> 8), b = (uint8_t)(v >> 16), a = (uint8_t)(v >> 24);
      if (a != 255) c->transparent = 1;
      if (r != g || g != b) c->colored = 1;
      if (c->bits < 8) {
        int bits = bits_of(g);
        if (bits > c->bits) c->bits = bits;
      }
      if (c->colors > 256) continue;
      int16_t* index = find(c, v);
      if (*index) continue;
      if (c->colors < 256) {
        c->color[c->colors] = v;
        *index = (int16_t)(c->colors + 1);
      }
      c->colors++;
    }
  }
}

// compare sorts a palette: what is transparent first, so that tRNS is short, and then by
// brightness.
static int compare(const void* a, const void* b) {
  uint32_t x = *(const uint32_t*)a, y = *(const uint32_t*)b;
  int opaque_x = x >> 24 == 255, opaque_y = y >> 24 == 255;
  if (opaque_x != opaque_y) return opaque_x - opaque_y;
  int luma_x = (int)(x & 255) * 2 + (int)(x >> 8 & 255) * 5 + (int)(x >> 16 & 255);
  int luma_y = (int)(y & 255) * 2 + (int)(y >> 8 & 255) * 5 + (int)(y >> 16 & 255);
  if (luma_x != luma_y) return luma_x < luma_y ? -1 : 1;
  return x < y ? -1 : x > y;
}

// A type is one of those that hold the pixels; extra is what its chunks take besides the
// pixels.
typedef struct {
  int color, depth;
  size_t bpp, row, extra;  // bytes of a pixel, at least 1, and of a row
} type;

static type make_type(const wp_png_job* job, int color, int depth) {
  static const int channels[7] = {1, 0, 3, 1, 2, 0, 4};
  size_t bits = (size_t)channels[color] * depth;
  type t = {color, depth, bits < 8 ? 1 : bits / 8, (job->width * bits + 7) / 8, 0};
  return t;
}

// candidates are the types that hold the pixels and may be smallest: at most one without
// a palette, and one with it. It returns how many there are.
static int candidates(const wp_png_job* job, content* c, type* types) {
  int gray = !c->colored && !job->no_gray, n = 0;
  int bits = c->colors <= 2 ? 1 : c->colors <= 4 ? 2 : c->colors <= 16 ? 4 : 8;
  if (gray && !c->transparent) {
    types[n++] = make_type(job, GRAY, c->bits);
    if (c->bits <= bits) return n;
  } else {
    types[n++] = make_type(job, gray ? (c->transparent ? GRAY_ALPHA : GRAY) : c->transparent ? RGBA : RGB, 8);
  }
  if (job->no_color || c->colors > 256) return n;
  types[n] = make_type(job, PALETTE, bits);
  types[n++].extra = 12 + 3 * c->colors + (c->transparent ? 12 : 0);
  qsort(c->color, c->colors, sizeof *c->color, compare);
  for (int i = 0; i < c->colors; i++) {
    *find(c, c->color[i]) = (int16_t)(i + 1);
    types[n - 1].extra += c->color[i] >> 24 != 255;  // a byte in tRNS
  }
  return n;
}

// pack makes a row of the type that was chosen.
static void pack(const wp_png_job* job, content* c, const type* t, int y, uint8_t* out) {
  const uint8_t* in = job->pixels + y * job->stride;
  if (t->depth < 8) memset(out, 0, t->row);
  for (int x = 0; x < job->width; x++, in += 4) {
    uint32_t v = pixel_of(in, job->alpha);
    switch (t->color) {
      case GRAY:
      case PALETTE: {
        int level = t->color == GRAY ? (uint8_t)v >> (8 - t->depth) : *find(c, v) - 1;
        if (t->depth == 8)
          out[x] = (uint8_t)level;
        else {
          int at = x * t->depth;
          out[at / 8] |= (uint8_t)(level << (8 - t->depth - at % 8));
        }
        break;
      }
      case RGB:
        out[0] = (uint8_t)v, out[1] = (uint8_t)(v >> 8), out[2] = (uint8_t)(v >> 16);
        out += 3;
        break;
      case GRAY_ALPHA:
        out[0] = (uint8_t)v, out[1] = (uint8_t)(v >> 24);
        out += 2;
        break;
      default:
        memcpy(out, &v, 4);
        out += 4;
    }
  }
}

static inline int distance(int a, int b) { return a < b ? b - a : a - b; }

static inline uint8_t paeth(uint8_t left, uint8_t above, uint8_t corner) {
  int to_left = distance(above, corner), to_above = distance(left, corner);
  int to_corner = distance(left + above, 2 * corner);
  if (to_left <= to_above && to_left <= to_corner) return left;
  return to_above <= to_corner ? above : corner;
}

// filter applies one filter to a row; both rows have 8 bytes of 0 before them.
static void filter(int kind, const uint8_t* restrict row, const uint8_t* restrict up, uint8_t* restrict out, size_t n, size_t bpp) {
  const uint8_t *left = row - bpp, *corner = up - bpp;
  switch (kind) {
    case NONE: memcpy(out, row, n); break;
    case SUB: for (size_t i = 0; i < n; i++) out[i] = row[i] - left[i]; break;
    case UP: for (size_t i = 0; i < n; i++) out[i] = row[i] - up[i]; break;
    case AVERAGE: for (size_t i = 0; i < n; i++) out[i] = row[i] - (uint8_t)((left[i] + up[i]) >> 1); break;
    case PAETH: for (size_t i = 0; i < n; i++) out[i] = row[i] - paeth(left[i], up[i], corner[i]); break;
  }
}

// weigh is what a filtered row costs: the sum of its bytes as small numbers, or how many
// pairs of bytes it has that differ from each other.
static size_t weigh(int strategy, const uint8_t* row, size_t n, uint64_t* seen) {
  size_t sum = 0;
  if (strategy == LEAST_SUM) {
    for (size_t i = 0; i < n; i++) sum += row[i] < 128 ? row[i] : 256 - row[i];
    return sum;
  }
  memset(seen, 0, 65536 / 8);
  for (size_t i = 1; i < n; i++) {
    unsigned pair = row[i - 1] << 8 | row[i];
    uint64_t bit = (uint64_t)1 << (pair & 63), before = seen[pair >> 6];
    sum += !(before & bit);
    seen[pair >> 6] = before | bit;
  }
  return sum;
}

// The memory of an encoding, enough for the largest of its types.
typedef struct {
  uint8_t *rows, *trial;  // two rows with 8 bytes before each; one filtered row
  uint64_t* seen;         // a bit for each pair of bytes
  uint8_t* raw;           // all filtered rows, each with its filter before it
  uint8_t* out;           // of room bytes
  size_t room;
} work;

static void filter_all(const wp_png_job* job, content* c, const type* t, int strategy, work* w) {
  uint8_t *row = w->rows + 8, *up = w->rows + 8 + t->row + 8;
  memset(w->rows, 0, 2 * (t->row + 8));
  for (int y = 0; y < job->height; y++) {
    uint8_t* to = w->raw + y * (t->row + 1);
    pack(job, c, t, y, row);
    if (strategy <= PAETH) {
      to[0] = (uint8_t)strategy;
      filter(strategy, row, up, to + 1, t->row, t->bpp);
    } else {
      size_t least = SIZE_MAX;
      for (int kind = NONE; kind <= PAETH; kind++) {
        filter(kind, row, up, w->trial, t->row, t->bpp);
        size_t cost = weigh(strategy, w->trial, t->row, w->seen);
        if (cost >= least) continue;
        least = cost;
        to[0] = (uint8_t)kind;
        memcpy(to + 1, w->trial, t->row);
      }
    }
    uint8_t* other = row;
    row = up, up = other;
  }
}

static size_t deflate(work* w, int level, size_t n) {
  struct libdeflate_compressor* d = libdeflate_alloc_compressor(level);
  if (!d) return 0;
  size_t size = libdeflate_zlib_compress(d, w->raw, n, w->out, w->room);
  libdeflate_free_compressor(d);
  return size;
}

// The plan of each effort: libdeflate's levels for trials and for the result, and the
// strategies that are tried, as bits.
static const struct {
  int trial, level, strategies;
} plans[7] = {
    {1, 1, 1 << LEAST_SUM},
    {1, 4, 1 << LEAST_SUM},
    {1, 6, 1 << NONE | 1 << LEAST_SUM},
    {1, 8, 1 << NONE | 1 << LEAST_SUM | 1 << LEAST_PAIRS},
    {4, 10, 1 << NONE | 1 << SUB | 1 << PAETH | 1 << LEAST_SUM | 1 << LEAST_PAIRS},
    {6, 11, 1 << NONE | 1 << SUB | 1 << UP | 1 << PAETH | 1 << LEAST_SUM | 1 << LEAST_PAIRS},
    {9, 12, 1 << NONE | 1 << SUB | 1 << UP | 1 << AVERAGE | 1 << PAETH | 1 << LEAST_SUM | 1 << LEAST_PAIRS},
};

// plan_for is the plan of an effort, but the last one for what is small enough for it.
static int plan_for(const wp_png_job* job, const type* t) {
  return job->effort >= 3 && (t->row + 1) * (size_t)job->height <= 128 << 10 ? 6 : job->effort;
}

// strategies_for leaves out what is of no use: neighbors in a palette, and pixels of less
// than a byte, are not alike as numbers are.
static int strategies_for(const type* t, int effort) {
  int all = plans[effort].strategies;
  if (t->color != PALETTE && t->depth == 8) return all;
  return effort < 5 ? 1 << NONE : all & ~(1 << AVERAGE | 1 << LEAST_SUM);
}

// compress compresses the image as the type and by the strategy that are best in trials.
// It returns the size, 0 without memory.
static size_t compress(const wp_png_job* job, content* c, const type* types, int count, work* w, type* best) {
  // The first type is the largest.
  int effort = plan_for(job, types), first = strategies_for(types, effort);
  int several = count > 1 || (first & (first - 1)), chosen = -1;
  size_t least = SIZE_MAX;
  for (int i = 0; i < count; i++)
    for (int s = NONE, set = strategies_for(&types[i], effort); s <= LEAST_PAIRS; s++) {
      if (!(set >> s & 1)) continue;
      size_t size = 1;
      if (several) {
        filter_all(job, c, &types[i], s, w);
        if (!(size = deflate(w, plans[effort].trial, (types[i].row + 1) * (size_t)job->height))) return 0;
      }
      if (size + types[i].extra >= least) continue;
      least = size + types[i].extra;
      *best = types[i];
      chosen = s;
    }
  filter_all(job, c, best, chosen, w);
  size_t n = (best->row + 1) * (size_t)job->height, size = deflate(w, plans[effort].level, n);
  // A higher level is now and then worse, on what is drawn.
  if (several && size + best->extra > least) size = deflate(w, plans[effort].trial, n);
  return size;
}

int wp_png_encode(const wp_png_job* job, wp_png_result* result) {
  memset(result, 0, sizeof *result);
  content* c = malloc(sizeof *c);
  if (!c) return WP_PNG_ENC_MEMORY;
  look(job, c);
  if (job->no_color && c->colored) {
    free(c);
    return WP_PNG_ENC_COLORED;
  }
  type types[2], best = {0};
  int count = candidates(job, c, types);
  size_t row = types[0].row, n = (row + 1) * (size_t)job->height;
  if (count > 1 && types[1].row > row) count = 1;
  work w = {
      .rows = malloc(2 * (row + 8)), .trial = malloc(row), .seen = malloc(65536 / 8), .raw = malloc(n),
      .room = libdeflate_zlib_compress_bound(NULL, n),
  };
  w.out = malloc(w.room);
  size_t size = 0;
  if (w.rows && w.trial && w.seen && w.raw && w.out) size = compress(job, c, types, count, &w, &best);
  result->color = best.color;
  result->depth = best.depth;
  if (best.color == PALETTE) {
    result->colors = c->colors;
    memcpy(result->palette, c->color, sizeof *c->color * c->colors);
  }
  free(w.rows);
  free(w.trial);
  free(w.seen);
  free(w.raw);
  free(c);
  if (!size) {
    free(w.out);
    return WP_PNG_ENC_MEMORY;
  }
  result->data = w.out;
  result->size = size;
  return 0;
}

void wp_png_encode_free(uint8_t* data) { free(data); }
