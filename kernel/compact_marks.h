/* SPDX-License-Identifier: MIT */
/*
 * kernel/compact_marks.h - which pageblocks compaction works on
 *
 *	compact_marks_begin()
 *	...		block by block: compact_marks_of(number)
 *	compact_marks_forget()		a new frame begins
 *	compact_marks_end()
 *
 * Units    number is that of a pageblock in all of memory: pfn / 512
 * Locks    none; marks come in while they are read
 * Context  thread; one user at a time
 * Errors   blocks beyond the first 64 GiB are never marked
 * Owns     call-backs of mm_compaction_isolate_{migratepages,freepages}
 */
#pragma once

#include <kernel/types.h>

void compact_marks_begin(void);
void compact_marks_end(void);
void compact_marks_forget(void);
/* FRAME_MAP_SOURCE, FRAME_MAP_TARGET: since the marks were forgotten. */
u8 compact_marks_of(u64 number);
