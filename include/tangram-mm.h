/* SPDX-License-Identifier: MIT */
/*
 * include/tangram-mm.h - the page allocator as a library for Linux programs
 *
 *	tangram_machine_create(1024, 1, 1);
 *	struct page *page = alloc_pages(GFP_KERNEL, 0);
 *	memset(page_address(page), 1, PAGE_SIZE);
 *	free_pages(page, 0);
 *	tangram_machine_drop();
 *
 *	cc -Iinclude -Iarch/host/include prog.c build/host/libtangram-mm.a
 *
 * Everything but the three functions here is the kernel's own API, and its
 * contracts hold: include/mm/page_alloc.h, include/mm/gfp.h, include/mm/page.h.
 *
 * Units    MiB
 * Context  one thread: a machine has one running CPU so far
 * Errors   create: -EINVAL; misuse of the allocator ends the process
 * Owns     the one machine that is there at a time
 */
#pragma once

#include <mm/gfp.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>
#include <mm/zone_check.h>

/*
 * A machine with mib of memory in one piece from address 0, split evenly over
 * nodes. A frame costs 64 bytes at once, its contents when they are touched.
 * CPUs beyond the first only stand in the machine's tables. A machine that is
 * there is dropped.
 */
int tangram_machine_create(u64 mib, u32 nodes, u32 cpus);
void tangram_machine_drop(void);
/* Free frames on the lists of all zones, those on per-CPU stacks left out. */
u64 tangram_free_frames(void);
