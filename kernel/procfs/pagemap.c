// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/pagemap.c - /proc/PID/pagemap, /proc/kpagecount, kpageflags:
 * 8 bytes for each page, at 8 times its number
 *
 *	pagemap		63 present  61 file or shared  56 mapped here alone
 *			54..0 pfn
 *	kpagecount	how many page tables map the frame
 *	kpageflags	Linux's KPF_ bits, those that Tangram has
 *
 * Source: Linux's Documentation/admin-guide/mm/pagemap.rst.
 */
#include <kernel/errno.h>
#include <kernel/fs.h>
#include <kernel/string.h>
#include <mm/hugetlb.h>
#include <mm/mm_state.h>
#include <mm/pgtable.h>
#include <mm/rmap.h>

#include "pid.h"

#define WORD	sizeof(u64)
#define PART	32 /* words at a time, on the stack */
#define PRESENT (1UL << 63)
#define OF_FILE (1UL << 61)
#define ALONE	(1UL << 56)

typedef void (*fill_fn)(u64 *words, u64 first, u64 nr, void *arg);

/* Whole words only, as on Linux; `limit` words there are. */
static s64 read_words(struct io_buf *io, u64 *pos, u64 limit, fill_fn fill,
		      void *arg)
{
	u64 words[PART], done = 0;

	if (*pos % WORD || io->left % WORD)
		return -EINVAL;
	while (io->left && *pos / WORD < limit) {
		u64 first = *pos / WORD, left;
		u64 nr = min(limit - first, (u64)PART);

		nr = min(nr, io->left / WORD);
		fill(words, first, nr, arg);
		left = copy_to_io(io, words, nr * WORD);
		if (left)
			return done ? (s64)done : -EFAULT;
		*pos += nr * WORD;
		done += nr * WORD;
	}
	return (s64)done;
}

/* --- pagemap --- */

static u64 entry_word(pte_t pte)
{
	const struct page *page;
	u64 word;

	if (!pte_present(pte))
		return 0;
	word = PRESENT | pte_pfn(pte);
	page = vm_normal_page(pte);
	if (!page)
		return word;
	if (!PageAnon(page))
		word |= OF_FILE;
	return READ_ONCE(page->mapcount) ? word : word | ALONE;
}

/* All of a huge page's frames are present when it is. */
static u64 huge_word(struct mm_struct *mm, vaddr_t addr)
{
	pte_t entry = hugetlb_entry_at(mm, addr);
	const struct page *page;

	if (!pte_huge(entry))
		return 0;
	page = vm_normal_page(entry);
	return PRESENT | (pte_pfn(entry) + table_index(addr, 1)) |
	       (page->private_data ? OF_FILE : 0) |
	       (READ_ONCE(page->entire_mapcount) == 1 ? ALONE : 0);
}

static u64 address_word(struct mm_struct *mm, vaddr_t addr)
{
	struct spinlock *ptl;
	pte_t *ptep = pte_offset_map_lock(mm, addr, &ptl);
	u64 word;

	if (!ptep)
		return huge_word(mm, addr);
	word = entry_word(ptep_get(ptep));
	pte_unmap_unlock(ptep, ptl);
	return word;
}

static void fill_pagemap(u64 *words, u64 first, u64 nr, void *arg)
{
	struct mm_struct *mm = arg;

	down_read(&mm->mmap_lock);
	for (u64 i = 0; i < nr; i++)
		words[i] = address_word(mm, (first + i) << PAGE_SHIFT);
	up_read(&mm->mmap_lock);
}

static s64 pagemap_read(struct file *file, struct io_buf *io, u64 *pos)
{
	u32 pid = (u32)(u64)file->f_inode->private_data;
	struct mm_struct *mm = mm_of_pid(pid);
	s64 done;

	if (!mm)
		return 0;
	done = read_words(io, pos, TASK_SIZE >> PAGE_SHIFT, fill_pagemap, mm);
	mmput(mm);
	return done;
}

const struct file_operations pagemap_ops = { .read = pagemap_read };

/* --- frames --- */

static const struct page *page_or_null(pfn_t pfn)
{
	return pfn_valid(mm_active, pfn) ? pfn_to_page(pfn) : NULL;
}

static enum page_kind kind_of(const struct page *page)
{
	return page ? (enum page_kind)(page->kind_order >> 4) : PAGE_NONE;
}

/* The huge page that the frame is a part of; NULL. */
static const struct page *huge_head(pfn_t pfn)
{
	const struct page *head = page_or_null(ALIGN_DOWN(pfn, HUGETLB_FRAMES));

	return kind_of(head) == PAGE_HUGETLB ? head : NULL;
}

