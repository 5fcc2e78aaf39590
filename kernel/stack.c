// SPDX-License-Identifier: MIT
/*
 * kernel/stack.c - kernel stacks, each with an unmapped page below
 *
 * They lie in the vmalloc range. Every range there is followed by an unmapped
 * page, so there is one below each stack, where it overflows to. Address space
 * is not given back there yet: a stack that nobody needs any more stays mapped
 * and is kept for the next thread.
 */
#include <kernel/main.h>
#include <kernel/mutex.h>
#include <kernel/thread.h>
#include <mm/mm_state.h>
#include <arch/paging.h>
#include <arch/smp.h>

#include "stack.h"

#define STACK_ORDER 2
_Static_assert(PAGE_SIZE << STACK_ORDER == SECONDARY_STACK_SIZE, "in pages");
_Static_assert(THREAD_STACK_SIZE == SECONDARY_STACK_SIZE, "made by one function");

static DEFINE_LOCK_CLASS(mapping_class, "stack mapping", false);
static DEFINE_MUTEX(mapping_lock, mapping_class);

/* The first word of a free stack points to the next one. */
static DEFINE_LOCK_CLASS(free_class, "free stacks", true);
static struct spinlock free_lock = SPINLOCK_INIT(free_class);
static vaddr_t free_stacks;

static paddr_t table_page(void *ctx __unused)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_ZERO, 0);

	return page ? PFN_PHYS(page_to_pfn(page)) : 0;
}

/* paging_map() wants to be alone. */
static vaddr_t map_pages(struct page *page)
{
	struct page_source source = { table_page, NULL };
	vaddr_t base;
	int err = 0;

	mutex_lock(&mapping_lock);
	base = paging_reserve(THREAD_STACK_SIZE);
	if (base)
		err = paging_map(base, PFN_PHYS(page_to_pfn(page)),
				 THREAD_STACK_SIZE, MAP_W | MAP_4K, &source);
	mutex_unlock(&mapping_lock);
	return err ? 0 : base;
}

vaddr_t map_stack(s32 nid)
{
	struct page *page = alloc_pages_node(nid, GFP_KERNEL, STACK_ORDER);

	return page ? map_pages(page) : 0;
}

static vaddr_t take_free(void)
{
	u64 flags = spin_lock_irqsave(&free_lock);
	vaddr_t stack = free_stacks;

	if (stack)
		free_stacks = *(vaddr_t *)stack;
	spin_unlock_irqrestore(&free_lock, flags);
	return stack;
}

vaddr_t thread_stack_alloc(void)
{
	vaddr_t stack = take_free();

	return stack ? stack : map_stack(this_cpu_read(cpu_nid));
}

void thread_stack_free(vaddr_t stack)
{
	u64 flags = spin_lock_irqsave(&free_lock);

	*(vaddr_t *)stack = free_stacks;
	free_stacks = stack;
	spin_unlock_irqrestore(&free_lock, flags);
}
