/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/pgtable_fixture.h - an address space without areas
 *
 *	struct mm_struct *mm = test_mm_begin(t);
 *	map_page(t, mm, addr, page, prot);	an entry, no rmap
 *	...
 *	test_mm_end(t, mm);			all tables are gone
 *
 * Tests of tables and TLBs need no VMA. Pages mapped here are kept alive by
 * their test, so frames are dropped by hand.
 */
#pragma once

#include <kernel/test.h>
#include <mm/page_alloc.h>
#include <mm/pgtable.h>
#include <arch/mmu.h>

#define USER_RW	  (_PAGE_PRESENT | _PAGE_USER | _PAGE_RW | _PAGE_NX)
#define USER_READ (_PAGE_PRESENT | _PAGE_USER | _PAGE_NX)
#define USER_EXEC (_PAGE_PRESENT | _PAGE_USER)

struct mm_struct *test_mm_begin(struct test *t);
void test_mm_end(struct test *t, struct mm_struct *mm);
/* Several at once: the nth, up to 3; test_mm_begin() is the 0th. */
struct mm_struct *test_mm_nth(struct test *t, u32 n);

bool map_page(struct test *t, struct mm_struct *mm, vaddr_t addr,
	      struct page *page, u64 prot);
/* Clears the entry, flushes nothing. */
pte_t unmap_page(struct mm_struct *mm, vaddr_t addr);
pte_t look_up(struct mm_struct *mm, vaddr_t addr);
/* Tables that [start, end) has, all of them. */
void drop_tables(struct mm_struct *mm, vaddr_t start, vaddr_t end);
