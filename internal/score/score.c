#include "score.h"

#include <stdlib.h>
#include <string.h>

// f4 and i4 are vectors of four, which GCC and clang turn into what the processor has.
typedef float f4 __attribute__((vector_size(16)));
typedef int32_t i4 __attribute__((vector_size(16)));

enum {
  radius = 4,  // of the blur
  ring = 16,   // rows that are kept for it; a power of two
  pad = 4,     // zeros on both sides of a row
};

// taps are the blur from the middle on: a Gaussian of sigma 1.5, made of three cosines
// that end after four pixels (Charalampidis 2016), as the original computes it.
static const float taps[radius + 1] = {0.26462110548819845f, 0.21292859201042214f,
                                       0.10933537277746020f, 0.036011114658364200f,
                                       0.0094143678096535700f};

static f4 splat(float v) { return (f4){v, v, v, v}; }
static f4 load(const float* p) {
  f4 v;
  memcpy(&v, p, sizeof v);
  return v;
}
static void store(float* p, f4 v) { memcpy(p, &v, sizeof v); }
static f4 larger(f4 a, f4 b) {
  i4 m = a > b;
  return (f4)(((i4)a & m) | ((i4)b & ~m));
}
static f4 absolute(f4 a) { return (f4)((i4)a & 0x7fffffff); }
static f4 kept(f4 a, i4 mask) { return (f4)((i4)a & mask); }
static double total(f4 a) { return (double)a[0] + a[1] + a[2] + a[3]; }

// cube_root is that of numbers from 0.001 to 2, to 23 bits: a third of the exponent, and
// two steps of Halley's.
static f4 cube_root(f4 x) {
  f4 third = __builtin_convertvector((i4)x, f4) * splat(1.0f / 3);
  f4 y = (f4)(__builtin_convertvector(third, i4) + 709921077);
  for (int i = 0; i < 2; i++) {
    f4 cube = y * y * y;
    y = y * (cube + x + x) / (cube + cube + x);
  }
  return y;
}

static int half(int n) { return (n + 1) / 2; }
static int wide(int n) { return (n + 3) & ~3; }

// least is the side below which there is no further level.
enum { least = 8 };

static int has(const wp_part* part, int level, int plane) {
  return level >= part->first && part->planes[level] >> plane & 1;
}

static int planes_of(const wp_part* part, int level) {
  return has(part, level, 0) + has(part, level, 1) + has(part, level, 2);
}

size_t wp_score_size(int width, int height, const wp_part* part) {
  size_t n = 0;
  for (int level = 0; level <= part->last; level++) {
    n += (size_t)planes_of(part, level) * (size_t)wide(width) * (size_t)height;
    if (width < least || height < least) break;
    width = half(width);
    height = half(height);
  }
  return n;
}

// lit writes the light of a row of samples.
static void lit(const wp_source* s, int y, float* restrict r, float* restrict g, float* restrict b) {
  const uint8_t* restrict in = s->pix + (ptrdiff_t)y * s->stride;
  const float* restrict light = s->light;
  // 4095 is 16 and a bit times 255: whole samples have a step of their own.
  const float step = 4095.0f / 255;
  if (s->background < 0) {
    float table[256];
    for (int i = 0; i < 256; i++) table[i] = light[(int)((float)i * step + 0.5f)];
    for (int x = 0; x < s->width; x++) {
      r[x] = table[in[4 * x]];
      g[x] = table[in[4 * x + 1]];
      b[x] = table[in[4 * x + 2]];
    }
    return;
  }
  const float behind = s->background * 4095 + 0.5f;
  for (int x = 0; x < s->width; x++) {
    float alpha = (float)in[4 * x + 3] * (1.0f / 255), rest = (1 - alpha) * (behind - 0.5f) + 0.5f;
    alpha *= step;
    r[x] = light[(int)(alpha * (float)in[4 * x] + rest)];
    g[x] = light[(int)(alpha * (float)in[4 * x + 1] + rest)];
    b[x] = light[(int)(alpha * (float)in[4 * x + 2] + rest)];
  }
}

