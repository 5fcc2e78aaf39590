// SPDX-License-Identifier: MIT
/*
 * kernel/fs/file.c - open files: reading, writing, the position
 *
 * Any number of descriptors, processes and mappings share an open file, by
 * references. The position is the file's, so who uses it takes turns under
 * f_pos_lock; pread and pwrite bring one of their own, and what has none
 * (pipes, the console) takes no turns: a reader that sleeps would hold up the
 * others.
 *
 * A copy to or from a program may fault, and the fault takes the mmap lock and
 * page locks. f_pos_lock and inode->lock come outside of these; no other lock
 * is held while copying.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/slab.h>
#include <arch/uaccess.h>

#include "internal.h"

#define MAX_RW_COUNT 0x7ffff000UL /* as Linux: what one call may do */

static DEFINE_LOCK_CLASS(pos_class, "file position", false);
static struct kmem_cache *file_cache;

int file_init(void)
{
	file_cache = kmem_cache_create("filp", sizeof(struct file), 0, 0, NULL);
	return file_cache ? 0 : -ENOMEM;
}

u64 copy_to_io(struct io_buf *io, const void *from, u64 len)
{
	u64 left = 0;

	if (io->kernel)
		memcpy_once((void *)io->addr, from, len);
	else
		left = copy_to_user(io->addr, from, len);
	io->addr += len - left;
	io->left -= len - left;
	return left;
}

u64 copy_from_io(struct io_buf *io, void *to, u64 len)
{
	u64 left = 0;

	if (io->kernel)
		memcpy_once(to, (const void *)io->addr, len);
	else
		left = copy_from_user(to, io->addr, len);
	io->addr += len - left;
	io->left -= len - left;
	return left;
}

/* --- life --- */

static void file_release(struct file *file)
{
	if (file->f_op->release)
		file->f_op->release(file);
	dput(file->f_dentry);
	iput(file->f_inode);
	kmem_cache_free(file_cache, file);
}

static u32 flags_to_mode(u32 flags)
{
	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		return FMODE_READ;
	case O_WRONLY:
		return FMODE_WRITE;
	default:
		return FMODE_READ | FMODE_WRITE;
	}
}

struct file *file_new(struct inode *inode, struct dentry *dentry, u32 flags)
{
	struct file *file = NULL;

	if (!POINT_FAILS(file_alloc, flags))
		file = kmem_cache_zalloc(file_cache, GFP_KERNEL);
	if (!file)
		return NULL;
	file->f_count = 1;
	file->f_flags = flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC);
	file->f_mode = flags_to_mode(flags);
	file->f_inode = iget(inode);
	file->f_dentry = dentry ? dget(dentry) : NULL;
	file->f_op = inode->i_fop;
	file->mmap = inode->i_fop->mmap;
	file->f_mapping = file->mmap ? &inode->i_data : NULL;
	file->release = file_release;
	mutex_init(&file->f_pos_lock, &pos_class);
	return file;
}

/* --- reading and writing --- */

/* True: the position was the file's own, and is held. */
static bool lock_pos(struct file *file, const u64 *pos)
{
	if (pos != &file->f_pos || !file_seekable(file))
		return false;
	mutex_lock(&file->f_pos_lock);
	return true;
}

static void unlock_pos(struct file *file, bool locked)
{
	if (locked)
		mutex_unlock(&file->f_pos_lock);
}

static int may_transfer(const struct file *file, struct io_buf *io, u64 pos)
{
	if (file_seekable(file) && pos > INT64_MAX)
		return -EINVAL;
	io->left = min(io->left, MAX_RW_COUNT);
	return 0;
}

s64 vfs_read(struct file *file, struct io_buf *io, u64 *pos)
{
	bool locked;
	s64 ret;

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (S_ISDIR(file->f_inode->mode))
		return -EISDIR;
	if (!file->f_op->read)
		return -EINVAL;
	locked = lock_pos(file, pos);
	ret = may_transfer(file, io, *pos);
	if (!ret)
		ret = file->f_op->read(file, io, pos);
	unlock_pos(file, locked);
	return ret;
}

s64 vfs_write(struct file *file, struct io_buf *io, u64 *pos)
{
	bool locked;
	s64 ret;

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!file->f_op->write)
		return -EINVAL;
	locked = lock_pos(file, pos);
	ret = may_transfer(file, io, *pos);
	if (!ret)
		ret = file->f_op->write(file, io, pos);
	unlock_pos(file, locked);
	return ret;
}

s64 kernel_read(struct file *file, void *buf, u64 len, u64 pos)
{
	struct io_buf io = { .addr = (vaddr_t)buf, .left = len, .kernel = true };

	return vfs_read(file, &io, &pos);
}

/* --- the position --- */

s64 no_llseek(struct file *file __unused, s64 offset __unused,
	      int whence __unused)
{
	return -ESPIPE;
}

static s64 seek_from(const struct file *file, int whence)
{
	switch (whence) {
	case SEEK_SET:
		return 0;
	case SEEK_CUR:
		return (s64)file->f_pos;
	case SEEK_END:
		return (s64)READ_ONCE(file->f_inode->i_data.i_size);
	default:
		return -EINVAL;
	}
}

static s64 generic_llseek(struct file *file, s64 offset, int whence)
{
	s64 base = seek_from(file, whence), to;

	if (base < 0)
		return base;
	if (__builtin_add_overflow(base, offset, &to))
		return -EOVERFLOW;
	if (to < 0)
		return -EINVAL;
	file->f_pos = (u64)to;
	return to;
}

s64 vfs_lseek(struct file *file, s64 offset, int whence)
{
	s64 ret;

	if (!file_seekable(file))
		return -ESPIPE;
	mutex_lock(&file->f_pos_lock);
	ret = file->f_op->lseek ? file->f_op->lseek(file, offset, whence) :
				  generic_llseek(file, offset, whence);
	mutex_unlock(&file->f_pos_lock);
	return ret;
}

/* --- directories, stat, names --- */

int vfs_iterate(struct file *file, struct dir_context *ctx)
{
	int err;

	if (!file->f_op->iterate)
		return -ENOTDIR;
	mutex_lock(&file->f_pos_lock);
	ctx->pos = file->f_pos;
	err = file->f_op->iterate(file, ctx);
	file->f_pos = ctx->pos;
	mutex_unlock(&file->f_pos_lock);
	return err;
}

int vfs_fstat(struct file *file, struct stat *st)
{
	fill_stat(file->f_inode, st);
	return 0;
}

const char *file_path(const struct file *file, char *buf, size_t size)
{
	if (file->f_dentry)
		return dentry_path(file->f_dentry, buf, size);
	strscpy(buf, file->f_inode ? "pipe" : "/dev/zero (deleted)", size);
	return buf;
}
