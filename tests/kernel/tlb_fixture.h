/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/tlb_fixture.h - what tests of TLBs share: marked pages, and the
 * look through this CPU's MMU
 */
#pragma once

#include <kernel/test.h>
#include <arch/mmu.h>
#include <mm/page_alloc.h>

#include "pgtable_fixture.h"

#define ADDR 0x400000000000UL

enum { A = 0xaaaa, B = 0xbbbb };

/* Pages that hold their name. */
static inline struct page *marked_page(u64 mark)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_ZERO, 0);

	if (page)
		*(u64 *)page_address(page) = mark;
	return page;
}

/* As ring 3 would read it; 0: it would fault. */
static inline u64 peek(vaddr_t addr)
{
	u64 value;

	return arch_user_peek(addr, &value) ? value : 0;
}
