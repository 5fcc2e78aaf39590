/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/trace_ring.h - what points recorded: a ring for each CPU
 *
 *	POINT ── point_hit() ── trace_write()		this CPU's ring
 *						│ head
 *		│ first ... unread ... │ end	▼	trace_read()
 *	  overwritten		newest, then the oldest place again
 *
 * A record has a number, counted from 0 in its ring. The ring keeps the newest
 * ones that fit; what was overwritten before anybody took it counts as overrun.
 *
 * Units    records; ns since boot
 * Locks    trace_write(): none. All others: the caller's, one at a time;
 *          trace_waiting(): none
 * Context  writing: any but an NMI, whatever lock is held. All else: thread
 * Errors   no ring, or trace_on false: the record is dropped silently.
 *          trace_read() is false for one that is overwritten
 * Owns     counters and places; the memory is the caller's
 */
#pragma once

#include <kernel/point.h>
#include <kernel/types.h>

#define TRACE_COMM_LEN 16 /* as Linux: 15 characters of a thread's name */

#define TRACE_IRQS_OFF	   1u
#define TRACE_NEED_RESCHED 2u
#define TRACE_HARDIRQ	   4u

struct trace_record {
	u64 time_ns;
	u32 pid;
	u16 point; /* point_nth() */
	u8 cpu;
	u8 nr; /* values */
	u8 flags;
	u8 preempt_depth;
	char comm[TRACE_COMM_LEN];
	u64 values[POINT_FIELDS_MAX];
};

extern bool trace_on; /* rings take records; atomic */

void trace_write(u32 point, const u64 *values, u32 nr);

/* --- memory --- */

struct trace_ring;

/* Bytes that a record takes, and that a ring of nr records does. */
size_t trace_record_size(void);
size_t trace_ring_size(u64 nr);
/* Memory of that size becomes an empty ring. */
struct trace_ring *trace_ring_init(void *memory, u64 nr);
/*
 * The CPU's ring from now on, or NULL: none; gives the old one, to be freed
 * after a grace period.
 */
struct trace_ring *trace_ring_set(u32 cpu, struct trace_ring *ring);

/* --- reading --- */

/* The records of the CPU that are there and not taken: [*first, *end). */
bool trace_bounds(u32 cpu, u64 *first, u64 *end);
bool trace_read(u32 cpu, u64 number, struct trace_record *out);
/* Up to and with this one, they are done; how many nobody ever read. */
u64 trace_take(u32 cpu, u64 number);
/* All that there is, and the count of what was lost. */
void trace_clear(u32 cpu);
/* Overwritten before they were taken, since the last trace_clear(). */
u64 trace_overrun(u32 cpu);
/* Taken since then. */
u64 trace_taken(u32 cpu);
/* Is there a record that was not taken? In any context. */
bool trace_waiting(void);
