// SPDX-License-Identifier: MIT
/*
 * kernel/fs/fd.c - descriptors: small numbers for a process's open files
 *
 * Most processes stay within the first 64 places, which are in the record; the
 * first higher number moves the table to memory of its own, for all 1,024.
 * A file is let go of only after files->lock: that may be the last reference,
 * and closing sleeps.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/slab.h>

#include "internal.h"

static DEFINE_LOCK_CLASS(files_class, "files", false);

struct files *files_new(void)
{
	struct files *files = NULL;

	if (!POINT_FAILS(files_alloc, NR_OPEN))
		files = kzalloc(sizeof(*files), GFP_KERNEL);
	if (!files)
		return NULL;
	files->refs = 1;
	files->limit = NR_OPEN;
	files->nr = NR_OPEN_SMALL;
	files->fd = files->small;
	mutex_init(&files->lock, &files_class);
	return files;
}

/* Places for all numbers; lock held, or nobody else has it. */
static bool grow(struct files *files)
{
	struct file **fd = NULL;

	if (!POINT_FAILS(files_grow, NR_OPEN))
		fd = kcalloc(NR_OPEN, sizeof(*fd), GFP_KERNEL);
	if (!fd)
		return false;
	memcpy(fd, files->fd, files->nr * sizeof(*fd));
	files->fd = fd;
	files->nr = NR_OPEN;
	return true;
}

static bool make_place(struct files *files, u32 fd)
{
	return fd < files->nr || grow(files);
}

static void free_files(struct files *files)
{
	if (files->fd != files->small)
		kfree(files->fd);
	kfree(files);
}

struct files *files_dup(struct files *files)
{
	struct files *copy = files_new();

	if (!copy)
		return NULL;
	mutex_lock(&files->lock);
	if (files->nr > copy->nr && !grow(copy)) {
		mutex_unlock(&files->lock);
		free_files(copy);
		return NULL;
	}
	for (u32 fd = 0; fd < files->nr; fd++)
		if (files->fd[fd])
			copy->fd[fd] = get_file(files->fd[fd]);
	memcpy(copy->cloexec, files->cloexec, sizeof(copy->cloexec));
	copy->limit = files->limit;
	mutex_unlock(&files->lock);
	return copy;
}

void files_put(struct files *files)
{
	if (__atomic_sub_fetch(&files->refs, 1, __ATOMIC_ACQ_REL))
		return;
	for (u32 fd = 0; fd < files->nr; fd++)
		if (files->fd[fd])
			fput(files->fd[fd]);
	free_files(files);
}

/* --- close on exec --- */

static bool is_cloexec(const struct files *files, u32 fd)
{
	return files->cloexec[fd / 64] >> fd % 64 & 1;
}

static void set_cloexec(struct files *files, u32 fd, bool on)
{
	u64 bit = 1UL << fd % 64;

	if (on)
		files->cloexec[fd / 64] |= bit;
	else
		files->cloexec[fd / 64] &= ~bit;
}

void files_close_on_exec(struct files *files)
{
	for (u32 fd = 0; fd < files->nr; fd++)
		if (is_cloexec(files, fd))
			fd_close(files, fd);
}

int fd_get_cloexec(struct files *files, u32 fd)
{
	int ret = -EBADF;

	mutex_lock(&files->lock);
	if (fd < files->nr && files->fd[fd])
		ret = is_cloexec(files, fd);
	mutex_unlock(&files->lock);
	return ret;
}

int fd_set_cloexec(struct files *files, u32 fd, bool cloexec)
{
	int ret = -EBADF;

	mutex_lock(&files->lock);
	if (fd < files->nr && files->fd[fd]) {
		set_cloexec(files, fd, cloexec);
		ret = 0;
	}
	mutex_unlock(&files->lock);
	return ret;
}

/* --- numbers --- */

static int install(struct files *files, struct file *file, u32 fd, bool cloexec)
{
	u32 limit = min(files->limit, (u32)NR_OPEN);

	while (fd < files->nr && files->fd[fd])
		fd++;
	if (fd >= limit)
		return -EMFILE;
	if (!make_place(files, fd))
		return -ENOMEM;
	files->fd[fd] = file;
	set_cloexec(files, fd, cloexec);
	return (int)fd;
}

int fd_install(struct files *files, struct file *file, u32 from, bool cloexec)
{
	int ret;

	mutex_lock(&files->lock);
	ret = from < files->limit && from < NR_OPEN ?
		      install(files, file, from, cloexec) :
		      -EINVAL;
	mutex_unlock(&files->lock);
	return ret;
}

struct file *fget(struct files *files, u32 fd)
{
	struct file *file = NULL;

	mutex_lock(&files->lock);
	if (fd < files->nr && files->fd[fd])
		file = get_file(files->fd[fd]);
	mutex_unlock(&files->lock);
	return file;
}

int fd_close(struct files *files, u32 fd)
{
	struct file *file = NULL;

	mutex_lock(&files->lock);
	if (fd < files->nr && files->fd[fd]) {
		file = files->fd[fd];
		files->fd[fd] = NULL;
		set_cloexec(files, fd, false);
	}
	mutex_unlock(&files->lock);
	if (!file)
		return -EBADF;
	fput(file);
	return 0;
}

/* *old: what was there, to be let go of without the lock. */
static int dup_to(struct files *files, u32 from, u32 to, bool cloexec,
		  struct file **old)
{
	if (from >= files->nr || !files->fd[from])
		return -EBADF;
	if (to >= files->limit || to >= NR_OPEN)
		return -EBADF;
	if (from == to)
		return (int)to;
	if (!make_place(files, to))
		return -ENOMEM;
	*old = files->fd[to];
	files->fd[to] = get_file(files->fd[from]);
	set_cloexec(files, to, cloexec);
	return (int)to;
}

int fd_dup2(struct files *files, u32 from, u32 to, bool cloexec)
{
	struct file *old = NULL;
	int ret;

	mutex_lock(&files->lock);
	ret = dup_to(files, from, to, cloexec, &old);
	mutex_unlock(&files->lock);
	if (old)
		fput(old);
	return ret;
}
