// SPDX-License-Identifier: MIT
/*
 * kernel/fs/fs.c - the file systems are put together, and checked
 *
 *	/	initramfs
 *	├ tmp	tmpfs
 *	├ proc	the paths of kernel/vfile.h below /proc, and the processes
 *	├ sys	those below /sys
 *	└ dev	devices
 *
 * A mount is a directory entry of the root whose inode is another file
 * system's: the tree of dentries is one, and inode->dev says whose a file is.
 */
#include <kernel/check.h>
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/mm_struct.h>
#include <mm/shmem.h>

#include "internal.h"

static struct dentry *root;

struct dentry *root_dentry(void)
{
	return root;
}

static int init_caches(void)
{
	return inode_init() || dentry_init() || file_init() ? -ENOMEM : 0;
}

static int make_root(void)
{
	struct inode *inode = initramfs_dir(0755);

	root = inode ? dentry_new(NULL, "", 0, inode) : NULL;
	if (!root)
		return -ENOMEM;
	root->in_tree = root->mountpoint = true;
	return 0;
}

/* A directory of the root with this inode; NULL. */
static struct dentry *mount(const char *name, struct inode *inode)
{
	struct dentry *dentry;
	int err;

	if (!inode)
		return NULL;
	dentry = add_one(root, name, strlen(name), inode, &err);
	if (!dentry)
		return NULL;
	dentry->mountpoint = true;
	dput(dentry); /* the tree has its own */
	return dentry;
}

static int mount_all(void)
{
	struct dentry *dev = mount("dev", dev_root());

	if (!dev || dev_fill(dev))
		return -ENOMEM;
	if (!mount("tmp", tmpfs_root()) ||
	    !mount("proc", vfile_root(DEV_PROC, "/proc")) ||
	    !mount("sys", vfile_root(DEV_SYS, "/sys")))
		return -ENOMEM;
	return 0;
}

int fs_init(const void *initramfs, u64 size)
{
	if (init_caches() || make_root())
		return -ENOMEM;
	mutex_lock(&namespace_lock);
	if (mount_all()) {
		mutex_unlock(&namespace_lock);
		return -ENOMEM;
	}
	mutex_unlock(&namespace_lock);
	mmap_set_shmem_source(shmem_file_setup);
	if (initramfs)
		initramfs_fill(root, initramfs, size);
	return 0;
}

/* --- checking --- */

static void check_inode(struct inode *inode, void *arg)
{
	struct address_space *mapping = &inode->i_data;
	u64 index = DIV_ROUND_UP(mapping->i_size, PAGE_SIZE);
	int *findings = arg;

	*findings += filemap_check(mapping);
	if (!xa_find(&mapping->i_pages, &index, ~0UL))
		return;
	pr_err("fs: inode %lu of %lu bytes has a page at index %lu\n",
	       inode->ino, mapping->i_size, index);
	++*findings;
}

int fs_check(void)
{
	int findings = 0;

	if (!root)
		return 0;
	findings = dentry_check(root);
	for_each_inode(check_inode, &findings);
	return findings;
}

static int check_files(struct mm_state *mm __unused)
{
	return fs_check();
}

CHECK(files, check_files);