// to_xyb converts a row of light to those of X, Y and B that are not NULL. All three are
// about 0 to 1. Rows have whole vectors; what is behind width becomes 0.
static void to_xyb(const float* m, const float* const light[3], float* const xyb[3], int width) {
  const float *restrict r = light[0], *restrict g = light[1], *restrict b = light[2];
  const f4 bias = splat(0.0037930732552754493f), zero = splat(0);
  const float root = 0.15595420054924862f;  // of the bias
  for (int i = 0; i < width; i += 4) {
    f4 red = load(r + i), green = load(g + i), blue = load(b + i);
    f4 l = cube_root(larger(red * m[0] + green * m[1] + blue * m[2], zero) + bias) - root;
    f4 c = cube_root(larger(red * m[3] + green * m[4] + blue * m[5], zero) + bias) - root;
    f4 luma = (l + c) * 0.5f;
    if (xyb[0]) store(xyb[0] + i, (l - c) * 7.0f + 0.42f);
    if (xyb[1]) store(xyb[1] + i, luma + 0.01f);
    if (xyb[2]) {
      f4 s = cube_root(larger(red * m[6] + green * m[7] + blue * m[8], zero) + bias) - root;
      store(xyb[2] + i, s - luma + 0.55f);
    }
  }
  for (int p = 0; p < 3; p++)
    for (int i = width; xyb[p] && i < wide(width); i++) xyb[p][i] = 0;
}

// pairs adds up neighbors of a row; an odd last one counts twice.
static void pairs(const float* restrict in, float* restrict out, int width) {
  int n = width / 2;
  for (int x = 0; x < n; x++) out[x] = in[2 * x] + in[2 * x + 1];
  if (width & 1) out[n] = 2 * in[width - 1];
}

// halve adds row y of a level to the next one, which has half the size.
static void halve(const float* restrict row, float* restrict out, float* restrict scratch, int width, int y, int height) {
  int n = half(width);
  if (y & 1) {
    pairs(row, scratch, width);
    for (int x = 0; x < n; x++) out[x] = (out[x] + scratch[x]) * 0.25f;
    return;
  }
  pairs(row, out, width);
  if (y == height - 1)
    for (int x = 0; x < n; x++) out[x] *= 0.5f;
}

// blurred_down blurs column by column: the two images, the sum of their squares, and the
// square of their difference. a and b are the rows from radius above to radius below.
static void blurred_down(const float* const* a, const float* const* b, float* restrict blur_a,
                         float* restrict blur_b, float* restrict squares, float* restrict apart, int width) {
  for (int x = 0; x < width; x += 4) {
    f4 p = load(a[radius] + x), q = load(b[radius] + x), d = p - q;
    f4 sum_p = p * taps[0], sum_q = q * taps[0];
    f4 sum_s = (p * p + q * q) * taps[0], sum_d = d * d * taps[0];
    for (int i = 1; i <= radius; i++) {
      f4 p1 = load(a[radius - i] + x), p2 = load(a[radius + i] + x);
      f4 q1 = load(b[radius - i] + x), q2 = load(b[radius + i] + x);
      f4 d1 = p1 - q1, d2 = p2 - q2;
      sum_p += (p1 + p2) * taps[i];
      sum_q += (q1 + q2) * taps[i];
      sum_s += (p1 * p1 + p2 * p2 + q1 * q1 + q2 * q2) * taps[i];
      sum_d += (d1 * d1 + d2 * d2) * taps[i];
    }
    store(blur_a + x, sum_p);
    store(blur_b + x, sum_q);
    store(squares + x, sum_s);
    store(apart + x, sum_d);
  }
}

// blurred is a row blurred along it at p, which has pads.
static inline f4 blurred(const float* p) {
  f4 sum = load(p) * taps[0];
  for (int i = 1; i <= radius; i++) sum += (load(p - i) + load(p + i)) * taps[i];
  return sum;
}

// add_row blurs along a row and adds its differences from left to right to sums.
static void add_row(const float* restrict a, const float* restrict b, const float* restrict blur_a,
                    const float* restrict blur_b, const float* restrict squares,
                    const float* restrict apart, int left, int right, double* sums) {
  const f4 one = splat(1), zero = splat(0);
  const i4 lanes = {0, 1, 2, 3};
  f4 sum[WP_SUMS] = {zero, zero, zero, zero, zero, zero};
  for (int x = left & ~3; x < right; x += 4) {
    i4 at = lanes + x, mask = (at >= left) & (at < right);
    f4 mean_a = blurred(blur_a + x), mean_b = blurred(blur_b + x);
    f4 means = (mean_a - mean_b) * (mean_a - mean_b);
    f4 variances = blurred(squares + x) - mean_a * mean_a - mean_b * mean_b;
    f4 differs = blurred(apart + x) - means;
    // 1 - (1 - means) * (2 * covariance + c) / (variances + c), without its cancellation.
    f4 structure = larger(means + (one - means) * differs / (variances + 0.0009f), zero);
    f4 edge_a = absolute(load(a + x) - mean_a), edge_b = absolute(load(b + x) - mean_b);
    f4 edge = (edge_b - edge_a) / (one + edge_a);
    f4 error[3] = {structure, larger(edge, zero), larger(-edge, zero)};
    for (int i = 0; i < 3; i++) {
      f4 e = kept(error[i], mask), square = e * e;
      sum[2 * i] += e;
      sum[2 * i + 1] += square * square;
    }
  }
  for (int i = 0; i < WP_SUMS; i++) sums[i] += total(sum[i]);
}

