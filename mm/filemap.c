// SPDX-License-Identifier: MIT
/*
 * mm/filemap.c - the page cache
 *
 *	read, fault, exec
 *	      │ index
 *	      ▼
 *	filemap_get_page ──found──► page, referenced
 *	      │ none
 *	      ▼
 *	new page, locked, into the tree ──► read_page fills it ──► uptodate, unlocked
 *	      (whoever finds it meanwhile waits for its lock)
 *
 * A page is found, and gets the finder's reference, under the tree's lock: the
 * cache's own reference is given up after the page has left the tree, under the
 * same lock, so there is one. (Linux finds without a lock, and so may for a
 * moment refer to a frame that is free or anybody's; our allocator wants a
 * frame that is freed to have no reference but its owner's.) It may leave the
 * cache right after: who needs it to stay takes the page lock and looks at
 * page->mapping.
 *
 * Truncation: the size shrinks, entries are cleared, pages leave the cache one
 * by one under their locks; a fault that comes later finds the new size under
 * the page lock. Source: Linux's mm/filemap.c, mm/truncate.c.
 */
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/point.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/fault.h>
#include <mm/filemap.h>
#include <mm/lru.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <mm/rmap.h>

static DEFINE_LOCK_CLASS(i_pages_class, "i_pages", false);
static DEFINE_LOCK_CLASS(i_mmap_class, "i_mmap", false);

void address_space_init(struct address_space *mapping, struct inode *host,
			const struct address_space_operations *ops)
{
	*mapping = (struct address_space){ .host = host,
					   .a_ops = ops,
					   .gfp = GFP_HIGHUSER_MOVABLE };
	xa_init(&mapping->i_pages, &i_pages_class);
	rwsem_init(&mapping->i_mmap_rwsem, &i_mmap_class);
}

void i_mmap_might_lock(void)
{
	lockdep_sleep_acquire(&i_mmap_class);
}

/* --- finding --- */

/*
 * Under the lock of the tree, where the cache has its reference. Without it, by
 * RCU, the page might be free by now, or another's, and a reference that is
 * taken for a moment only would be one too many for who frees it then.
 */
struct page *filemap_get_page(struct address_space *mapping, u64 index)
{
	struct page *page;

	spin_lock(&mapping->i_pages.lock);
	page = xa_load(&mapping->i_pages, index);
	if (page)
		get_page(page);
	spin_unlock(&mapping->i_pages.lock);
	return page;
}

struct page *filemap_lock_page(struct address_space *mapping, u64 index)
{
	struct page *page;

	while ((page = filemap_get_page(mapping, index))) {
		lock_page(page);
		if (likely(page->mapping == mapping && page->index == index))
			return page;
		unlock_page(page); /* truncated while we waited */
		put_page(page);
	}
	return NULL;
}

/* --- adding and removing --- */

static void count_cached(const struct page *page, s64 delta)
{
	mod_page_state(page, NR_FILE_PAGES, delta);
	if (page_flag(page, PG_swapbacked))
		mod_page_state(page, NR_SHMEM, delta);
}

int filemap_add_page(struct address_space *mapping, struct page *page,
		     u64 index, gfp_t gfp)
{
	int err;

	/* Nobody else sees it until it is in the tree. */
	WRITE_PLAIN(page->flags,
		    page->flags | 1u << PG_locked |
			    (mapping->swapbacked ? 1u << PG_swapbacked : 0));
	WRITE_PLAIN(page->kind_order, kind_order(PAGE_FILE, 0));
	page->mapping = mapping;
	page->index = index;
	get_page(page);
	err = xa_insert(&mapping->i_pages, index, page, gfp);
	if (err) {
		page->mapping = NULL;
		unlock_page(page);
		put_page(page);
		return err;
	}
	__atomic_add_fetch(&mapping->nrpages, 1, __ATOMIC_RELAXED);
	count_cached(page, 1);
	lru_cache_add(page);
	POINT(mm_filemap_add_to_page_cache, mapping->dev, mapping->ino,
	      page_to_pfn(page), index << PAGE_SHIFT);
	return 0;
}

