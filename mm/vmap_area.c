// SPDX-License-Identifier: MIT
/*
 * mm/vmap_area.c - vmalloc's address space: who has what, and since when not
 *
 *	start                                                        end
 *	|used |g|used       |g|   gap   |lazy |g|used |g|    gap     |
 *
 * One list by address holds all areas. A gap is what is between two of them,
 * so gaps need no records, and freed neighbours make one gap. First fit walks
 * the list: a few instructions for each area below the place found.
 *
 * A flush interrupts all CPUs, so it is put off: vfree() only queues, and one
 * purge serves many areas. The order is what makes it right:
 *
 *	clear the leaves -> take the areas off the queue -> flush, wait for all
 *	CPUs -> give frames back -> give addresses back
 */
#include <mm/mm_state.h>
#include <mm/vmap_area.h>
#include <arch/paging.h>

static struct list_head *gap_after(struct vmalloc_state *v, u64 bytes,
				   u64 *start)
{
	struct vmap_area *area;

	*start = v->start;
	list_for_each_entry(area, &v->areas, list) {
		if (area->start - *start >= bytes)
			return area->list.prev;
		*start = area->end;
	}
	return v->end - *start >= bytes ? v->areas.prev : NULL;
}

struct vmap_area *vmap_area_alloc(struct mm_state *mm, u64 size, gfp_t gfp)
{
	struct vmalloc_state *v = &mm->vmalloc;
	struct vmap_area *area = kmem_cache_zalloc(v->area_cache, gfp);
	struct list_head *after;
	u64 flags;

	if (!area)
		return NULL;
	INIT_LIST_HEAD(&area->pages);
	INIT_LIST_HEAD(&area->lazy);
	flags = spin_lock_irqsave(&v->lock);
	after = gap_after(v, size + PAGE_SIZE, &area->start);
	if (after) {
		area->end = area->start + size + PAGE_SIZE;
		area->nr_pages = size / PAGE_SIZE;
		list_add(&area->list, after);
		v->nr_areas++;
	}
	spin_unlock_irqrestore(&v->lock, flags);
	if (after)
		return area;
	kmem_cache_free(v->area_cache, area);
	return NULL;
}

static void unlink_area(struct mm_state *mm, struct vmap_area *area)
{
	struct vmalloc_state *v = &mm->vmalloc;
	u64 flags = spin_lock_irqsave(&v->lock);

	list_del(&area->list);
	v->nr_areas--;
	spin_unlock_irqrestore(&v->lock, flags);
	kmem_cache_free(v->area_cache, area);
}

void vmap_area_publish(struct mm_state *mm, struct vmap_area *area)
{
	struct vmalloc_state *v = &mm->vmalloc;
	u64 flags = spin_lock_irqsave(&v->lock);

	area->state = VMAP_USED;
	v->nr_pages += area->nr_pages;
	spin_unlock_irqrestore(&v->lock, flags);
}

/* Devices are few and mapped for long: a walk finds them. */
struct vmap_area *vmap_area_find_device(struct mm_state *mm, u64 start)
{
	struct vmalloc_state *v = &mm->vmalloc;
	struct vmap_area *area, *found = NULL;
	u64 flags = spin_lock_irqsave(&v->lock);

	list_for_each_entry(area, &v->areas, list)
		if (area->start == start && area->is_device &&
		    area->state == VMAP_USED)
			found = area;
	spin_unlock_irqrestore(&v->lock, flags);
	return found;
}

void vmap_area_drop(struct mm_state *mm, struct vmap_area *area)
{
	unlink_area(mm, area);
}

/* Only one of two that free the same area gets true. */
static bool begin_freeing(struct vmalloc_state *v, struct vmap_area *area)
{
	u64 flags = spin_lock_irqsave(&v->lock);
	bool mine = area->state == VMAP_NEW || area->state == VMAP_USED;

	if (area->state == VMAP_USED)
		v->nr_pages -= area->nr_pages;
	if (mine)
		area->state = VMAP_FREEING;
	spin_unlock_irqrestore(&v->lock, flags);
	return mine;
}

bool vmap_area_release(struct mm_state *mm, struct vmap_area *area)
{
	struct vmalloc_state *v = &mm->vmalloc;
	u64 flags;

	if (!begin_freeing(v, area))
		return false;
	paging_unmap(area->start, area->nr_pages * PAGE_SIZE);
	flags = spin_lock_irqsave(&v->lock);
	area->state = VMAP_LAZY;
	list_add_tail(&area->lazy, &v->lazy);
	ADD_ONCE(v->nr_lazy, area->nr_pages);
	spin_unlock_irqrestore(&v->lock, flags);
	return true;
}

/* All that is queued; the range it lies in. */
static void take_lazy(struct vmalloc_state *v, struct list_head *taken,
		      u64 *start, u64 *end)
{
	struct vmap_area *area, *next;
	u64 flags = spin_lock_irqsave(&v->lock);

	*start = v->end;
	*end = v->start;
	list_for_each_entry_safe(area, next, &v->lazy, lazy) {
		*start = min(*start, area->start);
		*end = max(*end, area->end);
		list_move(&area->lazy, taken);
	}
	WRITE_ONCE(v->nr_lazy, 0);
	v->nr_purges++;
	spin_unlock_irqrestore(&v->lock, flags);
}

static void purge(struct mm_state *mm)
{
	struct list_head taken = LIST_HEAD_INIT(taken);
	struct vmap_area *area, *next;
	u64 start, end, pages = 0;

	take_lazy(&mm->vmalloc, &taken, &start, &end);
	if (list_empty(&taken))
		return;
	flush_tlb_kernel_range(start, end);
	list_for_each_entry_safe(area, next, &taken, lazy) {
		pages += area->nr_pages;
		vmalloc_free_pages(&area->pages);
		unlink_area(mm, area);
	}
	WRITE_ONCE(mm->vmalloc.nr_purged, mm->vmalloc.nr_purged + pages);
}

static bool may_wait(void)
{
	return !arch_irqs_disabled() && !preempt_count();
}

u64 vmap_purge(struct mm_state *mm)
{
	struct vmalloc_state *v = &mm->vmalloc;
	u64 before = READ_ONCE(v->nr_purged), after;

	if (!may_wait())
		return 0;
	mutex_lock(&v->purge_lock);
	purge(mm);
	after = v->nr_purged;
	mutex_unlock(&v->purge_lock);
	return after - before;
}

void vmap_try_purge(struct mm_state *mm)
{
	if (!may_wait() || !mutex_trylock(&mm->vmalloc.purge_lock))
		return;
	purge(mm);
	mutex_unlock(&mm->vmalloc.purge_lock);
}
