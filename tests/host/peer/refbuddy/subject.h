/* SPDX-License-Identifier: MIT */
/* What tests/host/lib/bench.c measures: the textbook buddy beside it. */
#pragma once

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

static inline void subject_drain(void)
{
	ref_drain();
}

static inline u64 subject_frame(chunk_t chunk)
{
	return ref_frame(chunk);
}
