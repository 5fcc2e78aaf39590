/* SPDX-License-Identifier: MIT */
/*
 * include/mm/extfrag.h - how fragmented is free memory, in one number
 *
 * Units    pages, chunks; indices in thousandths, percent where it says so
 * Locks    none: works on counts that the caller took
 * Context  any
 * Errors   none
 *
 * All three ask about requests of one order: docs/measuring-fragmentation.md.
 * Integer division cuts towards 0, as Linux's does.
 */
#pragma once

#include <mm/pageblock.h>

struct contig_page_info {
	u64 free_pages;
	u64 free_blocks;     /* free chunks of any order */
	u64 suitable_blocks; /* chunks of the order that they could be cut to */
};

/* From the number of free chunks of each order. */
void fill_contig_page_info(const u64 nr[static NR_PAGE_ORDERS], u32 order,
			   struct contig_page_info *info);

/*
 * Why would a request fail? Near 0: too little memory. Near 1000: enough of it
 * but in pieces. -1000: it would not fail. Negative otherwise: few, large
 * chunks.
 */
s64 fragmentation_index(const struct contig_page_info *info, u32 order);
/* Share of free memory in chunks too small for the order. */
u64 unusable_index(const struct contig_page_info *info, u32 order);
/* The same in per cent; 0 when nothing is free. */
u64 extfrag_percent(const struct contig_page_info *info, u32 order);
