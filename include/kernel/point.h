/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/point.h - named places in the code (docs/testing.md)
 *
 *	POINT(mm_page_free, pfn, order);
 *	if (POINT_FAILS(memblock_alloc, size))
 *		return 0;
 *
 * Off, a point costs one predictable branch. On, it can be traced to the log,
 * recorded for /sys/kernel/tracing, made to fail the Nth time, call a test back,
 * or let another CPU go on. Names and fields are those of Linux's tracepoints
 * where Linux has one (kernel/trace_events.h prints them). Fields are converted
 * to u64; a string is two of them: POINT_TEXT(s), its first 15 characters.
 *
 * Context  where the point stands; a call-back runs in that context
 */
#pragma once

#include <kernel/types.h>

#define POINT_TRACE    1u
#define POINT_FAIL     2u
#define POINT_CALLBACK 4u
#define POINT_HOOK     8u /* no action: the code around the point wants to know */
#define POINT_SCHED    16u /* a seeded schedule may take a turn here: sched_seed.h */
#define POINT_RING     32u /* recorded: kernel/trace_ring.h */

#define POINT_FIELDS_MAX 8

struct point {
	const char *name;
	const char *fields; /* "pfn, order" */
	u32 on;		    /* POINT_*; 0: off */
	u32 fail_at;	    /* fail when this many hits are left, 1 = next */
	u64 hits;	    /* while on, but for POINT_SCHED alone */
	void (*callback)(void *ctx, const u64 *values, u32 nr);
	void *ctx;
};

/* Fields follow as u64 in registers: the caller needs no array on its stack. */
bool point_hit(struct point *point, u32 nr, ...) __attribute__((cold));

#define __POINT1(a)	 (u64)(a)
#define __POINT2(a, ...) (u64)(a), __POINT1(__VA_ARGS__)
#define __POINT3(a, ...) (u64)(a), __POINT2(__VA_ARGS__)
#define __POINT4(a, ...) (u64)(a), __POINT3(__VA_ARGS__)
#define __POINT5(a, ...) (u64)(a), __POINT4(__VA_ARGS__)
#define __POINT6(a, ...) (u64)(a), __POINT5(__VA_ARGS__)
#define __POINT7(a, ...) (u64)(a), __POINT6(__VA_ARGS__)
#define __POINT8(a, ...) (u64)(a), __POINT7(__VA_ARGS__)
#define __POINT_PICK(_1, _2, _3, _4, _5, _6, _7, _8, n, ...) n
#define __POINT_NR(...)	   __POINT_PICK(__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1)
#define __POINT_JOIN(a, b) a##b
#define __POINT_CALL(n, ...) __POINT_JOIN(__POINT, n)(__VA_ARGS__)
#define __POINT_U64(...)   __POINT_CALL(__POINT_NR(__VA_ARGS__), __VA_ARGS__)

#define __POINT(name_, ...)                                                    \
	({                                                                     \
		static struct point __point_##name_ __used                     \
			__section("points") __aligned(8) = {                   \
				.name = #name_, .fields = #__VA_ARGS__ };      \
		unlikely(READ_ONCE(__point_##name_.on)) &&                     \
			point_hit(&__point_##name_, __POINT_NR(__VA_ARGS__),   \
				  __POINT_U64(__VA_ARGS__));                   \
	})
#define POINT(name_, ...)	((void)__POINT(name_, __VA_ARGS__))
#define POINT_FAILS(name_, ...) __POINT(name_, __VA_ARGS__)

/*
 * A point that several places share, or whose state a fast path looks at:
 * DEFINE_POINT(mm_page_free, "pfn, order"); if (POINT_ON(mm_page_free)) ...
 */
#define DECLARE_POINT(name_) extern struct point point_##name_
#define DEFINE_POINT(name_, fields_)                                           \
	struct point point_##name_ __used __section("points") __aligned(8) = { \
		.name = #name_, .fields = fields_                              \
	}
/* A plain read: the compiler may test it in memory. */
#define POINT_ON(name_) unlikely(point_##name_.on != 0)
#define POINT_HIT(name_, ...)                                                  \
	(POINT_ON(name_) && point_hit(&point_##name_, __POINT_NR(__VA_ARGS__), \
				      __POINT_U64(__VA_ARGS__)))

#define POINT_TEXT(s) point_text(s, 0), point_text(s, 1)
u64 point_text(const char *text, u32 word);

/* Every point of that name: the first one found, NULL if there is none. */
struct point *point_find(const char *name);
void point_enable(const char *glob, u32 what);
/* All but POINT_HOOK, _SCHED and _RING, which others switch. */
void point_disable(const char *glob);
/* Every point of exactly that name. */
void point_record(const char *name, bool on);
/* In the order of the image; NULL: there are no more. */
struct point *point_nth(u32 n);
/* The nth hit from now fails (1: the next). */
void point_fail_nth(const char *name, u32 nth);
void point_callback(const char *name,
		    void (*fn)(void *ctx, const u64 *values, u32 nr), void *ctx);
void point_for_each(void (*fn)(void *ctx, struct point *point), void *ctx);
