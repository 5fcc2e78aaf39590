/* SPDX-License-Identifier: MIT */
/* What tests/host/lib/bench.c measures: Tangram's allocator as a library. */
#pragma once

#include <tangram-mm.h>

#define SUBJECT_NAME "tangram"

typedef struct page *chunk_t;

static inline void subject_create(u64 mib)
{
	tangram_machine_create(mib, 1, 1);
}

static inline chunk_t subject_alloc(u32 order)
{
	return alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);
}

static inline void subject_free(chunk_t chunk, u32 order)
{
	free_pages(chunk, order);
}

/* By several threads, each of which is a CPU of its own. */
static inline void subject_create_shared(u64 mib, u32 nodes, u32 cpus)
{
	tangram_machine_create(mib, nodes, cpus);
}

static inline void subject_enter(u32 cpu)
{
	tangram_cpu_enter(cpu);
}

static inline void subject_leave(void)
{
	tangram_cpu_leave();
}

static inline chunk_t subject_alloc_shared(u32 order)
{
	return subject_alloc(order);
}

static inline void subject_free_shared(chunk_t chunk, u32 order)
{
	subject_free(chunk, order);
}

static inline void subject_drain(void)
{
	drain_all_pages(mm_active, NULL);
}

static inline u64 subject_frame(chunk_t chunk)
{
	return page_to_pfn(chunk);
}