void filemap_remove_page(struct page *page)
{
	struct address_space *mapping = page->mapping;

	BUG_ON(!page_locked(page) || page_mapped(page));
	POINT(mm_filemap_delete_from_page_cache, mapping->dev, mapping->ino,
	      page_to_pfn(page), page->index << PAGE_SHIFT);
	spin_lock(&mapping->i_pages.lock);
	__xa_erase(&mapping->i_pages, page->index);
	/* It is still on a list, where compaction's scanner may look at it. */
	WRITE_PLAIN(page->mapping, NULL);
	spin_unlock(&mapping->i_pages.lock);
	__atomic_sub_fetch(&mapping->nrpages, 1, __ATOMIC_RELAXED);
	count_cached(page, -1);
	put_page(page);
}

/* --- reading --- */

static int fill_page(struct address_space *mapping, struct page *page)
{
	int err = 0;

	if (page_uptodate(page))
		return 0;
	if (mapping->a_ops && mapping->a_ops->read_page)
		err = mapping->a_ops->read_page(mapping, page);
	else
		memset(page_address(page), 0, PAGE_SIZE);
	if (!err)
		set_page_uptodate(page);
	return err;
}

/* A new page in the cache, locked; NULL with *err, -EEXIST: somebody was first. */
static struct page *add_new_page(struct address_space *mapping, u64 index,
				 int *err)
{
	struct page *page = alloc_pages(mapping->gfp, 0);

	*err = -ENOMEM;
	if (!page)
		return NULL;
	*err = filemap_add_page(mapping, page, index, GFP_KERNEL);
	if (!*err)
		return page;
	put_page(page);
	return NULL;
}

static struct page *get_or_add_locked(struct address_space *mapping, u64 index,
				      int *err)
{
	struct page *page;

	do {
		page = filemap_lock_page(mapping, index);
		if (!page)
			page = add_new_page(mapping, index, err);
	} while (!page && *err == -EEXIST);
	return page;
}

struct page *read_cache_page(struct address_space *mapping, u64 index, int *err)
{
	struct page *page = filemap_get_page(mapping, index);

	*err = 0;
	if (page && likely(page_uptodate(page))) {
		mark_page_accessed(page);
		return page;
	}
	if (page)
		put_page(page);
	page = get_or_add_locked(mapping, index, err);
	if (!page)
		return NULL;
	*err = fill_page(mapping, page);
	unlock_page(page);
	if (!*err)
		return page;
	put_page(page);
	return NULL;
}

/* --- mapping --- */

/* Mapped pages first lose their entries; the lock keeps new ones away. */
static void drop_locked(struct page *page)
{
	if (page_mapped(page))
		unmap_mapping_range(page->mapping, page->index, 1, true);
	filemap_remove_page(page);
}

static u64 size_in_pages(const struct address_space *mapping)
{
	return DIV_ROUND_UP(READ_ONCE(mapping->i_size), PAGE_SIZE);
}

static bool is_inside(const struct address_space *mapping, u64 index)
{
	return index < size_in_pages(mapping);
}

/*
 * The page is in the tree and locked: a truncation that cuts it off from here
 * on meets it. One that came before may have passed its place already; then
 * nobody has seen its contents, and it goes.
 */
static int fill_inside(struct address_space *mapping, struct page *page)
{
	bool seen = page_uptodate(page);
	int err = is_inside(mapping, page->index) ? fill_page(mapping, page) :
						    -EFAULT;

	if (!err && is_inside(mapping, page->index))
		return 0;
	if (!seen && !is_inside(mapping, page->index))
		filemap_remove_page(page);
	return err ? err : -EFAULT;
}