static u64 count_word(pfn_t pfn)
{
	const struct page *page = page_or_null(pfn), *head = huge_head(pfn);
	enum page_kind kind = kind_of(page);

	if (head)
		return (u64)READ_ONCE(head->entire_mapcount);
	return kind == PAGE_ANON || kind == PAGE_FILE ?
		       (u64)(READ_ONCE(page->mapcount) + 1) :
		       0;
}

static void fill_counts(u64 *words, u64 first, u64 nr, void *arg __unused)
{
	for (u64 i = 0; i < nr; i++)
		words[i] = count_word(first + i);
}

#define KPF_LOCKED	0
#define KPF_REFERENCED	2
#define KPF_UPTODATE	3
#define KPF_DIRTY	4
#define KPF_LRU		5
#define KPF_ACTIVE	6
#define KPF_SLAB	7
#define KPF_WRITEBACK	8
#define KPF_BUDDY	10
#define KPF_MMAP	11
#define KPF_ANON	12
#define KPF_SWAPBACKED	14
#define KPF_COMPOUND_HEAD 15
#define KPF_COMPOUND_TAIL 16
#define KPF_HUGE	17
#define KPF_UNEVICTABLE 18
#define KPF_NOPAGE	20
#define KPF_PGTABLE	26
#define KPF_RESERVED	32

static u64 bits_of_flags(const struct page *page)
{
	static const u8 bits[][2] = {
		{ PG_locked, KPF_LOCKED },
		{ PG_referenced, KPF_REFERENCED },
		{ PG_uptodate, KPF_UPTODATE },
		{ PG_dirty, KPF_DIRTY },
		{ PG_lru, KPF_LRU },
		{ PG_active, KPF_ACTIVE },
		{ PG_slab, KPF_SLAB },
		{ PG_writeback, KPF_WRITEBACK },
		{ PG_swapbacked, KPF_SWAPBACKED },
		{ PG_unevictable, KPF_UNEVICTABLE },
		{ PG_reserved, KPF_RESERVED },
	};
	u64 word = 0;

	for (u32 i = 0; i < ARRAY_SIZE(bits); i++)
		if (page->flags >> bits[i][0] & 1)
			word |= 1UL << bits[i][1];
	return word;
}

/* As Linux: the head's and whether it is the head. */
static u64 huge_flags_word(pfn_t pfn, const struct page *head)
{
	u64 word = 1UL << KPF_HUGE;

	word |= 1UL << (pfn == page_to_pfn(head) ? KPF_COMPOUND_HEAD :
						   KPF_COMPOUND_TAIL);
	if (READ_ONCE(head->entire_mapcount))
		word |= 1UL << KPF_MMAP;
	if (READ_ONCE(head->entire_mapcount) && !head->private_data)
		word |= 1UL << KPF_ANON;
	return word;
}

/* Frames of a chunk say what its head is; a frame of none is free. */
static u64 bits_of_chunk(pfn_t pfn, const struct page *page)
{
	const struct page *head = page_head(mm_active, pfn);

	if (!head)
		return page_flag(page, PG_reserved) ? 0 : 1UL << KPF_BUDDY;
	if (!page_order(head))
		return 0;
	return 1UL << (page == head ? KPF_COMPOUND_HEAD : KPF_COMPOUND_TAIL);
}

static u64 flags_word(pfn_t pfn)
{
	const struct page *page = page_or_null(pfn), *head = huge_head(pfn);
	enum page_kind kind;
	u64 word;

	if (!page)
		return 1UL << KPF_NOPAGE;
	if (head)
		return huge_flags_word(pfn, head);
	kind = kind_of(page);
	word = bits_of_flags(page) | bits_of_chunk(pfn, page);
	if (kind == PAGE_TABLE)
		word |= 1UL << KPF_PGTABLE;
	if (kind == PAGE_ANON)
		word |= 1UL << KPF_ANON;
	if ((kind == PAGE_ANON || kind == PAGE_FILE) && page->mapcount >= 0)
		word |= 1UL << KPF_MMAP;
	return word;
}

static void fill_flags(u64 *words, u64 first, u64 nr, void *arg __unused)
{
	for (u64 i = 0; i < nr; i++)
		words[i] = flags_word(first + i);
}

static s64 kpagecount_read(struct file *file __unused, struct io_buf *io,
			   u64 *pos)
{
	return read_words(io, pos, mm_active->max_pfn, fill_counts, NULL);
}

static s64 kpageflags_read(struct file *file __unused, struct io_buf *io,
			   u64 *pos)
{
	return read_words(io, pos, mm_active->max_pfn, fill_flags, NULL);
}

const struct file_operations kpagecount_ops = { .read = kpagecount_read };
const struct file_operations kpageflags_ops = { .read = kpageflags_read };
