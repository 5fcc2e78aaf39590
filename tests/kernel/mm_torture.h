/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/mm_torture.h - one thread's share of address spaces that many
 * threads change at once
 *
 *	address space	| arena of 0 | arena of 1 | ... | arena of n |
 *	                  only thread 0 maps, writes, moves, unmaps there
 *
 * So each thread knows what its own pages must contain, byte by byte, while
 * faults, areas that are split and merged, page tables, reverse maps, LRU
 * lists, page cache and TLBs are everybody's. A thread has a line of address
 * spaces: the one that all share, and children that it forked from those it has.
 *
 * Each word of a page is the same stamp:
 *
 *	63..56	owner, 1 and up		0: zeroes
 *	55..48	what kind of page it was written to
 *	47..0	serial number; of a file's page that nobody wrote, its index
 */
#pragma once

#include <kernel/random.h>
#include <kernel/test.h>
#include <mm/filemap.h>
#include <mm/mm_struct.h>

#define TORTURE_BASE   0x100000000000UL
#define ARENA_PAGES    32
/* Apart, so that arenas share tables but neither always nor never. */
#define ARENA_SIZE     (48 * PAGE_SIZE)
#define FILE_PART      16 /* pages of each file that a thread maps */
#define NR_SPACES      4  /* [0]: shared */
#define TORTURE_MAX_WORKERS 32
#define WORDS_A_PAGE   (PAGE_SIZE / sizeof(u64))
#define OWNER_FILE     0xff

enum cell_kind { CELL_NONE, CELL_ANON, CELL_PRIVATE, CELL_SHARED };

/* What is known of one page of an arena. */
struct cell {
	u8 kind, prot;
	u8 file_page; /* of the thread's part */
	bool pinned;  /* by worker->pin, and still what is mapped */
	u64 value;    /* each word */
};

struct space {
	struct mm_struct *mm; /* NULL: none */
	struct cell cells[ARENA_PAGES];
	/* Forked: somebody else's arena as it was then; nobody changes it. */
	u32 other;
	u64 seen[ARENA_PAGES]; /* UNKNOWN, or each word */
};

struct worker {
	u32 id;
	struct rng rng;
	u64 serial;
	struct space spaces[NR_SPACES];
	struct space *space; /* where it is at the moment */
	u64 shared[FILE_PART]; /* what the file that is mapped shared holds */
	struct page *pin;
	struct space *pin_space;
	u32 pin_cell;
	u64 *page; /* a page's worth of words */
	u64 nr_ops, nr_forks, nr_moves, nr_faults_expected;
};

extern struct torture {
	u32 nr_workers, nr_ops;
	struct worker *workers[TORTURE_MAX_WORKERS];
	struct file private_file, shared_file;
	struct address_space private_map, shared_map;
	struct mm_struct *box; /* a child that anybody may end */
	u64 nr_wrong;
	const char *what; /* the first thing that was wrong */
	u64 found, expected;
} torture;

/* Half of a thread's part of the file that is mapped privately comes and goes. */
static inline bool is_volatile(const struct cell *c)
{
	return c->kind == CELL_PRIVATE && c->file_page >= FILE_PART / 2;
}

static inline u64 file_stamp(enum cell_kind kind, u64 index)
{
	return (u64)OWNER_FILE << 56 | (u64)kind << 48 | index;
}

vaddr_t arena_of(u32 worker);
void wrong(const char *what, u64 found, u64 expected);

/* One random operation. */
void torture_step(struct worker *w);
/* All own pages of all spaces; what must not have changed has not. */
void torture_check_all(struct worker *w);
void space_end(struct worker *w, struct space *s);
void unpin(struct worker *w);
