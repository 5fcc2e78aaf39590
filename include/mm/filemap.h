/* SPDX-License-Identifier: MIT */
/*
 * include/mm/filemap.h - the page cache: pages of files by offset
 *
 *	inode ── address_space ──xarray by index──► pages (PAGE_FILE)
 *	                  └──i_mmap──► VMAs that map it
 *
 * A page in the cache holds one reference for the cache; `mapping` and `index`
 * say where it is. PG_locked guards its membership and contents being filled;
 * PG_uptodate says they are. Who looks a page up takes a reference and then
 * makes sure that it is still the one (mapping, under the page lock).
 *
 * Units    index in pages, sizes in bytes
 * Locks    order: page lock, i_mmap_rwsem, (page-table lock), i_pages.lock
 * Context  may sleep
 * Errors   -ENOMEM, -EIO; NULL: not cached
 * Owns     cached pages' mapping, index, the cache's reference
 * Keeps    filemap_check(mapping) == 0
 */
#pragma once

#include <kernel/mutex.h>
#include <kernel/rbtree.h>
#include <mm/file.h>
#include <mm/gfp.h>
#include <mm/page.h>
#include <mm/xarray.h>

struct vm_area_struct;
struct vm_fault;
struct address_space;

struct address_space_operations {
	/* Fill a locked page that isn't uptodate; 0 or -EIO. NULL: zeroes. */
	int (*read_page)(struct address_space *mapping, struct page *page);
	/* Later: writing out. The memory is all there is: NULL. */
	int (*write_page)(struct address_space *mapping, struct page *page);
	/* Move it; NULL: filemap_migrate_page(). */
	int (*migrate_page)(struct address_space *mapping, struct page *dst,
			    struct page *src, u32 mode);
};

struct address_space {
	struct inode *host;
	u64 ino;    /* (c) of host, and its device, for traces; 0: none */
	u32 dev;    /* (c) */
	u64 i_size; /* bytes; shrinks before its pages are dropped */
	struct xarray i_pages;
	struct rb_root i_mmap; /* [i_mmap_rwsem] */
	struct rwsem i_mmap_rwsem;
	u64 nrpages;	     /* [i_pages.lock] */
	u32 i_mmap_writable; /* atomic: shared writable mappings */
	bool swapbacked;     /* tmpfs: on the anonymous lists, counted shmem */
	gfp_t gfp;
	const struct address_space_operations *a_ops;
};

void address_space_init(struct address_space *mapping, struct inode *host,
			const struct address_space_operations *ops);
/* With a reference; NULL. */
struct page *filemap_get_page(struct address_space *mapping, u64 index);
/* Locked, and still in the cache. */
struct page *filemap_lock_page(struct address_space *mapping, u64 index);
/* A fresh page becomes the one at index, locked; -EEXIST, -ENOMEM. */
int filemap_add_page(struct address_space *mapping, struct page *page,
		     u64 index, gfp_t gfp);
/* Locked page out of the cache; drops the cache's reference. */
void filemap_remove_page(struct page *page);
/* Cached or read, uptodate, with a reference; ERR as -errno in *err. */
struct page *read_cache_page(struct address_space *mapping, u64 index, int *err);
/* Pages from the one that holds byte `start` on; its rest is zeroed. */
void truncate_inode_pages(struct address_space *mapping, u64 start);
/* Drop clean unmapped pages; how many. (Reclaim, drop_caches.) */
u64 invalidate_mapping_pages(struct address_space *mapping);
/*
 * A locked, unmapped, isolated page of the cache moves to dst, which is fresh
 * and locked afterwards. -EAGAIN: somebody refers to it. mm/migrate_move.c
 */
int filemap_migrate_page(struct address_space *mapping, struct page *dst,
			 struct page *src, u32 mode);

/* vm_ops of ordinary files; the size comes from i_size. */
u32 filemap_fault(struct vm_area_struct *vma, struct vm_fault *vmf);
void filemap_map_pages(struct vm_area_struct *vma, struct vm_fault *vmf,
		       u64 start_pgoff, u64 end_pgoff);
u32 filemap_page_mkwrite(struct vm_area_struct *vma, struct vm_fault *vmf);
int generic_file_mmap(struct file *file, struct vm_area_struct *vma);

/* Debug builds: the caller could lock an i_mmap, or it is reported. */
void i_mmap_might_lock(void);

/* Its contents are the file's, and seen by who asked. */
static inline bool page_uptodate(const struct page *page)
{
	return __atomic_load_n(&page->flags, __ATOMIC_ACQUIRE) >> PG_uptodate &
	       1;
}

static inline void set_page_uptodate(struct page *page)
{
	__atomic_or_fetch(&page->flags, 1u << PG_uptodate, __ATOMIC_RELEASE);
}

void set_page_dirty(struct page *page);

int filemap_check(struct address_space *mapping);
