// SPDX-License-Identifier: MIT
/*
 * kernel/fs/dev.c - /dev: null, zero, full, random, urandom, console, tty
 */
#include <kernel/errno.h>
#include <mm/fault.h>

#include "../random_bytes.h"
#include "internal.h"

static s64 null_read(struct file *file __unused, struct io_buf *io __unused,
		     u64 *pos __unused)
{
	return 0;
}

static s64 null_write(struct file *file __unused, struct io_buf *io,
		      u64 *pos __unused)
{
	u64 len = io->left;

	io->addr += len;
	io->left = 0;
	return (s64)len;
}

/* fill() makes the next bytes, up to a page, and says where they are. */
static s64 read_made(struct io_buf *io, const void *(*fill)(u8 *buf, u64 size),
		     u64 size)
{
	u8 buf[256];
	u64 done = 0;

	while (io->left) {
		u64 len = min(io->left, size);
		u64 left = copy_to_io(io, fill(buf, sizeof(buf)), len);

		done += len - left;
		if (left)
			return done ? (s64)done : -EFAULT;
	}
	return (s64)done;
}

static const void *fill_zero(u8 *buf __unused, u64 size __unused)
{
	return page_address(zero_page);
}

static s64 zero_read(struct file *file __unused, struct io_buf *io,
		     u64 *pos __unused)
{
	return read_made(io, fill_zero, PAGE_SIZE);
}

static const void *fill_random(u8 *buf, u64 size)
{
	get_random_bytes(buf, size);
	return buf;
}

static s64 random_read(struct file *file __unused, struct io_buf *io,
		       u64 *pos __unused)
{
	return read_made(io, fill_random, 256);
}

static s64 full_write(struct file *file __unused, struct io_buf *io,
		      u64 *pos __unused)
{
	return io->left ? -ENOSPC : 0;
}

#define DEV_OPS(name, read_, write_)                                      \
	static const struct file_operations name##_ops = { .read = read_, \
							   .write = write_ }
DEV_OPS(null, null_read, null_write);
DEV_OPS(zero, zero_read, null_write);
DEV_OPS(full, zero_read, full_write);
DEV_OPS(random, random_read, null_write);

static const struct device {
	const char *name;
	size_t len;
	u64 rdev; /* Linux's numbers */
	const struct file_operations *ops;
} devices[] = {
	{ "null", 4, 1 << 8 | 3, &null_ops },
	{ "zero", 4, 1 << 8 | 5, &zero_ops },
	{ "full", 4, 1 << 8 | 7, &full_ops },
	{ "random", 6, 1 << 8 | 8, &random_ops },
	{ "urandom", 7, 1 << 8 | 9, &random_ops },
	{ "tty", 3, 5 << 8 | 0, &console_ops },
	{ "console", 7, 5 << 8 | 1, &console_ops },
};

struct inode *dev_root(void)
{
	return inode_new(DEV_DEV, S_IFDIR | 0755, NULL, &tree_dir_ops);
}

static int add_device(struct dentry *dir, const struct device *d)
{
	struct inode *inode = inode_new(DEV_DEV, S_IFCHR | 0666, NULL, d->ops);
	struct dentry *dentry;
	int err;

	if (!inode)
		return -ENOMEM;
	inode->rdev = d->rdev;
	dentry = add_one(dir, d->name, d->len, inode, &err);
	dput(dentry);
	return err;
}

int dev_fill(struct dentry *dir)
{
	int err = 0;

	for (u32 i = 0; i < ARRAY_SIZE(devices) && !err; i++)
		err = add_device(dir, &devices[i]);
	return err;
}
