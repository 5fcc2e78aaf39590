// SPDX-License-Identifier: MIT
/*
 * kernel/stack.c - kernel stacks, each with an unmapped page below
 *
 *	| area A      |guard| stack       |guard| stack       |guard|
 *	                 ^ overflows into    ^
 *
 * They are vmalloc areas of single frames of the CPU's node. A guard page ends
 * each area, and what no area holds is not mapped; so an unmapped page lies
 * below each stack, whatever was there before: addresses are used again only
 * after all CPUs forgot them (mm/vmap_area.c).
 *
 * A stack is given back by somebody who stands on another one, perhaps with
 * interrupts off, right after the last switch (kernel/base/thread.c). Each CPU
 * keeps two for the next threads, as mapping is dear. The others go the way of
 * all areas: unmapped at once, flushed and used again later.
 */
#include <kernel/main.h>
#include <kernel/thread.h>
#include <mm/mm_state.h>
#include <mm/vmalloc.h>
#include <arch/smp.h>

#include "stack.h"

_Static_assert(THREAD_STACK_SIZE == SECONDARY_STACK_SIZE,
	       "made by one function");

#define NR_CACHED 2

/* Touched by its CPU, with interrupts off. */
struct stack_cache {
	u32 nr;
	vaddr_t stack[NR_CACHED];
};

static DEFINE_PER_CPU(struct stack_cache, stack_cache);

vaddr_t map_stack(s32 nid)
{
	return (vaddr_t)vmalloc_node(THREAD_STACK_SIZE, nid);
}

void unmap_stack(vaddr_t stack)
{
	vfree((void *)stack);
}

static vaddr_t take_cached(void)
{
	u64 flags = arch_irq_save();
	struct stack_cache *cache = this_cpu_ptr(&stack_cache);
	vaddr_t stack = cache->nr ? cache->stack[--cache->nr] : 0;

	arch_irq_restore(flags);
	return stack;
}

/* Only one of this CPU's node: the next thread starts here. */
static bool put_cached(vaddr_t stack)
{
	struct page *page = vmalloc_to_page((void *)stack);
	u64 flags = arch_irq_save();
	struct stack_cache *cache = this_cpu_ptr(&stack_cache);
	bool keep = cache->nr < NR_CACHED &&
		    page_zone(page)->nid == this_cpu_read(cpu_nid);

	if (keep)
		cache->stack[cache->nr++] = stack;
	arch_irq_restore(flags);
	return keep;
}

vaddr_t thread_stack_alloc(void)
{
	vaddr_t stack = take_cached();

	return stack ? stack : map_stack(this_cpu_read(cpu_nid));
}

void thread_stack_free(vaddr_t stack)
{
	if (!put_cached(stack))
		unmap_stack(stack);
}

u32 thread_stacks_cached(void)
{
	u32 nr = 0;

	for (u32 cpu = 0; cpu < kernel_mm()->nr_cpus; cpu++)
		nr += READ_ONCE(per_cpu_ptr(&stack_cache, cpu)->nr);
	return nr;
}
