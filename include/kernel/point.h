/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/point.h - named places in the code (DESIGN section 6)
 *
 *	POINT(mm_page_free, pfn, order);
 *	if (POINT_FAILS(memblock_alloc, size))
 *		return 0;
 *
 * Off, a point costs one predictable branch. On, it can be traced to the log,
 * made to fail the Nth time, or call a test back. Names and fields are those
 * of Linux's tracepoints where Linux has one. Fields are converted to u64.
 *
 * Context  where the point stands; a call-back runs in that context
 */
#pragma once

#include <kernel/types.h>

#define POINT_TRACE    1u
#define POINT_FAIL     2u
#define POINT_CALLBACK 4u

struct point {
	const char *name;
	const char *fields; /* "pfn, order" */
	u32 on;		    /* POINT_*; 0: off */
	u32 fail_at;	    /* fail when this many hits are left, 1 = next */
	u64 hits;	    /* while on */
	void (*callback)(void *ctx, const u64 *values, u32 nr);
	void *ctx;
};

bool point_hit(struct point *point, const u64 *values, u32 nr);

#define __POINT(name_, ...)                                                    \
	({                                                                     \
		static struct point __point_##name_ __used                     \
			__section("points") __aligned(8) = {                   \
				.name = #name_, .fields = #__VA_ARGS__ };      \
		const u64 _values[] = { __VA_ARGS__ };                         \
		unlikely(READ_ONCE(__point_##name_.on)) &&                     \
			point_hit(&__point_##name_, _values,                   \
				  ARRAY_SIZE(_values));                        \
	})
#define POINT(name_, ...)	((void)__POINT(name_, __VA_ARGS__))
#define POINT_FAILS(name_, ...) __POINT(name_, __VA_ARGS__)

/* Every point of that name: the first one found, NULL if there is none. */
struct point *point_find(const char *name);
void point_enable(const char *glob, u32 what);
void point_disable(const char *glob);
/* The nth hit from now fails (1: the next). */
void point_fail_nth(const char *name, u32 nth);
void point_callback(const char *name,
		    void (*fn)(void *ctx, const u64 *values, u32 nr), void *ctx);
void point_for_each(void (*fn)(void *ctx, struct point *point), void *ctx);
