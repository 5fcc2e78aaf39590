// SPDX-License-Identifier: MIT
/*
 * mm/mm_life.c - an address space's record: made, shared, dropped
 *
 *	mm_users   threads that run it	0: all is unmapped (exit_mmap)
 *	mm_count   who holds the record	0: record and pgd are freed
 *	           all users together are one; each walker is one more
 *
 * Two counts, since a record may be needed when the memory is not any more: by
 * a check that looks at all. The list of all address spaces holds no count: a
 * record is on it until its count is 0, and who walks takes one that isn't.
 *
 * A CPU that still has the tables loaded (lazy, mm/mmu.c) holds no count, so
 * that no switch pays for one: who drops the last makes those CPUs leave first
 * (arch_mm_leave()).
 */
#include <kernel/panic.h>
#include <kernel/string.h>
#include <mm/fault.h>
#include <mm/mm_state.h>
#include <mm/pgtable.h>
#include <arch/mmu.h>

#include "vma_internal.h"

DEFINE_LOCK_CLASS(mmap_lock_class, "mmap lock", false);
DEFINE_LOCK_CLASS(page_table_lock_class, "mm page tables", false);
static DEFINE_LOCK_CLASS(mmlist_lock_class, "mm list", false);

static struct kmem_cache *mm_cache;
static struct spinlock mmlist_lock = SPINLOCK_INIT(mmlist_lock_class);
static struct list_head mmlist = LIST_HEAD_INIT(mmlist); /* [mmlist_lock] */

int mm_life_init(void)
{
	INIT_LIST_HEAD(&mmlist);
	mm_cache = kmem_cache_create("mm_struct", sizeof(struct mm_struct), 64,
				     SLAB_ACCOUNT, NULL);
	return mm_cache ? vma_cache_init() : -ENOMEM;
}

/* --- making --- */

/* Linux's defaults; exec hands the process's limits in. */
static void set_limits(struct mm_struct *mm)
{
	mm->mmap_base = TASK_SIZE - 128 * MiB - STACK_GUARD_GAP;
	mm->rlimit_as = mm->rlimit_data = RLIM_INFINITY;
	mm->rlimit_stack = mm->rlimit_memlock = 8 * MiB;
}

struct mm_struct *mm_alloc(void)
{
	struct mm_struct *mm = kmem_cache_zalloc(mm_cache, GFP_KERNEL);

	if (!mm)
		return NULL;
	mm->mm_users = mm->mm_count = 1;
	rwsem_init(&mm->mmap_lock, &mmap_lock_class);
	spin_lock_init(&mm->page_table_lock, &page_table_lock_class);
	set_limits(mm);
	if (pgd_alloc(mm)) {
		kmem_cache_free(mm_cache, mm);
		return NULL;
	}
	spin_lock(&mmlist_lock);
	list_add_tail(&mm->mmlist, &mmlist);
	spin_unlock(&mmlist_lock);
	return mm;
}

/* --- dropping --- */

/* One more, unless there is none left. */
static bool get_not_zero(u32 *count)
{
	u32 old = __atomic_load_n(count, __ATOMIC_RELAXED);

	while (old)
		if (__atomic_compare_exchange_n(count, &old, old + 1, false,
						__ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

bool mmget_not_zero(struct mm_struct *mm)
{
	return get_not_zero(&mm->mm_users);
}

void mmput(struct mm_struct *mm)
{
	if (__atomic_sub_fetch(&mm->mm_users, 1, __ATOMIC_ACQ_REL))
		return;
	exit_mmap(mm);
	if (mm->exe_file)
		fput(mm->exe_file);
	mm->exe_file = NULL;
	mmdrop(mm);
}

void mmdrop(struct mm_struct *mm)
{
	if (__atomic_sub_fetch(&mm->mm_count, 1, __ATOMIC_ACQ_REL))
		return;
	BUG_ON(mm->map_count);
	spin_lock(&mmlist_lock);
	list_del(&mm->mmlist);
	spin_unlock(&mmlist_lock);
	arch_mm_leave(mm);
	pgd_free(mm);
	kmem_cache_free(mm_cache, mm);
}

/* --- all of them --- */

/* The first after `after` (NULL: from the start) that isn't dying, counted. */
static struct mm_struct *next_mm(struct mm_struct *after)
{
	struct list_head *pos;
	struct mm_struct *found = NULL;

	spin_lock(&mmlist_lock);
	pos = after ? after->mmlist.next : mmlist.next;
	for (; pos != &mmlist && !found; pos = pos->next) {
		struct mm_struct *mm = list_entry(pos, struct mm_struct, mmlist);

		if (get_not_zero(&mm->mm_count))
			found = mm;
	}
	spin_unlock(&mmlist_lock);
	return found;
}

void for_each_mm(void (*fn)(struct mm_struct *mm, void *arg), void *arg)
{
	struct mm_struct *mm = next_mm(NULL), *next;

	for (; mm; mm = next) {
		fn(mm, arg);
		next = next_mm(mm);
		mmdrop(mm);
	}
}