// A walk is one pass over the levels of an image.
typedef struct {
  const wp_source* src;
  const wp_part* part;
  float* light[2][3];  // light of every second level, without the first one
  float* row[3];       // light of a row of the first level
  float* scratch;
  float* xyb;      // ring rows of three planes
  float* zeros;    // a row
  float* blur[4];  // rows with pads
} walk;

// compare_row adds row y of one plane of a level, whose rows up to y + radius are in the
// ring.
static void compare_row(const walk* w, const float* ref, int plane, int width, int height, int y, int left,
                        int right, double* sums) {
  size_t stride = (size_t)wide(width);
  const float *a[2 * radius + 1], *b[2 * radius + 1];
  for (int i = 0; i <= 2 * radius; i++) {
    int at = y + i - radius;
    int in = at >= 0 && at < height;
    a[i] = in ? ref + (size_t)at * stride : w->zeros;
    b[i] = in ? w->xyb + ((size_t)(at & (ring - 1)) * 3 + (size_t)plane) * stride : w->zeros;
  }
  blurred_down(a, b, w->blur[0], w->blur[1], w->blur[2], w->blur[3], width);
  for (int i = 0; i < 4; i++) memset(w->blur[i] + stride, 0, pad * sizeof(float));
  add_row(a[radius], b[radius], w->blur[0], w->blur[1], w->blur[2], w->blur[3], left, right, sums);
}

// next_row gets the light of row y of a level, and adds it to the level below.
static void next_row(const walk* w, int level, int width, int height, int y, const float* row[3]) {
  if (level == 0) {
    lit(w->src, y, w->row[0], w->row[1], w->row[2]);
    for (int p = 0; p < 3; p++) row[p] = w->row[p];
  } else {
    for (int p = 0; p < 3; p++) row[p] = w->light[level & 1][p] + (size_t)y * (size_t)wide(width);
  }
  if (level == w->part->last) return;
  size_t stride = (size_t)wide(half(width));
  for (int p = 0; p < 3; p++)
    halve(row[p], w->light[~level & 1][p] + (size_t)(y / 2) * stride, w->scratch, width, y, height);
}

// keep_level writes the planes of a level, and returns what is behind them.
static float* keep_level(const walk* w, int level, int width, int height, float* out) {
  size_t stride = (size_t)wide(width);
  for (int y = 0; y < height; y++) {
    const float* row[3];
    float* to[3];
    next_row(w, level, width, height, y, row);
    int n = 0;
    for (int p = 0; p < 3; p++) to[p] = has(w->part, level, p) ? out + ((size_t)(n++ * height) + (size_t)y) * stride : NULL;
    if (n) to_xyb(w->src->matrix, row, to, width);
  }
  return out + (size_t)planes_of(w->part, level) * (size_t)height * stride;
}

// compare_level compares the planes of a level with those that keep_level has written, and
// returns what is behind these.
static const float* compare_level(const walk* w, int level, int width, int height, const float* ref,
                                  const int within[4], double sums[3][WP_SUMS]) {
  size_t stride = (size_t)wide(width);
  int planes = planes_of(w->part, level);
  for (int y = 0; y < height + radius; y++) {
    if (y < height) {
      const float* row[3];
      float* to[3];
      next_row(w, level, width, height, y, row);
      for (int p = 0; p < 3; p++)
        to[p] = has(w->part, level, p) ? w->xyb + ((size_t)(y & (ring - 1)) * 3 + (size_t)p) * stride : NULL;
      if (planes) to_xyb(w->src->matrix, row, to, width);
    }
    int at = y - radius, n = 0;
    if (at < within[1] || at >= within[3]) continue;
    for (int p = 0; p < 3; p++)
      if (has(w->part, level, p))
        compare_row(w, ref + (size_t)(n++ * height) * stride, p, width, height, at, within[0], within[2], sums[p]);
  }
  return ref + (size_t)planes * (size_t)height * stride;
}

