/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/trace.h - events: points by Linux's names, recorded and shown
 *
 *	trace_set_event("kmem:*", true);	what /sys/kernel/tracing/set_event does
 *	trace_show(s);				what `trace` shows
 *
 * An event is all points of one name. kernel/trace_events.h says which system
 * it belongs to and how it prints; what isn't listed there is of the system
 * "tangram" and prints its fields by their names.
 *
 * Units    records; KiB of a CPU's ring
 * Locks    trace_lock (class S) inside; leaves but for memory
 * Context  may sleep; showing takes no memory
 * Errors   -EINVAL: no such event; -ENOMEM: no memory for the rings, and
 *          nothing is switched on
 * Owns     the rings' memory: taken with the first event, given back by
 *          trace_free_buffers()
 */
#pragma once

#include <kernel/point.h>
#include <kernel/trace_ring.h>
#include <kernel/vfile.h>

extern struct mutex trace_lock;

/* --- kernel/trace_buffer.c: memory --- */

#define TRACE_DEFAULT_KB 1408 /* Linux's, for each CPU */

/* Rings for all CPUs that are online, unless they have some. 0 or -ENOMEM. */
int trace_alloc_buffers(void);
bool trace_has_buffers(void);
/* Of each CPU, from now on; what was recorded is gone. */
int trace_set_buffer_kb(u64 kb);
/* Boot: when they are taken, they are to be that large. */
void trace_want_buffer_kb(u64 kb);
u64 trace_buffer_kb(void);
void trace_free_buffers(void);
/* trace_lock held. Records of all CPUs: there now; with the lost ones. */
void trace_count(u64 *entries, u64 *written);
void trace_clear_all(void);

/* --- kernel/trace_event.c: names --- */

/* How Linux prints a point of that name. */
struct trace_event {
	const char *system;
	const char *name;
	const char *format; /* NULL: field=value ... */
};

/* One that isn't Linux's gets the system "tangram" and no format. */
void trace_event_of(const char *name, struct trace_event *event);
/*
 * Number n; false: there are no more. *point is NULL where there is none: what
 * nothing here passes, or a name that was there before.
 */
bool trace_event_nth(u32 n, struct point **point, struct trace_event *event);
#define for_each_trace_event(n, point, event)                        \
	for (u32 n = 0; trace_event_nth(n, &(point), &(event)); n++) \
		if (!(point)) {                                      \
		} else
/*
 * "system:name", "system:", ":name", or "name", which also may be a system's;
 * each may be a glob.
 */
int trace_set_event(const char *name, bool on);
/* Words of such, "!" before one switches off. Up to the first bad one. */
int trace_set_events(const char *text, size_t len);
void trace_all_off(void);
/* '0' off, '1' on, 'X' some of a system's; "": all systems. */
char trace_system_state(const char *system);

/* --- kernel/trace_format.c, trace_event_show.c, trace_show.c: text --- */

/* "name: page=... pfn=0x200 order=0", without a newline. */
void trace_format(struct seq *s, const struct point *point, const u64 *values,
		  u32 nr);
/* What `format` of that event shows. */
void trace_show_format(struct seq *s, u32 id, const struct point *point);
/* A line of `trace`: who, where, when, trace_format(), newline. */
void trace_format_line(struct seq *s, const struct trace_record *r);
/* Header and all records, by time; they stay. */
void trace_show(struct seq *s);
/* All records, and they are taken with that. */
void trace_show_taken(struct seq *s);
/*
 * The oldest records as lines into buf, which are taken with that: bytes; 0:
 * there is none. Whole lines only, so size is at least TRACE_LINE_MAX.
 */
#define TRACE_LINE_MAX 1024
size_t trace_take_lines(char *buf, size_t size);

/* `trace_pipe`: kernel/trace_pipe.c */
extern const struct file_operations trace_pipe_ops;
/* tracing_on was switched: who waits in trace_pipe looks again. */
void trace_pipe_wake(void);

/* trace_event= of the command line, once there is memory and all CPUs are up. */
void trace_start(void);
