#if defined(__linux__)
#include <features.h>
#endif
#ifdef __GLIBC__
#include <malloc.h>

// Images come and go in blocks of megabytes. By default glibc maps each one
// again, so that the kernel clears its pages again and again, and keeps a heap for
// each thread. One heap that keeps what was freed takes 5 to 10 % off the time of a
// batch. What may be kept is bounded by the trim threshold.
__attribute__((constructor)) static void keep_large_blocks(void) {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
}
#endif
