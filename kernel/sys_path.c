// SPDX-License-Identifier: MIT
/*
 * kernel/sys_path.c - system calls about files by name
 *
 *	where a relative path begins	AT_FDCWD: the process's directory
 *					a descriptor: that directory
 *
 * Paths come from user space, so each is copied once and then looked at.
 */
#include <kernel/errno.h>
#include <kernel/fs.h>
#include <kernel/process.h>
#include <kernel/string.h>
#include <mm/slab.h>
#include <uapi/fcntl.h>
#include <uapi/stat.h>
#include <arch/uaccess.h>

#include "syscall.h"

char *get_path(vaddr_t from, int *err)
{
	char *path = kmalloc(PATH_MAX, GFP_KERNEL);
	s64 len;

	*err = -ENOMEM;
	if (!path)
		return NULL;
	len = strncpy_from_user(path, from, PATH_MAX);
	*err = len < 0		? (int)len :
	       len == PATH_MAX	? -ENAMETOOLONG :
	       !len		? -ENOENT :
				  0;
	if (!*err)
		return path;
	kfree(path);
	return NULL;
}

/* A path and where it begins. */
struct place {
	char *path;
	struct dentry *base; /* referenced; NULL: the root */
};

static struct dentry *cwd_now(void)
{
	struct process *p = current_process();
	struct dentry *cwd;

	mutex_lock(&p->fs_lock);
	cwd = p->cwd ? dget(p->cwd) : NULL;
	mutex_unlock(&p->fs_lock);
	return cwd;
}

static int base_of(u32 dfd, struct dentry **base)
{
	struct file *file;
	int err = 0;

	if ((s32)dfd == AT_FDCWD) {
		*base = cwd_now();
		return 0;
	}
	file = fget(current_process()->files, dfd);
	if (!file)
		return -EBADF;
	if (file->f_dentry && S_ISDIR(file->f_inode->mode))
		*base = dget(file->f_dentry);
	else
		err = -ENOTDIR;
	fput(file);
	return err;
}

static int get_place(struct place *place, u32 dfd, vaddr_t from)
{
	int err = 0;

	place->base = NULL;
	place->path = get_path(from, &err);
	if (place->path && *place->path != '/')
		err = base_of(dfd, &place->base);
	if (err) {
		kfree(place->path);
		place->path = NULL;
	}
	return err;
}

static void put_place(struct place *place)
{
	kfree(place->path);
	dput(place->base);
}

/* --- opening --- */

static int open_place(const struct place *place, u32 flags, u32 mode)
{
	struct file *file;
	int fd = 0;

	file = vfs_open(place->base, place->path, flags, mode, &fd);
	if (!file)
		return fd;
	fd = fd_install(current_process()->files, file, 0, flags & O_CLOEXEC);
	if (fd < 0)
		fput(file);
	return fd;
}

static s64 open_at(u32 dfd, vaddr_t path, u32 flags, u32 mode)
{
	struct place place;
	s64 fd = get_place(&place, dfd, path);

	if (fd)
		return fd;
	fd = open_place(&place, flags, mode);
	put_place(&place);
	return fd;
}

SYSCALL(open)
{
	return open_at((u32)AT_FDCWD, ARG(0), (u32)ARG(1), (u32)ARG(2));
}

SYSCALL(openat)
{
	return open_at((u32)ARG(0), ARG(1), (u32)ARG(2), (u32)ARG(3));
}

/* --- stat --- */

static int stat_at(u32 dfd, vaddr_t path, vaddr_t to, bool follow)
{
	struct place place;
	struct stat st;
	int err = get_place(&place, dfd, path);

	if (err)
		return err;
	err = vfs_stat(place.base, place.path, &st, follow);
	put_place(&place);
	if (!err && copy_to_user(to, &st, sizeof(st)))
		err = -EFAULT;
	return err;
}

SYSCALL(stat)
{
	return stat_at((u32)AT_FDCWD, ARG(0), ARG(1), true);
}

SYSCALL(lstat)
{
	return stat_at((u32)AT_FDCWD, ARG(0), ARG(1), false);
}

static int stat_fd(u32 fd, vaddr_t to)
{
	struct file *file = fget(current_process()->files, fd);
	struct stat st;
	int err;

	if (!file)
		return -EBADF;
	err = vfs_fstat(file, &st);
	fput(file);
	if (!err && copy_to_user(to, &st, sizeof(st)))
		err = -EFAULT;
	return err;
}

SYSCALL(fstat)
{
	return stat_fd((u32)ARG(0), ARG(1));
}

