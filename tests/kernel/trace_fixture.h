/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/trace_fixture.h - what tests of tracing share
 *
 *	TRACE_BEGIN(8);			small rings of 8 records, empty
 *	...
 *	TRACE_END();			as it was before
 *
 * A machine that was booted with trace_event= keeps its records: skipped.
 */
#pragma once

#include <kernel/string.h>
#include <kernel/test.h>
#include <kernel/thread.h>
#include <kernel/trace.h>
#include <arch/cpu.h>

#include "vfile_fixture.h"

#define TRACING "/sys/kernel/tracing/"

/* The smallest size with room for nr records. */
static inline u64 trace_kb_for(u64 nr)
{
	return DIV_ROUND_UP(nr * trace_record_size(), KiB);
}

#define TRACE_BEGIN(kb)                             \
	u64 _kb = trace_buffer_kb();                \
	if (trace_has_buffers())                    \
		SKIP("this boot traces something"); \
	trace_want_buffer_kb(kb)

#define TRACE_END()                        \
	do {                               \
		trace_all_off();           \
		trace_free_buffers();      \
		trace_want_buffer_kb(_kb); \
		trace_on = true;           \
	} while (0)

/* Points of the tests' own. */
void trace_test_pass(u64 pfn, u64 order); /* trace_test_one(pfn, order) */
void trace_test_pass_other(u64 value);	  /* trace_test_two(value) */

static u64 cpus_allowed __unused;

/* What is written is looked for on this CPU. */
static inline void stay_on_this_cpu(void)
{
	cpus_allowed = current->allowed;
	set_cpus_allowed(current, 1UL << smp_processor_id());
}

static inline void go_where_it_may(void)
{
	set_cpus_allowed(current, cpus_allowed);
}

/* The ring of this CPU holds this many records that were not taken. */
static inline u64 trace_nr_here(void)
{
	u64 first, end;

	trace_bounds(smp_processor_id(), &first, &end);
	return end - first;
}

static inline bool trace_event_is_on(const char *name)
{
	return point_find(name)->on & POINT_RING;
}

static inline int trace_write_file(const char *path, const char *words)
{
	return vfile_write(path, words, strlen(words));
}

#define EXPECT_FILE(path, content)               \
	do {                                     \
		EXPECT_TRUE(read_file(t, path)); \
		EXPECT_STREQ(text, content);     \
	} while (0)
