/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/tenants.h - address spaces that hold stamped pages
 *
 *	tenants_open(&t, 4, pages, seed);
 *	tenants_fill(&t);		every page is stamped
 *	tenants_keep(&t, 50, true);	a random half stays
 *	...				memory is moved under them
 *	tenants_look(&t);		t.wrong: bytes that aren't what they were
 *	tenants_close(&t);
 *
 * What workloads fill memory with: real user pages behind page tables, without
 * the programs (tests/programs/lib/tenants.h is the same with them).
 *
 * Units    pages of 4 KiB, numbered through all address spaces
 * Locks    mmap locks and what faults take
 * Context  thread, may sleep; one thread at a time, which has no address space
 *          of its own
 * Errors   -ENOMEM
 * Owns     the address spaces, a byte a page
 * Keeps    held + given back = nr
 */
#pragma once

#include <kernel/random.h>
#include <mm/mm_struct.h>

#define TENANTS_MAX 16

struct tenants {
	u32 nr_spaces;
	struct mm_struct *mm[TENANTS_MAX];
	vaddr_t base[TENANTS_MAX];
	u64 each;    /* pages of an address space */
	u64 nr;	     /* of all */
	u8 *version; /* how often written; 0: given back */
	u64 *words;  /* two pages' worth: as it should be, as it is */
	struct rng rng;
	u64 held;
	u64 wrong; /* bytes */
};

/* The pages that may be taken at all: what is free above the high marks. */
u64 tenants_most(void);

int tenants_open(struct tenants *t, u32 nr_spaces, u64 pages, u64 seed);
/* All that isn't held. -ENOMEM: not all. */
int tenants_fill(struct tenants *t);
/* Give back all but so many per cent: evenly, or each by chance. */
void tenants_keep(struct tenants *t, u32 percent, bool at_random);
/* So many random pages, looked at before; how many. */
u64 tenants_drop(struct tenants *t, u64 nr);
/* So many that are not held are written to; how many could be had. */
u64 tenants_touch(struct tenants *t, u64 nr);
/* Every page that is held. */
void tenants_look(struct tenants *t);
void tenants_close(struct tenants *t);
