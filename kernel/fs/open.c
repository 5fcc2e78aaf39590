// SPDX-License-Identifier: MIT
/*
 * kernel/fs/open.c - opening by name
 *
 *	path ──► dentry (made, with O_CREAT) ──► may it be opened so? ──► file
 *
 * Programs run as root, so modes forbid little: what the file system can't do
 * is refused. The size is cut (O_TRUNC) after the file is open and
 * namespace_lock is free again, as inode->lock comes outside of it.
 */
#include <kernel/errno.h>

#include "internal.h"

/* With O_CREAT: there already, or made. *created tells. */
static struct dentry *open_or_create(struct dentry *cwd, const char *path,
				     u32 flags, u32 mode, bool *created,
				     int *err)
{
	struct dentry *dir, *found = NULL;
	struct last_part last;

	dir = walk_parent(cwd, path, &last, err);
	if (!dir)
		return NULL;
	if (!last.len || last.slash)
		*err = -EISDIR;
	else
		found = lookup_one(dir, last.name, last.len, err);
	if (found && (flags & O_EXCL)) {
		dput(found);
		found = NULL;
		*err = -EEXIST;
	} else if (*err == -ENOENT) {
		found = create_one(dir, last.name, last.len,
				   S_IFREG | (mode & 07777), err);
		*created = found != NULL;
	}
	dput(dir);
	return found;
}

static bool wants_write(u32 flags)
{
	return (flags & O_ACCMODE) != O_RDONLY;
}

static int may_open(const struct inode *inode, u32 flags)
{
	if (S_ISDIR(inode->mode))
		return wants_write(flags) || flags & (O_CREAT | O_TRUNC) ?
			       -EISDIR :
			       0;
	if (flags & O_DIRECTORY)
		return -ENOTDIR;
	if (!wants_write(flags) && !(flags & O_TRUNC))
		return 0;
	if (inode->dev == DEV_ROOT && S_ISREG(inode->mode))
		return -EROFS;
	return inode->i_fop->write ? 0 : -EACCES;
}

static struct file *open_locked(struct dentry *cwd, const char *path, u32 flags,
				u32 mode, bool *created, int *err)
{
	struct dentry *dentry;
	struct file *file = NULL;

	dentry = flags & O_CREAT ?
			 open_or_create(cwd, path, flags, mode, created, err) :
			 walk(cwd, path, err);
	if (!dentry)
		return NULL;
	*err = may_open(dentry->inode, flags);
	if (!*err) {
		file = file_new(dentry->inode, dentry, flags);
		*err = file ? 0 : -ENOMEM;
	}
	dput(dentry);
	return file;
}

static int truncate_opened(struct inode *inode)
{
	int err;

	if (!inode->i_op || !inode->i_op->truncate)
		return 0; /* devices and the like have no size */
	mutex_lock(&inode->lock);
	err = inode->i_op->truncate(inode, 0);
	mutex_unlock(&inode->lock);
	return err;
}

struct file *vfs_open(struct dentry *cwd, const char *path, u32 flags, u32 mode,
		      int *err)
{
	bool created = false;
	struct file *file;

	*err = -EINVAL;
	if ((flags & O_ACCMODE) == O_ACCMODE)
		return NULL;
	if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
		return NULL;
	mutex_lock(&namespace_lock);
	file = open_locked(cwd, path, flags, mode, &created, err);
	mutex_unlock(&namespace_lock);
	if (file && (flags & O_TRUNC) && !created)
		*err = truncate_opened(file->f_inode);
	if (file && *err) {
		fput(file);
		return NULL;
	}
	return file;
}

int vfs_truncate(struct file *file, u64 size)
{
	struct inode *inode = file->f_inode;
	int err;

	if (!(file->f_mode & FMODE_WRITE) || size > INT64_MAX)
		return -EINVAL;
	if (!inode->i_op || !inode->i_op->truncate)
		return -EINVAL;
	mutex_lock(&inode->lock);
	err = inode->i_op->truncate(inode, size);
	mutex_unlock(&inode->lock);
	return err;
}
