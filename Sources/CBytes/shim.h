#ifndef CBYTES_SHIM_H
#define CBYTES_SHIM_H
// Swift compares sixteen bytes at once, but cannot turn the outcome into the bits of an integer, which
// is one instruction on x86-64 and a few on arm64. Clang's vectors do on every processor. Nor can Swift
// compile one function for a processor that others may be without, or ask for memory ahead.
#include <stddef.h>
#include <stdint.h>

typedef int8_t bytes_vector __attribute__((ext_vector_type(16)));
typedef char bytes_comparison __attribute__((ext_vector_type(16)));
typedef _Bool bytes_flags __attribute__((ext_vector_type(16)));

static inline __attribute__((always_inline)) bytes_vector bytes_load(const uint8_t *start) {
  bytes_vector bytes;
  __builtin_memcpy(&bytes, start, sizeof bytes);
  return bytes;
}

// Bit i is set where lane i of a comparison holds.
static inline __attribute__((always_inline)) uint32_t bytes_bits(bytes_comparison comparison) {
  bytes_flags flags = __builtin_convertvector(comparison, bytes_flags);
  uint16_t bits;
  __builtin_memcpy(&bits, &flags, sizeof bits);
  return bits;
}

static inline __attribute__((always_inline)) uint32_t bytes_special16(const uint8_t *start) {
  // Signed, so that control characters and all beyond ASCII are less than a space. Flipping bit 1
  // puts the quote below them too, and nothing else: it swaps 0x20 with 0x22, 0x21 with 0x23.
  bytes_vector bytes = bytes_load(start) ^ 2;
  return bytes_bits((bytes < 0x21) | (bytes == (0x5C ^ 2)));
}

// Which of 32 bytes times `blocks` end a plain run of a JSON string, a quote, a backslash, a control
// character or one beyond ASCII: one bit for each, 32 to an integer, little-endian.
static inline __attribute__((always_inline)) void bytes_mark_special_by16(
    const uint8_t *start, size_t blocks, uint32_t *bits) {
  for (size_t block = 0; block < blocks; block++, start += 32)
    bits[block] = bytes_special16(start) | bytes_special16(start + 16) << 16;
}

#if defined(__x86_64__)
typedef int8_t bytes_wide __attribute__((ext_vector_type(32)));
typedef char bytes_wide_comparison __attribute__((ext_vector_type(32)));
typedef _Bool bytes_wide_flags __attribute__((ext_vector_type(32)));

// The same with vectors twice as wide, which not every processor of this kind has.
static __attribute__((noinline, target("avx2"))) void bytes_mark_special_by32(
    const uint8_t *start, size_t blocks, uint32_t *bits) {
  for (size_t block = 0; block < blocks; block++, start += 32) {
    bytes_wide bytes;
    __builtin_memcpy(&bytes, start, sizeof bytes);
    bytes ^= 2;
    bytes_wide_comparison special = (bytes < 0x21) | (bytes == (0x5C ^ 2));
    bytes_wide_flags flags = __builtin_convertvector(special, bytes_wide_flags);
    __builtin_memcpy(bits + block, &flags, sizeof flags);
  }
}
#endif

static inline void bytes_mark_special(const uint8_t *start, size_t blocks, uint32_t *bits) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return bytes_mark_special_by32(start, blocks, bits);
#endif
  bytes_mark_special_by16(start, blocks, bits);
}

// Asks the processor to have these bytes at hand soon. A hint: any address will do.
static inline __attribute__((always_inline)) void bytes_prefetch(const void *start) {
  __builtin_prefetch(start);
}

// Which of 32 bytes differ.
static inline __attribute__((always_inline)) uint32_t bytes_difference(const uint8_t *left,
                                                                       const uint8_t *right) {
  return ~(bytes_bits(bytes_load(left) == bytes_load(right)) |
           bytes_bits(bytes_load(left + 16) == bytes_load(right + 16)) << 16);
}
#endif