/* musl's fstat() is newfstatat(fd, "", ..., AT_EMPTY_PATH) on some systems. */
SYSCALL(newfstatat)
{
	u32 flags = (u32)ARG(3);
	u8 first = 0;

	if (flags & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | 0x800))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH) {
		if (ARG(1) && get_user_u8(&first, ARG(1)))
			return -EFAULT;
		if (!first)
			return stat_fd((u32)ARG(0), ARG(2));
	}
	return stat_at((u32)ARG(0), ARG(1), ARG(2),
		       !(flags & AT_SYMLINK_NOFOLLOW));
}

/* The one user may do everything that the file can. */
static int access_at(u32 dfd, vaddr_t path, u64 mode)
{
	struct place place;
	struct stat st;
	int err;

	if (mode & ~7UL)
		return -EINVAL;
	err = get_place(&place, dfd, path);
	if (err)
		return err;
	err = vfs_stat(place.base, place.path, &st, true);
	put_place(&place);
	return err;
}

SYSCALL(access)
{
	return access_at((u32)AT_FDCWD, ARG(0), ARG(1));
}

SYSCALL(faccessat)
{
	return access_at((u32)ARG(0), ARG(1), ARG(2));
}

/* --- names --- */

static int unlink_at(u32 dfd, vaddr_t path, bool dir)
{
	struct place place;
	int err = get_place(&place, dfd, path);

	if (err)
		return err;
	err = vfs_unlink(place.base, place.path, dir);
	put_place(&place);
	return err;
}

SYSCALL(unlink)
{
	return unlink_at((u32)AT_FDCWD, ARG(0), false);
}

SYSCALL(rmdir)
{
	return unlink_at((u32)AT_FDCWD, ARG(0), true);
}

SYSCALL(unlinkat)
{
	if (ARG(2) & ~(u64)AT_REMOVEDIR)
		return -EINVAL;
	return unlink_at((u32)ARG(0), ARG(1), ARG(2));
}

static int mkdir_at(u32 dfd, vaddr_t path, u32 mode)
{
	struct place place;
	int err = get_place(&place, dfd, path);

	if (err)
		return err;
	err = vfs_mkdir(place.base, place.path, mode);
	put_place(&place);
	return err;
}

SYSCALL(mkdir)
{
	return mkdir_at((u32)AT_FDCWD, ARG(0), (u32)ARG(1));
}

SYSCALL(mkdirat)
{
	return mkdir_at((u32)ARG(0), ARG(1), (u32)ARG(2));
}

/* Two relative paths of different directories: nobody asks for that. */
static int rename_at(u32 from_fd, vaddr_t from, u32 to_fd, vaddr_t to)
{
	struct place a, b;
	int err = get_place(&a, from_fd, from);

	if (err)
		return err;
	err = get_place(&b, to_fd, to);
	if (err) {
		put_place(&a);
		return err;
	}
	err = a.base && b.base && a.base != b.base ?
		      -EXDEV :
		      vfs_rename(a.base ? a.base : b.base, a.path, b.path);
	put_place(&a);
	put_place(&b);
	return err;
}

SYSCALL(rename)
{
	return rename_at((u32)AT_FDCWD, ARG(0), (u32)AT_FDCWD, ARG(1));
}

SYSCALL(renameat)
{
	return rename_at((u32)ARG(0), ARG(1), (u32)ARG(2), ARG(3));
}

/* --- the process's directory --- */

static void set_cwd(struct dentry *dir)
{
	struct process *p = current_process();
	struct dentry *old;

	mutex_lock(&p->fs_lock);
	old = p->cwd;
	p->cwd = dir;
	mutex_unlock(&p->fs_lock);
	dput(old);
}

SYSCALL(chdir)
{
	struct place place;
	struct dentry *dir;
	int err = get_place(&place, (u32)AT_FDCWD, ARG(0));

	if (err)
		return err;
	dir = vfs_chdir(place.base, place.path, &err);
	put_place(&place);
	if (!dir)
		return err;
	set_cwd(dir);
	return 0;
}

SYSCALL(fchdir)
{
	struct dentry *dir;
	int err;

	if ((s32)ARG(0) == AT_FDCWD)
		return -EBADF;
	err = base_of((u32)ARG(0), &dir);
	if (!err)
		set_cwd(dir);
	return err;
}

SYSCALL(getcwd)
{
	struct dentry *cwd = cwd_now();
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	const char *path;
	s64 len = -ENOMEM;

	if (buf) {
		path = cwd ? dentry_path(cwd, buf, PATH_MAX) : "/";
		len = (s64)strlen(path) + 1;
		if ((u64)len > ARG(1))
			len = -ERANGE;
		else if (copy_to_user(ARG(0), path, (u64)len))
			len = -EFAULT;
	}
	kfree(buf);
	dput(cwd);
	return len;
}
