/* SPDX-License-Identifier: MIT */
/*
 * mm/kcompactd_internal.h - between the thread and those who ask it
 */
#pragma once

#include <mm/kcompactd.h>

#include "compact_internal.h"

/* k->lock held, if anybody else knows d. */
void kcompactd_clear(struct kcompactd_demand *d);
void kcompactd_add(struct kcompactd_demand *d, u32 order, enum migratetype type,
		   u32 nr, u32 highest_zone);
u32 kcompactd_max_order(const struct kcompactd_demand *d);

/* These take k->lock. */
void kcompactd_put_off(struct kcompactd *k, u32 order, enum migratetype type,
		       u32 nr, u32 highest_zone); /* until a CPU is idle */
struct kcompactd_demand kcompactd_take(struct kcompactd *k,
				       struct kcompactd_demand *from);
bool kcompactd_take_flag(struct kcompactd *k, bool *flag);
void kcompactd_count(struct kcompactd *k, u64 *counter, u64 nr);
