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
 * Everything but the five functions here is the kernel's own API, and its
 * contracts hold: include/mm/page_alloc.h, include/mm/gfp.h, include/mm/page.h.
 *
 * Units    MiB
 * Context  who creates the machine is its CPU 0; another thread calls the
 *          allocator between tangram_cpu_enter() and tangram_cpu_leave(). A
 *          drain of all CPUs waits until those that are entered have called
 *          the allocator (or cpu_relax()) next
 * Errors   create, enter: -EINVAL, -EBUSY; misuse of the allocator ends the
 *          process
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
 * nodes; CPUs are spread over them in turn. A frame costs 64 bytes at once, its
 * contents when they are touched. A machine that is there is dropped; only CPU
 * 0 may be in use then.
 */
int tangram_machine_create(u64 mib, u32 nodes, u32 cpus);
void tangram_machine_drop(void);

/* This thread is that CPU, 1 or higher. -EBUSY: another thread is. */
int tangram_cpu_enter(u32 cpu);
void tangram_cpu_leave(void);

/* Free frames on the lists of all zones, those on per-CPU stacks left out. */
u64 tangram_free_frames(void);
