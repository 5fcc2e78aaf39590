// SPDX-License-Identifier: MIT
/*
 * mm/migrate_move.c - one page's contents, place and flags go to another frame
 *
 *	who may refer to the old page	anonymous	file
 *	isolation			1		1
 *	the page cache					1
 *	entries				0, they wait	0
 *
 * Any reference more is somebody who may read or write the frame itself: then
 * it doesn't move. To an unmapped anonymous page that is on no list nobody gets
 * a new reference, so one look is enough.
 *
 * A page of the cache is found by its index at any time, and may be written to
 * by who has no more than the reference (write(), kernel/fs/tmpfs.c). So its
 * slot changes hands first, under the lock under which it is found, and it is
 * copied then: such a write came before the copy, or finds the new page, which
 * isn't up to date before it is copied, and is waited for.
 *
 * The new page of a file is locked before it can be found and stays so until all
 * entries lead to it. Behind anonymous entries nobody locks a page that is on no
 * list and has one more reference than entries: a new one needs no lock.
 *
 * The old page keeps its `mapping` till it is freed: entries that still name it
 * are counted by it (mm/zap.c, mm/fork.c).
 *
 * How many VM_LOCKED areas map a page needs no copying: unmapping counted the
 * old page's down, restoring counts the new one's up.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <mm/filemap.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <arch/page.h>

#include "migrate_internal.h"

#define FLAGS_THAT_MOVE                                             \
	(1u << PG_referenced | 1u << PG_uptodate | 1u << PG_dirty | \
	 1u << PG_active | 1u << PG_swapbacked)

static inline void copy_page(struct page *dst, const struct page *src)
{
	arch_copy_page(page_address(dst), page_address(src));
	POINT(migrate_copied, page_to_pfn(src), page_to_pfn(dst));
}

/* dst is nobody's yet; flags: those of src's that it gets. */
static inline void copy_state(struct page *dst, const struct page *src,
			      u32 flags)
{
	WRITE_PLAIN(dst->kind_order, kind_order(page_kind(src), 0));
	dst->index = src->index;
	/* Who looks for pages to move passes by here, too. */
	WRITE_PLAIN(dst->flags, dst->flags | (READ_ONCE(src->flags) & flags));
	__atomic_store_n(&dst->mapping, src->mapping, __ATOMIC_RELEASE);
}

static inline int move_anon(struct page *dst, struct page *src)
{
	if (page_ref_count(src) != 1)
		return -EAGAIN;
	copy_page(dst, src);
	copy_state(dst, src, FLAGS_THAT_MOVE);
	return 0;
}

static void count_cached(const struct page *page, s64 delta)
{
	mod_page_state(page, NR_FILE_PAGES, delta);
	if (page_flag(page, PG_swapbacked))
		mod_page_state(page, NR_SHMEM, delta);
}

/* src's slot becomes dst's; false: somebody refers to src. */
static bool switch_slot(struct address_space *mapping, struct page *dst,
			struct page *src)
{
	bool ok;

	spin_lock(&mapping->i_pages.lock);
	ok = page_ref_freeze(src, 2);
	if (ok) {
		WRITE_PLAIN(dst->flags, dst->flags | 1u << PG_locked);
		copy_state(dst, src, FLAGS_THAT_MOVE & ~(1u << PG_uptodate));
		get_page(dst);
		__xa_replace(&mapping->i_pages, src->index, dst);
		page_ref_unfreeze(src, 1);
	}
	spin_unlock(&mapping->i_pages.lock);
	return ok;
}

int filemap_migrate_page(struct address_space *mapping, struct page *dst,
			 struct page *src, u32 mode __unused)
{
	if (!switch_slot(mapping, dst, src))
		return -EAGAIN;
	copy_page(dst, src);
	if (page_uptodate(src))
		set_page_uptodate(dst);
	if (page_zone(dst)->nid != page_zone(src)->nid) {
		count_cached(src, -1);
		count_cached(dst, 1);
	}
	return 0;
}

int move_to_new_page(struct page *dst, struct page *src, enum migrate_mode mode)
{
	struct address_space *mapping = src->mapping;
	int err;

	if ((u64)mapping & PAGE_MAPPING_ANON)
		err = move_anon(dst, src);
	else if (mapping->a_ops && mapping->a_ops->migrate_page)
		err = mapping->a_ops->migrate_page(mapping, dst, src, mode);
	else
		err = filemap_migrate_page(mapping, dst, src, mode);
	if (!err)
		POINT(migrate_replaced, page_to_pfn(src), page_to_pfn(dst));
	return err;
}
