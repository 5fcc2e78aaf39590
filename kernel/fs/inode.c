// SPDX-License-Identifier: MIT
/*
 * kernel/fs/inode.c - inodes: what a file is, whatever it is called
 *
 * An inode lives as long as somebody refers to it: a name (dentry), an open
 * file. With the last reference its pages leave the page cache and it is
 * freed. So a file that was unlinked while open works until it is closed, and
 * nobody needs to know the number of its links for that.
 *
 * All inodes are in one list, for what goes through the whole page cache:
 * dropping it and checking it.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/lru.h>
#include <mm/shmem.h>
#include <mm/slab.h>
#include <arch/cpu.h>

#include "internal.h"

static DEFINE_LOCK_CLASS(inode_class, "inode", false);
static DEFINE_LOCK_CLASS(inode_list_class, "inode list", false);
static struct spinlock list_lock = SPINLOCK_INIT(inode_list_class);
static struct list_head all_inodes = LIST_HEAD_INIT(all_inodes);
static struct kmem_cache *inode_cache;
static u64 last_ino;

int inode_init(void)
{
	inode_cache = kmem_cache_create("inode_cache", sizeof(struct inode), 0,
					SLAB_RECLAIM_ACCOUNT, NULL);
	INIT_LIST_HEAD(&all_inodes);
	return inode_cache ? 0 : -ENOMEM;
}

void inode_dirty_time(struct inode *inode)
{
	inode->mtime_ns = inode->ctime_ns = arch_time_ns();
}

void inode_name_mapping(struct inode *inode)
{
	inode->i_data.ino = inode->ino;
	inode->i_data.dev = inode->dev;
}

struct inode *inode_new(enum fs_dev dev, u32 mode,
			const struct inode_operations *i_op,
			const struct file_operations *i_fop)
{
	struct inode *inode = NULL;

	if (!POINT_FAILS(inode_alloc, mode))
		inode = kmem_cache_zalloc(inode_cache, GFP_KERNEL);
	if (!inode)
		return NULL;
	inode->refs = 1;
	inode->dev = dev;
	inode->mode = mode;
	inode->nlink = S_ISDIR(mode) ? 2 : 1;
	inode->ino = __atomic_add_fetch(&last_ino, 1, __ATOMIC_RELAXED);
	inode->i_op = i_op;
	inode->i_fop = i_fop;
	mutex_init(&inode->lock, &inode_class);
	address_space_init(&inode->i_data, inode, NULL);
	inode_name_mapping(inode);
	inode_dirty_time(inode);
	inode->atime_ns = inode->mtime_ns;
	spin_lock(&list_lock);
	list_add_tail(&inode->all, &all_inodes);
	spin_unlock(&list_lock);
	return inode;
}

/* The last reference is gone, and nobody finds it in the list any more. */
static void evict(struct inode *inode)
{
	mapping_destroy(&inode->i_data);
	if (inode->i_op && inode->i_op->evict)
		inode->i_op->evict(inode);
	kmem_cache_free(inode_cache, inode);
}

void iput(struct inode *inode)
{
	if (__atomic_sub_fetch(&inode->refs, 1, __ATOMIC_ACQ_REL))
		return;
	spin_lock(&list_lock);
	list_del(&inode->all);
	spin_unlock(&list_lock);
	evict(inode);
}

static bool iget_not_zero(struct inode *inode)
{
	u32 refs = READ_ONCE(inode->refs);

	while (refs)
		if (__atomic_compare_exchange_n(&inode->refs, &refs, refs + 1,
						true, __ATOMIC_ACQ_REL,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

/* The next one behind `at` that lives on, referenced; lets go of `at`. */
static struct inode *next_inode(struct inode *at)
{
	struct list_head *p;
	struct inode *next = NULL;

	spin_lock(&list_lock);
	for (p = at ? at->all.next : all_inodes.next; p != &all_inodes;
	     p = p->next) {
		next = list_entry(p, struct inode, all);
		if (iget_not_zero(next))
			break;
		next = NULL;
	}
	spin_unlock(&list_lock);
	if (at)
		iput(at);
	return next;
}

void for_each_inode(void (*fn)(struct inode *inode, void *arg), void *arg)
{
	struct inode *inode = NULL;

	while ((inode = next_inode(inode)))
		fn(inode, arg);
}

/* --- the page cache of all of them --- */

static void drop_one(struct inode *inode, void *arg)
{
	*(u64 *)arg += invalidate_mapping_pages(&inode->i_data);
}

u64 drop_page_cache(void)
{
	u64 dropped = 0;

	lru_add_drain_all(); /* batches hold references */
	for_each_inode(drop_one, &dropped);
	return dropped;
}

/* --- stat --- */

static void set_time(s64 *seconds, s64 *nanoseconds, u64 ns)
{
	*seconds = (s64)(ns / 1000000000);
	*nanoseconds = (s64)(ns % 1000000000);
}

void fill_stat(struct inode *inode, struct stat *st)
{
	*st = (struct stat){
		.st_dev = inode->dev,
		.st_ino = inode->ino,
		.st_nlink = inode->nlink,
		.st_mode = inode->mode,
		.st_rdev = inode->rdev,
		.st_size = (s64)READ_ONCE(inode->i_data.i_size),
		.st_blksize = PAGE_SIZE,
		.st_blocks = (s64)(READ_ONCE(inode->i_data.nrpages) *
				   (PAGE_SIZE / 512)),
	};
	if (!inode->i_data.swapbacked)
		st->st_blocks = DIV_ROUND_UP(st->st_size, 512);
	set_time(&st->st_atime, &st->st_atime_nsec, inode->atime_ns);
	set_time(&st->st_mtime, &st->st_mtime_nsec, inode->mtime_ns);
	set_time(&st->st_ctime, &st->st_ctime_nsec, inode->ctime_ns);
}
