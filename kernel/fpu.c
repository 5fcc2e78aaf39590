// SPDX-License-Identifier: MIT
/*
 * kernel/fpu.c - whose SSE registers are kept where
 *
 * The area of the thread that runs is out of date: what counts is in the
 * registers until somebody else takes the CPU. So preemption is off from
 * looking at one of the two until the other says the same.
 */
#include <kernel/errno.h>
#include <kernel/fpu.h>
#include <kernel/panic.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <mm/slab.h>
#include <arch/fpu.h>

static struct kmem_cache *fpu_cache;

void fpu_init(void)
{
	if (arch_fpu_size())
		fpu_cache = kmem_cache_create("fpu", arch_fpu_size(), FPU_ALIGN,
					      SLAB_PANIC, NULL);
}

int fpu_attach(struct thread *t)
{
	void *area;

	BUG_ON(t->fpu);
	if (!fpu_cache)
		return 0;
	area = kmem_cache_alloc(fpu_cache, GFP_KERNEL);
	if (!area)
		return -ENOMEM;
	arch_fpu_fresh(area);
	preempt_disable();
	t->user_side = true;
	t->fpu = area;
	if (t == current)
		arch_fpu_restore(area);
	preempt_enable();
	return 0;
}

int fpu_copy(struct thread *child)
{
	int err = current->fpu ? fpu_attach(child) : 0;

	if (err || !child->fpu)
		return err;
	preempt_disable();
	arch_fpu_save(current->fpu);
	preempt_enable();
	memcpy(child->fpu, current->fpu, arch_fpu_size());
	return 0;
}

void fpu_reset(void)
{
	if (!current->fpu)
		return;
	preempt_disable();
	arch_fpu_fresh(current->fpu);
	arch_fpu_restore(current->fpu);
	preempt_enable();
}

void fpu_detach(struct thread *t)
{
	void *area = t->fpu;

	if (!area)
		return;
	/* One store: a switch after it saves nothing. */
	WRITE_ONCE(t->fpu, NULL);
	kmem_cache_free(fpu_cache, area);
}
