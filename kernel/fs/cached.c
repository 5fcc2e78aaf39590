// SPDX-License-Identifier: MIT
/*
 * kernel/fs/cached.c - reading files through the page cache
 *
 *	initramfs	a page that isn't there is read from the archive
 *	tmpfs		a page that isn't there is a hole: zeros, and stays one
 *
 * While a page's bytes are copied to the program it is referenced, not locked:
 * the copy may fault on the very page, when the file is mapped where it goes.
 * So a write or a truncation at the same time may show through in parts, as on
 * Linux; what is returned was in the file at some moment of the call.
 */
#include <kernel/errno.h>
#include <mm/fault.h>
#include <mm/lru.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>

#include "internal.h"

/* A hole, or a page that is being zeroed or cut off at this moment. */
static const void *bytes_of_shmem(struct page **ref)
{
	if (*ref && !page_uptodate(*ref)) {
		lock_page(*ref);
		unlock_page(*ref);
	}
	if (*ref && page_uptodate(*ref))
		return page_address(*ref);
	if (*ref)
		put_page(*ref);
	*ref = NULL;
	return page_address(zero_page);
}

/* The page to copy from, with *ref: to be put. NULL with *err. */
static const void *bytes_of(struct address_space *mapping, u64 index,
			    struct page **ref, int *err)
{
	*err = 0;
	*ref = filemap_get_page(mapping, index);
	if (*ref && page_uptodate(*ref)) {
		mark_page_accessed(*ref);
		return page_address(*ref);
	}
	if (mapping->swapbacked)
		return bytes_of_shmem(ref);
	if (*ref)
		put_page(*ref);
	*ref = read_cache_page(mapping, index, err);
	return *ref ? page_address(*ref) : NULL;
}

/* The bytes of one page from pos on; how many, 0 at the end, or -errno. */
static s64 read_part(struct address_space *mapping, struct io_buf *io, u64 pos)
{
	u64 offset = pos & (PAGE_SIZE - 1), size, len;
	struct page *ref;
	const u8 *bytes;
	int err;

	if (pos >= READ_ONCE(mapping->i_size))
		return 0;
	bytes = bytes_of(mapping, pos >> PAGE_SHIFT, &ref, &err);
	if (!bytes)
		return err;
	/* After the page: what it holds beyond a size cut meanwhile is gone. */
	size = READ_ONCE(mapping->i_size);
	len = pos < size ? min(size - pos, PAGE_SIZE - offset) : 0;
	len = min(len, io->left);
	size = copy_to_io(io, bytes + offset, len);
	if (ref)
		put_page(ref);
	return len && size == len ? -EFAULT : (s64)(len - size);
}

s64 cached_read(struct file *file, struct io_buf *io, u64 *pos)
{
	u64 done = 0;

	while (io->left) {
		s64 part = read_part(file->f_mapping, io, *pos);

		if (part <= 0)
			return done ? (s64)done : part;
		done += (u64)part;
		*pos += (u64)part;
	}
	return (s64)done;
}
