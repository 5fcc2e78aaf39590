// SPDX-License-Identifier: MIT
/*
 * kernel/fs/tmpfs.c - files that live in the page cache, and nowhere else
 *
 * A name is a dentry, an inode's data are the pages of its mapping. A page
 * comes with the first write or fault; a hole has none and reads as zeros.
 *
 * Writing copies into a page that is referenced but not locked, as the copy may
 * fault on it: inode->lock, outside of the mmap lock, keeps truncation away
 * meanwhile. Shared mappings show the same page, so they see it at once.
 *
 * Bytes behind the end of the file in its last page are zero for whoever reads
 * the file: a mapping may have written there, so they are cleared when the file
 * grows over them, and when it is cut.
 *
 * All tmpfs files and shared memory together may take half of the memory.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/fault.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <mm/shmem.h>

#include "internal.h"

/* --- space --- */

static u64 limit_pages(void)
{
	struct zone *zone;
	u64 all = 0;

	for_each_populated_zone(mm_active, zone)
		all += zone->managed_pages;
	return all / 2;
}

/* The page to write to, with a reference; NULL with *err. */
static struct page *page_for_write(struct address_space *mapping, u64 index,
				   int *err)
{
	struct page *page = filemap_get_page(mapping, index);

	*err = 0;
	if (page && page_uptodate(page))
		return page;
	if (page)
		put_page(page);
	else if (global_node_page_state(NR_SHMEM) >= limit_pages())
		*err = -ENOSPC;
	return *err ? NULL : read_cache_page(mapping, index, err);
}

/* --- growing; inode->lock held --- */

/* [from, to) within one page, if there is a page. */
static void clear_part(struct address_space *mapping, u64 from, u64 to)
{
	struct page *page = filemap_lock_page(mapping, from >> PAGE_SHIFT);

	if (!page)
		return;
	memcpy_once((u8 *)page_address(page) + (from & (PAGE_SIZE - 1)),
		    page_address(zero_page), to - from);
	unlock_page(page);
	put_page(page);
}

/* Bytes from the old end to `to` become part of the file. */
static void clear_old_end(struct address_space *mapping, u64 to)
{
	u64 size = mapping->i_size, end = ALIGN(size, PAGE_SIZE);

	if (to > size && end > size)
		clear_part(mapping, size, min(to, end));
}

static void grow_to(struct address_space *mapping, u64 size)
{
	if (size > mapping->i_size)
		WRITE_ONCE(mapping->i_size, size);
}

static int tmpfs_truncate(struct inode *inode, u64 size)
{
	struct address_space *mapping = &inode->i_data;
	u64 old = mapping->i_size;

	if (size > old) {
		clear_old_end(mapping, size);
		grow_to(mapping, size);
	} else if (size < old) {
		WRITE_ONCE(mapping->i_size, size);
		truncate_inode_pages(mapping, size);
	}
	inode_dirty_time(inode);
	return 0;
}

/* --- writing --- */

/* The bytes that go to one page; how many, or -errno. */
static s64 write_part(struct address_space *mapping, struct io_buf *io, u64 pos)
{
	u64 offset = pos & (PAGE_SIZE - 1), left;
	u64 len = min(io->left, PAGE_SIZE - offset);
	struct page *page;
	int err;

	page = page_for_write(mapping, pos >> PAGE_SHIFT, &err);
	if (!page)
		return err;
	clear_old_end(mapping, pos);
	left = copy_from_io(io, (u8 *)page_address(page) + offset, len);
	if (left < len) {
		set_page_dirty(page);
		grow_to(mapping, pos + len - left);
	}
	put_page(page);
	return left == len ? -EFAULT : (s64)(len - left);
}

static s64 write_locked(struct file *file, struct io_buf *io, u64 *pos)
{
	struct address_space *mapping = file->f_mapping;
	u64 done = 0;

	if (file->f_flags & O_APPEND)
		*pos = mapping->i_size;
	if (io->left && *pos >= INT64_MAX)
		return -EFBIG;
	io->left = min(io->left, INT64_MAX - *pos);
	while (io->left) {
		s64 part = write_part(mapping, io, *pos);

		if (part < 0)
			return done ? (s64)done : part;
		done += (u64)part;
		*pos += (u64)part;
	}
	return (s64)done;
}

static s64 tmpfs_write(struct file *file, struct io_buf *io, u64 *pos)
{
	struct inode *inode = file->f_inode;
	s64 done;

	mutex_lock(&inode->lock);
	done = write_locked(file, io, pos);
	if (done > 0)
		inode_dirty_time(inode);
	mutex_unlock(&inode->lock);
	return done;
}

/* --- inodes --- */

static struct inode *tmpfs_create(struct inode *dir, u32 mode, int *err);

static const struct inode_operations tmpfs_file_inode = {
	.truncate = tmpfs_truncate,
};

static const struct inode_operations tmpfs_dir_inode = {
	.create = tmpfs_create,
};

static const struct file_operations tmpfs_file_ops = {
	.read = cached_read,
	.write = tmpfs_write,
	.mmap = generic_file_mmap,
};

static struct inode *tmpfs_inode(u32 mode)
{
	bool dir = S_ISDIR(mode);
	struct inode *inode = inode_new(
		DEV_TMP, mode, dir ? &tmpfs_dir_inode : &tmpfs_file_inode,
		dir ? &tree_dir_ops : &tmpfs_file_ops);

	if (inode) {
		shmem_mapping_init(&inode->i_data, inode);
		inode_name_mapping(inode);
	}
	return inode;
}

static struct inode *tmpfs_create(struct inode *dir __unused, u32 mode, int *err)
{
	struct inode *inode = tmpfs_inode(mode);

	*err = inode ? 0 : -ENOMEM;
	return inode;
}

struct inode *tmpfs_root(void)
{
	return tmpfs_inode(S_IFDIR | S_ISVTX | 0777);
}
