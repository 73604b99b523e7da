/* SPDX-License-Identifier: MIT */
/*
 * Fixed-width types and the compiler attributes the tree uses. Shared by the
 * core, the modules and the host's tests, so it pulls in nothing but what the
 * compiler itself ships.
 */
#ifndef LIB_TYPES_H
#define LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#ifndef __packed
#define __packed __attribute__((packed))
#endif
#define __aligned(n) __attribute__((aligned(n)))
#define __must_check __attribute__((warn_unused_result))
#define __printf(f, a) __attribute__((format(printf, f, a)))
#define __unused __attribute__((unused))
#define __used __attribute__((used))
#define __section(s) __attribute__((section(s)))
#define __noinline __attribute__((noinline))
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#ifndef __noreturn
#define __noreturn __attribute__((noreturn))
#endif

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ALIGN_UP(x, a) (((x) + ((a) - 1)) & ~((__typeof__(x))(a) - 1))
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a) - 1)) == 0)
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define SWAP(a, b) \
	do { \
		__typeof__(a) swap_a = (a); \
		(a) = (b); \
		(b) = swap_a; \
	} while (0)
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* 1 if a boolean option (CONFIG_X, defined as 1 or not at all) is on, else 0. */
#define IS_ENABLED(option) OPTION_EXPAND(option)
#define OPTION_EXPAND(value) OPTION_PICK(OPTION_COMMA_##value 1, 0)
#define OPTION_COMMA_1 0,
#define OPTION_PICK(...) OPTION_SECOND(__VA_ARGS__, 0)
#define OPTION_SECOND(first, second, ...) (second)

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

/* One read or write that the compiler may neither repeat nor tear. */
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096ul

#define NSEC_PER_SEC 1000000000ull
#define NSEC_PER_MSEC 1000000ull
#define NSEC_PER_USEC 1000ull

#endif
