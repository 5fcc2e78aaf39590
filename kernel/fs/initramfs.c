// SPDX-License-Identifier: MIT
/*
 * kernel/fs/initramfs.c - the root: a tree of the archive's files, read-only
 *
 * The boot loader left the archive in memory, reserved since memblock. It plays
 * the disk: an inode knows where its data begin, and read_page copies a page of
 * them into the page cache when somebody reads or maps it. So programs' pages
 * are cached, shared and dropped as those of any file, and a page that was not
 * there is a major fault.
 *
 * Names are walked part by part from the root, so "/bin/x", "./bin/x" and
 * "../bin/x" are all "bin/x": ".." of the root is the root. Directories that
 * the archive doesn't mention are made. Of two files of one name the later
 * counts.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/printk.h>
#include <kernel/string.h>

#include "internal.h"

static int initramfs_read_page(struct address_space *mapping, struct page *page)
{
	const u8 *data = mapping->host->private_data;
	u64 at = page->index << PAGE_SHIFT, len = 0;
	u8 *to = page_address(page);

	if (POINT_FAILS(initramfs_read_page, mapping->host->ino, page->index))
		return -EIO;
	if (at < mapping->i_size)
		len = min(mapping->i_size - at, PAGE_SIZE);
	memcpy(to, data + at, len);
	memset(to + len, 0, PAGE_SIZE - len);
	return 0;
}

static const struct address_space_operations initramfs_aops = {
	.read_page = initramfs_read_page,
};

static const struct file_operations initramfs_file_ops = {
	.read = cached_read,
	.mmap = generic_file_mmap,
};

struct inode *initramfs_dir(u32 mode)
{
	return inode_new(DEV_ROOT, S_IFDIR | (mode & 07777), NULL,
			 &tree_dir_ops);
}

static struct inode *new_file(const struct cpio_entry *e)
{
	struct inode *inode = inode_new(DEV_ROOT, S_IFREG | (e->mode & 07777),
					NULL, &initramfs_file_ops);

	if (!inode)
		return NULL;
	inode->private_data = (void *)e->data;
	inode->i_data.a_ops = &initramfs_aops;
	inode->i_data.i_size = e->size;
	inode->mtime_ns = inode->ctime_ns = e->mtime * 1000000000UL;
	return inode;
}

/* --- placing --- */

/* The child, made if it isn't there; lets go of dir. */
static struct dentry *enter(struct dentry *dir, const char *name, size_t len,
			    int *err)
{
	struct dentry *to = lookup_one(dir, name, len, err);
	struct inode *inode;

	if (!to && *err == -ENOENT && dir->inode->dev == DEV_ROOT) {
		inode = initramfs_dir(0755);
		*err = -ENOMEM;
		to = inode ? add_one(dir, name, len, inode, err) : NULL;
	}
	dput(dir);
	return to;
}

/* The directory that the entry is in, and its own name; "": the root. */
static struct dentry *enter_all(struct dentry *root, const char *path,
				struct last_part *last, int *err)
{
	struct dentry *at = dget(root);
	const char *part;
	size_t len;

	*last = (struct last_part){};
	*err = 0;
	while (at && path_next_part(&path, &part, &len)) {
		if (last->len)
			at = enter(at, last->name, last->len, err);
		last->name = part;
		last->len = len;
	}
	return at;
}

static int place_dir(struct dentry *parent, const struct last_part *last,
		     const struct cpio_entry *e)
{
	struct dentry *dir = dget(parent);
	int err = 0;

	if (last->len)
		dir = enter(dir, last->name, last->len, &err);
	if (!dir)
		return err;
	if (!S_ISDIR(dir->inode->mode))
		err = -ENOTDIR;
	else if (dir->inode->dev == DEV_ROOT)
		dir->inode->mode = S_IFDIR | (e->mode & 07777);
	dput(dir);
	return err;
}

/* Of two files of one name the later counts. */
static int replace(struct dentry *old, struct inode *inode)
{
	struct inode *first = old->inode;

	if (!S_ISREG(first->mode)) {
		iput(inode);
		return -EISDIR;
	}
	old->inode = inode;
	iput(first);
	return 0;
}

static int place_file(struct dentry *parent, const struct last_part *last,
		      const struct cpio_entry *e)
{
	struct dentry *old;
	struct inode *inode;
	int err;

	if (!last->len)
		return -EISDIR;
	if (parent->inode->dev != DEV_ROOT)
		return -EROFS;
	if (e->nlink > 1 && !e->size)
		return -EOPNOTSUPP;
	old = lookup_one(parent, last->name, last->len, &err);
	if (!old && err != -ENOENT)
		return err;
	inode = new_file(e);
	if (inode && old)
		err = replace(old, inode);
	else if (inode)
		old = add_one(parent, last->name, last->len, inode, &err);
	else
		err = -ENOMEM;
	dput(old);
	return err;
}

static int place(struct dentry *root, const struct cpio_entry *e)
{
	struct last_part last;
	struct dentry *parent;
	int err;

	parent = enter_all(root, e->name, &last, &err);
	if (!parent)
		return err;
	err = S_ISDIR(e->mode) ? place_dir(parent, &last, e) :
				 place_file(parent, &last, e);
	dput(parent);
	return err;
}

static const char *why_not(int err)
{
	switch (-err) {
	case ENOMEM:
		return "out of memory";
	case ENOTDIR:
		return "a file stands where a directory is needed";
	case EISDIR:
		return "a directory stands where a file is to be";
	case EROFS:
		return "something else is mounted there";
	case ENAMETOOLONG:
		return "a part of its name has more than 255 bytes";
	case EOPNOTSUPP:
		return "links are not supported";
	default:
		return "it can't be placed";
	}
}

struct filling {
	struct dentry *root;
	u32 nr_files;
	u64 bytes;
};

static bool add_entry(void *arg, const struct cpio_entry *e)
{
	struct filling *filling = arg;
	u32 type = e->mode & S_IFMT;
	char name[64];
	int err;

	/* The kernel has its own /dev. */
	if (type == S_IFCHR || type == S_IFBLK)
		return true;
	err = type == S_IFREG || type == S_IFDIR ? place(filling->root, e) :
						   -EOPNOTSUPP;
	if (!err) {
		filling->nr_files += type == S_IFREG;
		filling->bytes += e->size;
		return true;
	}
	copy_printable(name, sizeof(name), e->name, strlen(e->name));
	pr_warn("initramfs: offset 0x%lx: '%s' is left out: %s\n", e->offset,
		name, why_not(err));
	return err != -ENOMEM;
}

void initramfs_fill(struct dentry *root, const void *archive, u64 size)
{
	struct filling filling = { .root = root };

	mutex_lock(&namespace_lock);
	cpio_parse(archive, size, add_entry, &filling);
	mutex_unlock(&namespace_lock);
	pr_info("initramfs: %u file%s, %lu KiB\n", filling.nr_files,
		filling.nr_files == 1 ? "" : "s", filling.bytes / KiB);
}
