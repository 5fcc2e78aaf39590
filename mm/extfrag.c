// SPDX-License-Identifier: MIT
/*
 * mm/extfrag.c - three indices of external fragmentation
 *
 * For order 2, eight free frames:
 *
 *	[####|....|####|....]  2 chunks of order 2: nothing is unusable
 *	[#.#.|#.#.|#.#.|#.#.]  8 chunks of order 0: all of it is
 *
 * unusable_index tells how much of free memory is of no use to the order;
 * fragmentation_index tells, when none is of use, whether to blame the pieces
 * or the lack of memory: with N pages free in B chunks, a request for 2^o pages
 * needs N / 2^o chunks' worth; were B no larger than that, there would be
 * room. Source: M. Gorman and A. Whitcroft's indices, as in Linux's vmstat.
 */
#include <kernel/string.h>
#include <mm/extfrag.h>

void fill_contig_page_info(const u64 nr[static NR_PAGE_ORDERS], u32 order,
			   struct contig_page_info *info)
{
	memset(info, 0, sizeof(*info));
	for (u32 o = 0; o < NR_PAGE_ORDERS; o++) {
		info->free_blocks += nr[o];
		info->free_pages += nr[o] << o;
		if (o >= order)
			info->suitable_blocks += nr[o] << (o - order);
	}
}

s64 fragmentation_index(const struct contig_page_info *info, u32 order)
{
	u64 requests = info->free_pages * 1000 >> order;

	if (!info->free_blocks)
		return 0;
	if (info->suitable_blocks)
		return -1000;
	return 1000 - (s64)((1000 + requests) / info->free_blocks);
}

static u64 unusable_pages(const struct contig_page_info *info, u32 order)
{
	return info->free_pages - (info->suitable_blocks << order);
}

u64 unusable_index(const struct contig_page_info *info, u32 order)
{
	if (!info->free_pages)
		return 1000;
	return unusable_pages(info, order) * 1000 / info->free_pages;
}

u64 extfrag_percent(const struct contig_page_info *info, u32 order)
{
	if (!info->free_pages)
		return 0;
	return unusable_pages(info, order) * 100 / info->free_pages;
}
