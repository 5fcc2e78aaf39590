// SPDX-License-Identifier: MIT
/*
 * mm/mempolicy.c - on which node a program's page is allocated
 *
 *	whose     the VMA's, else the thread's, else none
 *	what      none, LOCAL       near this CPU, then wherever there is room
 *	          PREFERRED         the first of the mask, then as above
 *	          PREFERRED_MANY    the nearest of the mask, then as above
 *	          BIND              in the mask, nearest first, and nowhere else
 *	          INTERLEAVE        each page on the next node of the mask
 *
 * Interleaving goes by the page's offset when the VMA asks for it, so that the
 * same page is on the same node whoever touches it first; when the thread asks,
 * by its count of pages, kept in the policy (the thread's own copy).
 *
 * Nearly all pages are allocated without a policy: that is alloc_pages() after
 * two tests.
 */
#include <kernel/bitops.h>
#include <kernel/errno.h>
#include <mm/mempolicy.h>
#include <mm/mm_state.h>
#include <mm/mm_struct.h>
#include <mm/pcp.h>
#include <uapi/mempolicy.h>

#define POLICY_NODES 64 /* that a mask can name */

static struct mempolicy *(*task_source)(void);

void mpol_set_task_source(struct mempolicy *(*source)(void))
{
	task_source = source;
}

/* Nobody's, and everybody's who has none. */
static struct mempolicy local_policy = { .refs = 1, .mode = MPOL_LOCAL };

struct mempolicy *get_task_policy(void)
{
	struct mempolicy *pol = task_source ? task_source() : NULL;

	return pol ? pol : &local_policy;
}

/* --- life --- */

static u64 online_nodes(void)
{
	u64 nodes = 0;

	for (u32 nid = 0; nid < POLICY_NODES; nid++)
		if (mm_active->nodes[nid].online)
			nodes |= 1UL << nid;
	return nodes;
}

/* Who takes a mask, and may it be empty? */
static bool mask_fits(u16 mode, u16 flags, u64 nodes)
{
	switch (mode) {
	case MPOL_DEFAULT:
	case MPOL_LOCAL:
		return !nodes && !flags;
	case MPOL_PREFERRED: /* of no node: local */
		return nodes ||
		       !(flags & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES));
	default:
		return nodes;
	}
}

static bool flags_fit(u16 mode, u16 flags)
{
	u16 both = MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES;

	return !(flags & ~MPOL_MODE_FLAGS) && (flags & both) != both &&
	       (!(flags & MPOL_F_NUMA_BALANCING) || mode == MPOL_BIND);
}

/*
 * The nodes of `nodes` that there are. Relative ones count along the online
 * ones, around and around.
 */
static u64 usable_nodes(u16 flags, u64 nodes)
{
	u64 online = online_nodes(), result = 0;
	u32 nr = hweight64(online);

	if (!(flags & MPOL_F_RELATIVE_NODES))
		return nodes & online;
	for (u32 nid = 0; nid < POLICY_NODES; nid++) {
		u64 rest = online;

		if (!(nodes >> nid & 1))
			continue;
		for (u32 skip = nid % nr; skip; skip--)
			rest &= rest - 1;
		result |= rest & -rest;
	}
	return result;
}

struct mempolicy *mpol_new(u16 mode, u16 flags, u64 nodes, int *err)
{
	u64 usable = usable_nodes(flags, nodes);
	struct mempolicy *pol;

	*err = -EINVAL;
	if (mode >= MPOL_MAX || !flags_fit(mode, flags) ||
	    !mask_fits(mode, flags, nodes) || (nodes && !usable))
		return NULL;
	*err = 0;
	if (mode == MPOL_DEFAULT)
		return NULL;
	pol = kmalloc(sizeof(*pol), GFP_KERNEL);
	if (!pol) {
		*err = -ENOMEM;
		return NULL;
	}
	*pol = (struct mempolicy){
		.refs = 1,
		.mode = mode == MPOL_PREFERRED && !nodes ? MPOL_LOCAL : mode,
		.flags = flags,
		.nodes = usable,
	};
	return pol;
}

void mpol_put(struct mempolicy *pol)
{
	if (pol && !__atomic_sub_fetch(&pol->refs, 1, __ATOMIC_ACQ_REL))
		kfree(pol);
}

bool mpol_equal(const struct mempolicy *a, const struct mempolicy *b)
{
	if (a == b)
		return true;
	return a && b && a->mode == b->mode && a->flags == b->flags &&
	       a->nodes == b->nodes;
}

/* --- allocating --- */

/* The nth node of a mask that isn't empty, counting around. */
static int nth_node(u64 nodes, u64 n)
{
	for (n %= hweight64(nodes); n; n--)
		nodes &= nodes - 1;
	return __builtin_ctzl(nodes);
}

static struct page *alloc_page_interleave(gfp_t gfp, int nid)
{
	struct page *page = alloc_pages_node(nid, gfp, 0);
	struct zone *zone;
	u64 flags;

	if (!page)
		return NULL;
	zone = page_zone(page);
	if (zone->nid != nid)
		return page;
	flags = arch_irq_save();
	this_pcp(zone->index)->numa[NUMA_INTERLEAVE]++;
	arch_irq_restore(flags);
	return page;
}

static struct page *alloc_page_masked(gfp_t gfp, u64 nodes)
{
	const struct nodemask mask = { { nodes } };

	return alloc_pages_nodemask(this_cpu_read(cpu_nid), gfp, 0, &mask);
}

/* The mask is a wish: no pains are taken over it. */
static struct page *alloc_page_preferred_many(gfp_t gfp, u64 nodes)
{
	gfp_t light = (gfp | __GFP_NOWARN) & ~__GFP_DIRECT_RECLAIM;
	struct page *page = alloc_page_masked(light, nodes);

	return page ? page : alloc_pages(gfp, 0);
}

struct page *alloc_page_mpol(gfp_t gfp, struct mempolicy *pol, u64 nth)
{
	switch (pol->mode) {
	case MPOL_PREFERRED:
		return alloc_pages_node(nth_node(pol->nodes, 0), gfp, 0);
	case MPOL_PREFERRED_MANY:
		return alloc_page_preferred_many(gfp, pol->nodes);
	case MPOL_BIND:
		return alloc_page_masked(gfp, pol->nodes);
	case MPOL_INTERLEAVE:
		return alloc_page_interleave(gfp, nth_node(pol->nodes, nth));
	default: /* MPOL_LOCAL */
		return alloc_pages(gfp, 0);
	}
}

static __noinline struct page *alloc_page_task(gfp_t gfp, struct mempolicy *pol)
{
	u64 nth = 0;

	if (pol->mode == MPOL_INTERLEAVE)
		nth = __atomic_fetch_add(&pol->il_next, 1, __ATOMIC_RELAXED);
	return alloc_page_mpol(gfp, pol, nth);
}

struct page *alloc_page_vma(gfp_t gfp, struct vm_area_struct *vma, vaddr_t addr)
{
	struct mempolicy *pol = vma->vm_policy;

	if (unlikely(pol))
		return alloc_page_mpol(gfp, pol, linear_page_index(vma, addr));
	pol = task_source ? task_source() : NULL;
	if (unlikely(pol))
		return alloc_page_task(gfp, pol);
	return alloc_pages(gfp, 0);
}
