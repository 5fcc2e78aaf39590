// SPDX-License-Identifier: MIT
/*
 * mm/vmalloc.c - single frames, mapped side by side
 *
 *	direct map   |..|A|......|C|..|B|....|D|...|
 *	                 |        |    |      |
 *	vmalloc          +-> |A|B|C|D|guard|   one piece of address space
 *
 * Large memory that no device looks at needs no large chunk: order 0 is enough,
 * which is to be had as long as there is any memory. It costs page-table
 * entries, TLB entries and, when freed, a flush on all CPUs (mm/vmap_area.c).
 * The frames hang on the area by struct page.lru; struct page.mapping leads
 * back, so vfree() finds the area through the page tables, without a search.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/printk.h>
#include <mm/misuse.h>
#include <mm/mm_state.h>
#include <mm/vmap_area.h>
#include <arch/paging.h>

static DEFINE_LOCK_CLASS(vmap_area_class, "vmap area", true);
static DEFINE_LOCK_CLASS(vmap_purge_class, "vmap purge", false);

/* For tests: frames that are missing; those of page tables come last. */
DEFINE_POINT(fail_vmalloc, "place");

/* --- frames --- */

void vmalloc_free_pages(struct list_head *pages)
{
	while (!list_empty(pages)) {
		struct page *page = list_first_entry(pages, struct page, lru);

		list_del(&page->lru);
		page->mapping = NULL;
		page->index = 0;
		free_pages(page, 0);
	}
}

static struct page *take_page(u64 place, gfp_t gfp, int nid)
{
	if (POINT_HIT(fail_vmalloc, place))
		return NULL;
	return nid == NUMA_NO_NODE ? alloc_pages(gfp, 0) :
				     alloc_pages_node(nid, gfp, 0);
}

static bool take_pages(struct vmap_area *area, gfp_t gfp, int nid)
{
	for (u64 i = 0; i < area->nr_pages; i++) {
		struct page *page = take_page(i, gfp, nid);

		if (!page) {
			vmalloc_free_pages(&area->pages);
			return false;
		}
		page->mapping = area;
		page->index = i;
		list_add_tail(&page->lru, &area->pages);
	}
	return true;
}

/* Tables stay for good, so they are of no special zone. */
paddr_t vmap_table_page(void *ctx)
{
	struct vmap_table_source *from = ctx;
	struct page *page = take_page(
		0, (from->gfp & ~GFP_ZONEMASK) | __GFP_ZERO, NUMA_NO_NODE);

	if (!page)
		return 0;
	__atomic_add_fetch(&from->mm->vmalloc.nr_tables, 1, __ATOMIC_RELAXED);
	return PFN_PHYS(page_to_pfn(page));
}

static bool map_pages(struct mm_state *mm, struct vmap_area *area, gfp_t gfp)
{
	struct vmap_table_source from = { mm, gfp };
	struct page_source source = { vmap_table_page, &from };
	struct page *page;

	list_for_each_entry(page, &area->pages, lru)
		if (paging_map(area->start + page->index * PAGE_SIZE,
			       PFN_PHYS(page_to_pfn(page)), PAGE_SIZE,
			       MAP_W | MAP_4K, &source))
			return false;
	return true;
}

/* --- areas --- */

static void *try_vmalloc(struct mm_state *mm, u64 size, gfp_t gfp, int nid,
			 u64 caller)
{
	struct vmap_area *area =
		vmap_area_alloc(mm, size, gfp & ~(GFP_ZONEMASK | __GFP_ZERO));

	if (!area)
		return NULL;
	area->caller = caller;
	if (!take_pages(area, gfp, nid)) {
		vmap_area_drop(mm, area);
		return NULL;
	}
	if (map_pages(mm, area, gfp)) {
		vmap_area_publish(mm, area);
		return (void *)area->start;
	}
	/* Some of it was mapped: it goes the way of all that was. */
	vmap_area_release(mm, area);
	return NULL;
}

/* What was freed with interrupts off leaves it to the next one. */
static void purge_if_much(struct mm_state *mm)
{
	if (READ_ONCE(mm->vmalloc.nr_lazy) > mm->vmalloc.lazy_max)
		vmap_try_purge(mm);
}

static void *vmalloc_from(size_t size, gfp_t gfp, int nid, u64 caller)
{
	struct mm_state *mm = mm_active;
	u64 bytes = ALIGN((u64)size, PAGE_SIZE);
	void *addr;

	if (!size || bytes < size || !mm->vmalloc.area_cache ||
	    bytes / PAGE_SIZE > mm->vmalloc.max_pages) {
		if (!(gfp & __GFP_NOWARN))
			pr_warn("vmalloc: %lu bytes: not a size that can be\n",
				size);
		return NULL;
	}
	purge_if_much(mm);
	addr = try_vmalloc(mm, bytes, gfp | __GFP_NOWARN, nid, caller);
	if (!addr && vmap_purge(mm))
		addr = try_vmalloc(mm, bytes, gfp | __GFP_NOWARN, nid, caller);
	if (!addr && !(gfp & __GFP_NOWARN))
		pr_warn("vmalloc: %lu bytes: no memory or no address space\n",
			size);
	return addr;
}