u32 filemap_fault(struct vm_area_struct *vma, struct vm_fault *vmf)
{
	struct address_space *mapping = vma->vm_file->f_mapping;
	struct page *page;
	bool cached;
	int err = 0;

	if (vmf->pgoff >= size_in_pages(mapping))
		return VM_FAULT_SIGBUS;
	page = get_or_add_locked(mapping, vmf->pgoff, &err);
	if (!page)
		return VM_FAULT_OOM;
	cached = page_uptodate(page);
	err = fill_inside(mapping, page);
	if (err) {
		unlock_page(page);
		put_page(page);
		return VM_FAULT_SIGBUS;
	}
	vmf->page = page;
	return cached || mapping->swapbacked ? 0 : VM_FAULT_MAJOR;
}

u32 filemap_page_mkwrite(struct vm_area_struct *vma, struct vm_fault *vmf)
{
	const struct page *page = vmf->page;

	/* It may have been truncated before the lock was ours. */
	return page->mapping == vma->vm_file->f_mapping ? 0 : VM_FAULT_SIGBUS;
}

static const struct vm_operations filemap_vm_ops = {
	.fault = filemap_fault,
	.map_pages = filemap_map_pages,
	.page_mkwrite = filemap_page_mkwrite,
};

int generic_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!file->f_mapping)
		return -ENODEV;
	vma->vm_ops = &filemap_vm_ops;
	return 0;
}

/* --- dropping --- */

static void zero_rest(struct address_space *mapping, u64 start)
{
	u64 offset = start & (PAGE_SIZE - 1);
	struct page *page;

	if (!offset)
		return;
	page = filemap_lock_page(mapping, start >> PAGE_SHIFT);
	if (!page)
		return;
	/* Others may be reading it. */
	memcpy_once((u8 *)page_address(page) + offset, page_address(zero_page),
		    PAGE_SIZE - offset);
	unlock_page(page);
	put_page(page);
}

void truncate_inode_pages(struct address_space *mapping, u64 start)
{
	u64 first = DIV_ROUND_UP(start, PAGE_SIZE), index = first;

	unmap_mapping_range(mapping, first, ~0UL - first, true);
	while (xa_find(&mapping->i_pages, &index, ~0UL)) {
		struct page *page = filemap_lock_page(mapping, index);

		if (page) {
			drop_locked(page);
			unlock_page(page);
			put_page(page);
		}
		if (++index == 0)
			break;
	}
	zero_rest(mapping, start);
}

/* The cache's reference and ours: nobody else wants it. */
static bool may_drop(const struct page *page)
{
	return !page_mapped(page) && !page_flag(page, PG_dirty) &&
	       !page_flag(page, PG_swapbacked) && page_ref_count(page) == 2;
}

u64 invalidate_mapping_pages(struct address_space *mapping)
{
	u64 index = 0, dropped = 0;
	struct page *page;

	/* Our batch holds a reference on pages that were read just now. */
	lru_add_drain();
	xa_for_each(&mapping->i_pages, index, page)
	{
		page = filemap_get_page(mapping, index);
		if (!page)
			continue;
		if (trylock_page(page)) {
			if (page->mapping == mapping && may_drop(page)) {
				filemap_remove_page(page);
				dropped++;
			}
			unlock_page(page);
		}
		put_page(page);
	}
	return dropped;
}

void set_page_dirty(struct page *page)
{
	if (page_flag(page, PG_dirty))
		return;
	page_flag_set(page, PG_dirty);
}

/* --- checking --- */

int filemap_check(struct address_space *mapping)
{
	u64 index, nr = 0;
	struct page *page;
	int findings = xa_check(&mapping->i_pages);

	xa_for_each(&mapping->i_pages, index, page)
	{
		nr++;
		if (page->mapping == mapping && page->index == index &&
		    page_kind(page) == PAGE_FILE)
			continue;
		pr_err("filemap: pfn 0x%lx at index %lu says mapping %p index %lu\n",
		       page_to_pfn(page), index, page->mapping, page->index);
		findings++;
	}
	if (nr != mapping->nrpages) {
		pr_err("filemap: %lu pages in the tree, counted %lu\n", nr,
		       mapping->nrpages);
		findings++;
	}
	return findings;
}
