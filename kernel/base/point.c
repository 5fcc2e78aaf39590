// SPDX-License-Identifier: MIT
/*
 * kernel/base/point.c - what a switched-on POINT does
 *
 * The linker gathers every point in one section; a name may stand in several
 * places (an inline function), so switching works on all of that name.
 */
#include <kernel/point.h>
#include <kernel/printk.h>
#include <kernel/sched_seed.h>
#include <kernel/string.h>
#include <kernel/trace_ring.h>

#define TRACE_TEXT_MAX 256 /* 13 fields at their widest */

extern struct point __start_points[], __stop_points[];

/* One line, so that no level or other CPU can tear it. */
static void trace(const struct point *point, const u64 *values, u32 nr)
{
	char text[TRACE_TEXT_MAX] = "";
	size_t len = 0;

	for (u32 i = 0; i < nr && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					" 0x%lx", values[i]);
	pr_info("%s: %s =%s\n", point->name, point->fields, text);
}

bool point_hit(struct point *point, u32 nr, ...)
{
	u64 values[POINT_FIELDS_MAX];
	va_list ap;

	if (point->on & POINT_SCHED)
		sched_point();
	if (!(point->on & ~POINT_SCHED))
		return false;
	va_start(ap, nr);
	for (u32 i = 0; i < nr; i++)
		values[i] = va_arg(ap, u64);
	va_end(ap);
	__atomic_add_fetch(&point->hits, 1, __ATOMIC_RELAXED);
	if (point->on & POINT_RING)
		trace_write((u32)(point - __start_points), values, nr);
	if (point->on & POINT_TRACE)
		trace(point, values, nr);
	if (point->on & POINT_CALLBACK)
		point->callback(point->ctx, values, nr);
	if (!(point->on & POINT_FAIL))
		return false;
	return __atomic_sub_fetch(&point->fail_at, 1, __ATOMIC_RELAXED) == 0;
}

/* Several may switch a point at the same time: the shell, programs, tests. */
static void set(struct point *point, u32 what)
{
	__atomic_or_fetch(&point->on, what, __ATOMIC_RELAXED);
}

static void clear(struct point *point, u32 what)
{
	__atomic_and_fetch(&point->on, ~what, __ATOMIC_RELAXED);
}

u64 point_text(const char *text, u32 word)
{
	char chars[16] = "";
	u64 value;

	strscpy(chars, text, sizeof(chars));
	memcpy(&value, chars + word * sizeof(value), sizeof(value));
	return value;
}

void point_for_each(void (*fn)(void *ctx, struct point *point), void *ctx)
{
	for (struct point *p = __start_points; p < __stop_points; p++)
		fn(ctx, p);
}

struct point *point_find(const char *name)
{
	for (struct point *p = __start_points; p < __stop_points; p++)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}

void point_enable(const char *glob, u32 what)
{
	for (struct point *p = __start_points; p < __stop_points; p++)
		if (glob_match(glob, p->name))
			set(p, what);
}

void point_disable(const char *glob)
{
	for (struct point *p = __start_points; p < __stop_points; p++)
		if (glob_match(glob, p->name)) {
			clear(p, ~(POINT_HOOK | POINT_SCHED | POINT_RING));
			p->hits = 0;
		}
}

void point_fail_nth(const char *name, u32 nth)
{
	for (struct point *p = __start_points; p < __stop_points; p++)
		if (!strcmp(name, p->name)) {
			p->fail_at = nth;
			set(p, POINT_FAIL);
		}
}

void point_callback(const char *name,
		    void (*fn)(void *ctx, const u64 *values, u32 nr), void *ctx)
{
	for (struct point *p = __start_points; p < __stop_points; p++)
		if (!strcmp(name, p->name)) {
			p->callback = fn;
			p->ctx = ctx;
			set(p, POINT_CALLBACK);
		}
}

void point_record(const char *name, bool on)
{
	for (struct point *p = __start_points; p < __stop_points; p++) {
		if (strcmp(name, p->name))
			continue;
		if (on)
			set(p, POINT_RING);
		else
			clear(p, POINT_RING);
	}
}

struct point *point_nth(u32 n)
{
	struct point *p = __start_points + n;

	return p < __stop_points ? p : NULL;
}
