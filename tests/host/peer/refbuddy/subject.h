/* SPDX-License-Identifier: MIT */
/* What tests/host/lib/bench.c measures: the textbook buddy beside it. */
#pragma once

#include <pthread.h>

#include <kernel/types.h>

#include "../refbuddy.h"

#define SUBJECT_NAME "refbuddy"

typedef struct ref_page *chunk_t;

static inline void subject_create(u64 mib)
{
	ref_create(mib * MiB / PAGE_SIZE);
}

static inline chunk_t subject_alloc(u32 order)
{
	return ref_alloc(order);
}

static inline void subject_free(chunk_t chunk, u32 order)
{
	ref_free(chunk, order);
}

/* By several threads: one lock around all of it. */
static pthread_spinlock_t subject_lock;

static inline void subject_create_shared(u64 mib, u32 nodes __unused,
					 u32 cpus __unused)
{
	pthread_spin_init(&subject_lock, PTHREAD_PROCESS_PRIVATE);
	ref_create(mib * MiB / PAGE_SIZE);
}

static inline void subject_enter(u32 cpu __unused)
{
}

static inline void subject_leave(void)
{
}

static inline chunk_t subject_alloc_shared(u32 order)
{
	chunk_t chunk;

	pthread_spin_lock(&subject_lock);
	chunk = ref_alloc(order);
	pthread_spin_unlock(&subject_lock);
	return chunk;
}

static inline void subject_free_shared(chunk_t chunk, u32 order)
{
	pthread_spin_lock(&subject_lock);
	ref_free(chunk, order);
	pthread_spin_unlock(&subject_lock);
}

static inline void subject_drain(void)
{
	ref_drain();
}

static inline u64 subject_frame(chunk_t chunk)
{
	return ref_frame(chunk);
}
