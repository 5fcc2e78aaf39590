/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/types.h - integer types, address types, everyday macros
 *
 * Units    pfn_t counts 4 KiB frames; paddr_t and vaddr_t are bytes. They mix
 *          only through the named conversions below.
 * Context  any
 */
#pragma once

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

typedef u64 paddr_t; /* physical address, bytes */
typedef u64 vaddr_t; /* virtual address, bytes */
typedef u64 pfn_t;   /* page frame number */

_Static_assert(sizeof(u64) == sizeof(long), "LP64: %lx prints a u64");

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1UL << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#define KiB (1UL << 10)
#define MiB (1UL << 20)
#define GiB (1UL << 30)
#define TiB (1UL << 40)

/* Rounding bytes to frames; PFN_UP near 2^64 saturates instead of wrapping. */
static inline pfn_t PFN_DOWN(paddr_t addr)
{
	return addr >> PAGE_SHIFT;
}

static inline pfn_t PFN_UP(paddr_t addr)
{
	return (addr >> PAGE_SHIFT) + ((addr & (PAGE_SIZE - 1)) != 0);
}

static inline paddr_t PFN_PHYS(pfn_t pfn)
{
	return pfn << PAGE_SHIFT;
}

#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define ALIGN(x, a)	 ALIGN_DOWN((x) + (__typeof__(x))(a)-1, a)
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a)-1)) == 0)

#define ARRAY_SIZE(a)	   (sizeof(a) / sizeof((a)[0]))
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))

#define min(a, b)                                  \
	({                                         \
		__typeof__(a) _min_a = (a);        \
		__typeof__(b) _min_b = (b);        \
		_min_a < _min_b ? _min_a : _min_b; \
	})
#define max(a, b)                                  \
	({                                         \
		__typeof__(a) _max_a = (a);        \
		__typeof__(b) _max_b = (b);        \
		_max_a > _max_b ? _max_a : _max_b; \
	})
#define clamp(v, lo, hi) min(max(v, lo), hi)

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr)-offsetof(type, member)))

#define __packed     __attribute__((packed))
#define __aligned(n) __attribute__((aligned(n)))
#define __section(s) __attribute__((section(s)))
#define __used	     __attribute__((used))
#define __unused     __attribute__((unused))
#define __noreturn   __attribute__((noreturn))
#define __noinline   __attribute__((noinline))

/* Entries of a section in the order of the source; clang keeps it anyway. */
#if __has_attribute(no_reorder)
#define __no_reorder __attribute__((no_reorder))
#else
#define __no_reorder
#endif

#define __printf(f, a) __attribute__((format(printf, f, a)))
#define __must_check   __attribute__((warn_unused_result))
#define likely(x)      __builtin_expect(!!(x), 1)
#define unlikely(x)    __builtin_expect(!!(x), 0)
#define barrier()      __asm__ __volatile__("" ::: "memory")

/*
 * Words that CPUs look at without a common lock. READ_ONCE(), WRITE_ONCE(): one
 * access, neither repeated nor left out. The others are plain operations, so
 * that the compiler is free to use the word in memory. ADD_ONCE(), SUB_ONCE(),
 * WRITE_PLAIN(): the writer is alone, being the only CPU that writes it or
 * holding a lock. READ_PLAIN(): the reader looks, and an old value does no harm.
 *
 * TSan takes only C's atomics for accesses that may meet.
 */
#ifdef __SANITIZE_THREAD__
#define READ_ONCE(x)	  __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)  __atomic_store_n(&(x), v, __ATOMIC_RELAXED)
#define ADD_ONCE(x, n)	  __atomic_store_n(&(x), (x) + (n), __ATOMIC_RELAXED)
#define SUB_ONCE(x, n)	  __atomic_store_n(&(x), (x) - (n), __ATOMIC_RELAXED)
#define READ_PLAIN(x)	  READ_ONCE(x)
#define WRITE_PLAIN(x, v) WRITE_ONCE(x, v)
/* A function that looks at what its owner writes plainly. */
#define __no_sanitize_thread __attribute__((no_sanitize("thread"), noipa))
#else
#define READ_ONCE(x)	  (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)  (*(volatile __typeof__(x) *)&(x) = (v))
#define ADD_ONCE(x, n)	  ((void)((x) += (n)))
#define SUB_ONCE(x, n)	  ((void)((x) -= (n)))
#define READ_PLAIN(x)	  (x)
#define WRITE_PLAIN(x, v) ((void)((x) = (v)))
#define __no_sanitize_thread
#endif

/* True in builds with checks (make DEBUG=1, the default). */
#ifndef CONFIG_DEBUG
#define CONFIG_DEBUG 1
#endif