#define CALLER ((u64)__builtin_return_address(0))

void *__vmalloc(size_t size, gfp_t gfp)
{
	return vmalloc_from(size, gfp, NUMA_NO_NODE, CALLER);
}

void *vmalloc(size_t size)
{
	return vmalloc_from(size, GFP_KERNEL, NUMA_NO_NODE, CALLER);
}

void *vzalloc(size_t size)
{
	return vmalloc_from(size, GFP_KERNEL | __GFP_ZERO, NUMA_NO_NODE, CALLER);
}

void *vmalloc_node(size_t size, int nid)
{
	return vmalloc_from(size, GFP_KERNEL, nid, CALLER);
}

u64 vmalloc_purge(void)
{
	return vmap_purge(mm_active);
}

/* The area that begins there, in use; NULL: none. */
static struct vmap_area *area_at(const void *addr)
{
	const struct page *page = vmalloc_to_page(addr);
	struct vmap_area *area = page ? page->mapping : NULL;

	return area && area->start == (u64)addr ? area : NULL;
}

void vfree(const void *addr)
{
	struct mm_state *mm = mm_active;
	struct vmap_area *area;

	if (!addr)
		return;
	area = area_at(addr);
	if (!area || !vmap_area_release(mm, area)) {
		pr_err("BUG vfree: 0x%016lx: no area in use begins there\n",
		       (u64)addr);
		bug_finish(BUG_VFREE);
		return;
	}
	purge_if_much(mm);
}

bool is_vmalloc_addr(const void *addr)
{
	const struct vmalloc_state *v = &mm_active->vmalloc;

	return (u64)addr >= v->start && (u64)addr < v->end;
}

struct page *vmalloc_to_page(const void *addr)
{
	paddr_t phys;
	u64 size;
	u32 prot;

	if (!is_vmalloc_addr(addr) ||
	    !paging_lookup((vaddr_t)addr, &phys, &prot, &size) ||
	    (prot & MAP_UNCACHED)) /* a device, which has no record */
		return NULL;
	return pfn_to_page(PFN_DOWN(phys));
}

/* --- either --- */

/*
 * A large chunk is not worth any effort, as single frames will do. With a mask
 * that is less than GFP_KERNEL there is no second choice: page tables are
 * allocated with more.
 */
static void *kvmalloc_from(size_t size, gfp_t gfp, int nid, u64 caller)
{
	gfp_t first = gfp;
	void *addr;

	if (size > PAGE_SIZE)
		first |= __GFP_NOWARN | __GFP_NORETRY;
	addr = kmalloc_node(size, first, nid);
	if (addr || size <= PAGE_SIZE || (gfp & GFP_KERNEL) != GFP_KERNEL)
		return addr;
	return vmalloc_from(size, gfp, nid, caller);
}

void *kvmalloc(size_t size, gfp_t gfp)
{
	return kvmalloc_from(size, gfp, NUMA_NO_NODE, CALLER);
}

void *kvmalloc_node(size_t size, gfp_t gfp, int nid)
{
	return kvmalloc_from(size, gfp, nid, CALLER);
}

void kvfree(const void *addr)
{
	if (is_vmalloc_addr(addr))
		vfree(addr);
	else
		kfree(addr);
}

/* --- boot --- */

/* Linux's limit, but no more than a part of what there is. */
static u64 lazy_limit(u64 ram_pages, u32 nr_cpus)
{
	u64 bits = 64 - (u64)__builtin_clzl(max(nr_cpus, 1u));

	return min(bits * (32 * MiB / PAGE_SIZE), ram_pages / 32);
}

int vmalloc_init(struct mm_state *mm)
{
	struct vmalloc_state *v = &mm->vmalloc;
	struct zone *zone;

	spin_lock_init(&v->lock, &vmap_area_class);
	mutex_init(&v->purge_lock, &vmap_purge_class);
	INIT_LIST_HEAD(&v->areas);
	INIT_LIST_HEAD(&v->lazy);
	paging_vmalloc_range(&v->start, &v->end);
	for_each_populated_zone(mm, zone)
		v->max_pages += zone->managed_pages;
	v->lazy_max = lazy_limit(v->max_pages, mm->nr_cpus);
	v->area_cache = kmem_cache_create("vmap_area", sizeof(struct vmap_area),
					  0, 0, NULL);
	mm->slowpath.purge = vmap_purge;
	return v->area_cache ? 0 : -ENOMEM;
}