// skims reports whether a part has nothing of the first two levels, and others behind them.
static int skims(const wp_part* part, int width, int height) {
  return part->last >= 2 && !planes_of(part, 0) && !planes_of(part, 1) && part->first >= 2 &&
         half(width) >= least && half(height) >= least;
}

// skim adds all rows of the first level to the third, without more than a row of the second in
// memory.
static void skim(const walk* w, int width, int height) {
  int width1 = half(width), height1 = half(height);
  size_t stride = (size_t)wide(half(width1));
  for (int y = 0; y < height; y++) {
    lit(w->src, y, w->row[0], w->row[1], w->row[2]);
    for (int p = 0; p < 3; p++) {
      float* below = w->light[1][p];
      halve(w->row[p], below, w->scratch, width, y, height);
      if (y & 1 || y == height - 1) halve(below, w->light[0][p] + (size_t)(y / 4) * stride, w->scratch, width1, y / 2, height1);
    }
  }
}

// run does the work of both: with sums it compares with ref, without it fills out.
static void run(const walk* w, float* out, const float* ref, double (*sums)[3][WP_SUMS], double* counts) {
  const wp_part* part = w->part;
  int width = w->src->width, height = w->src->height;
  int within[4] = {part->left, part->top, part->right, part->bottom}, level = 0;
  if (skims(part, width, height)) {
    skim(w, width, height);
    for (; level < 2; level++) {
      width = half(width);
      height = half(height);
      for (int i = 0; i < 4; i++) within[i] = i < 2 ? within[i] / 2 : half(within[i]);
    }
  }
  for (; level <= part->last; level++) {
    if (!sums) {
      out = keep_level(w, level, width, height, out);
    } else {
      ref = compare_level(w, level, width, height, ref, within, sums[level]);
      if (level >= part->first) counts[level] += (double)(within[2] - within[0]) * (within[3] - within[1]);
    }
    if (width < least || height < least) break;
    width = half(width);
    height = half(height);
    within[0] /= 2;
    within[1] /= 2;
    within[2] = half(within[2]);
    within[3] = half(within[3]);
  }
}

// begin takes the memory for a walk, all of it at once, which it returns; NULL if there is
// none.
static float* begin(walk* w, const wp_source* src, const wp_part* part) {
  *w = (walk){.src = src, .part = part};
  size_t row = (size_t)wide(src->width), next = (size_t)wide(half(src->width)), after = (size_t)wide(half(half(src->width)));
  size_t plane1 = next * (size_t)half(src->height), plane2 = after * (size_t)half(half(src->height));
  if (skims(part, src->width, src->height)) {
    size_t plane3 = (size_t)wide(half(half(half(src->width)))) * (size_t)half(half(half(src->height)));
    plane1 = plane3 > next ? plane3 : next;
  }
  size_t n = 3 * (plane1 + plane2) + 3 * row + next + 3 * ring * row + row + 4 * (row + 2 * pad);
  float* memory = aligned_alloc(16, (n * sizeof(float) + 15) & ~(size_t)15);
  if (!memory) return NULL;
  float* at = memory;
#define TAKE(count) (at += (count), at - (count))
  for (int p = 0; p < 3; p++) {
    w->light[1][p] = TAKE(plane1);
    w->light[0][p] = TAKE(plane2);
    w->row[p] = TAKE(row);
  }
  w->scratch = TAKE(next);
  w->xyb = TAKE(3 * ring * row);
  w->zeros = TAKE(row);
  memset(w->zeros, 0, row * sizeof(float));
  for (int i = 0; i < 4; i++) {
    w->blur[i] = TAKE(row + 2 * pad) + pad;
    memset(w->blur[i] - pad, 0, pad * sizeof(float));
  }
#undef TAKE
  // What is behind a row is read in vectors, and left out.
  for (int p = 0; p < 3; p++) memset(w->row[p], 0, row * sizeof(float));
  return memory;
}

// walk_part is run with the memory that it takes.
static int walk_part(const wp_source* src, const wp_part* part, float* out, const float* ref,
                     double (*sums)[3][WP_SUMS], double* counts) {
  walk w;
  float* memory = begin(&w, src, part);
  if (!memory) return 1;
  run(&w, out, ref, sums, counts);
  free(memory);
  return 0;
}

int wp_score_prepare(const wp_source* src, const wp_part* part, float* out) {
  return walk_part(src, part, out, NULL, NULL, NULL);
}

int wp_score_compare(const wp_source* src, const wp_part* part, const float* ref,
                     double sums[WP_LEVELS][3][WP_SUMS], double counts[WP_LEVELS]) {
  return walk_part(src, part, NULL, ref, sums, counts);
}
