// SPDX-License-Identifier: MIT
/*
 * kernel/sys_file.c - system calls about open files
 *
 * A descriptor becomes a file with a reference for the length of the call, so
 * another thread may close it meanwhile. Who writes where nobody reads gets
 * SIGPIPE besides the error.
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

#define RW_MAX	0x7ffff000UL /* one call transfers at most this, as on Linux */
#define IOV_MAX 1024

static struct files *files_now(void)
{
	return current_process()->files;
}

/* --- reading and writing --- */

typedef s64 (*rw_fn)(struct file *file, struct io_buf *io, u64 *pos);

static s64 rw(struct file *file, rw_fn fn, vaddr_t addr, u64 len, u64 *pos)
{
	struct io_buf io = { .addr = addr, .left = min(len, RW_MAX) };
	s64 done;

	if (!access_ok(addr, len))
		return -EFAULT;
	done = fn(file, &io, pos);
	if (done == -EPIPE)
		signal_send(current_process(), SIGPIPE);
	return done;
}

static s64 rw_fd(u32 fd, rw_fn fn, vaddr_t addr, u64 len)
{
	struct file *file = fget(files_now(), fd);
	s64 done;

	if (!file)
		return -EBADF;
	done = rw(file, fn, addr, len, &file->f_pos);
	fput(file);
	return done;
}

static s64 rw_at(u32 fd, rw_fn fn, vaddr_t addr, u64 len, u64 pos)
{
	struct file *file;
	s64 done = -ESPIPE;

	if ((s64)pos < 0)
		return -EINVAL;
	file = fget(files_now(), fd);
	if (!file)
		return -EBADF;
	if (file_seekable(file))
		done = rw(file, fn, addr, len, &pos);
	fput(file);
	return done;
}

SYSCALL(read)
{
	return rw_fd((u32)ARG(0), vfs_read, ARG(1), ARG(2));
}

SYSCALL(write)
{
	return rw_fd((u32)ARG(0), vfs_write, ARG(1), ARG(2));
}

SYSCALL(pread64)
{
	return rw_at((u32)ARG(0), vfs_read, ARG(1), ARG(2), ARG(3));
}

SYSCALL(pwrite64)
{
	return rw_at((u32)ARG(0), vfs_write, ARG(1), ARG(2), ARG(3));
}

/* --- vectors --- */

struct iovec {
	u64 addr, len;
};

static int check_vectors(const struct iovec *v, u64 nr)
{
	u64 sum = 0;

	for (u64 i = 0; i < nr; i++) {
		if ((s64)v[i].len < 0 || (s64)(sum + v[i].len) < 0)
			return -EINVAL;
		sum += v[i].len;
	}
	for (u64 i = 0; i < nr; i++)
		if (!access_ok(v[i].addr, v[i].len))
			return -EFAULT;
	return 0;
}

/* For kfree(); NULL and *err. */
static struct iovec *get_vectors(vaddr_t from, u64 nr, int *err)
{
	struct iovec *v = NULL;

	*err = nr > IOV_MAX ? -EINVAL : 0;
	if (!*err) {
		v = kmalloc(max(nr, 1UL) * sizeof(*v), GFP_KERNEL);
		*err = v ? 0 : -ENOMEM;
	}
	if (!*err && copy_from_user(v, from, nr * sizeof(*v)))
		*err = -EFAULT;
	if (!*err)
		*err = check_vectors(v, nr);
	if (!*err)
		return v;
	kfree(v);
	return NULL;
}

/* One after the other until one isn't done in full. */
static s64 rw_each(struct file *file, rw_fn fn, const struct iovec *v, u64 nr)
{
	s64 sum = 0, done;

	for (u64 i = 0; i < nr; i++) {
		if (!v[i].len)
			continue;
		done = rw(file, fn, v[i].addr, v[i].len, &file->f_pos);
		if (done < 0)
			return sum ? sum : done;
		sum += done;
		if ((u64)done < v[i].len)
			break;
	}
	return sum;
}

static s64 rw_vectors(u32 fd, rw_fn fn, vaddr_t from, u64 nr)
{
	struct file *file = fget(files_now(), fd);
	struct iovec *v;
	s64 done;
	int err;

	if (!file)
		return -EBADF;
	v = get_vectors(from, nr, &err);
	done = v ? rw_each(file, fn, v, nr) : err;
	kfree(v);
	fput(file);
	return done;
}

SYSCALL(readv)
{
	return rw_vectors((u32)ARG(0), vfs_read, ARG(1), ARG(2));
}

SYSCALL(writev)
{
	return rw_vectors((u32)ARG(0), vfs_write, ARG(1), ARG(2));
}

/* Each area goes in as far as the pipe has room. */
static s64 splice_each(struct file *file, const struct iovec *v, u64 nr,
		       u32 flags)
{
	s64 sum = 0, done;

	for (u64 i = 0; i < nr; i++) {
		done = pipe_vmsplice(file, v[i].addr, v[i].len, flags);
		if (done < 0)
			return sum ? sum : done;
		sum += done;
		if ((u64)done < v[i].len)
			break;
	}
	return sum;
}

SYSCALL(vmsplice)
{
	struct file *file = fget(files_now(), (u32)ARG(0));
	struct iovec *v;
	s64 done;
	int err;

	if (!file)
		return -EBADF;
	v = get_vectors(ARG(1), ARG(2), &err);
	done = v ? splice_each(file, v, ARG(2), (u32)ARG(3)) : err;
	if (done == -EPIPE)
		signal_send(current_process(), SIGPIPE);
	kfree(v);
	fput(file);
	return done;
}

/* --- position, size, contents of directories --- */

SYSCALL(lseek)
{
	struct file *file = fget(files_now(), (u32)ARG(0));
	s64 pos;

	if (!file)
		return -EBADF;
	pos = vfs_lseek(file, (s64)ARG(1), (int)ARG(2));
	fput(file);
	return pos;
}

SYSCALL(ftruncate)
{
	struct file *file;
	int err;

	if ((s64)ARG(1) < 0)
		return -EINVAL;
	file = fget(files_now(), (u32)ARG(0));
	if (!file)
		return -EBADF;
	err = file->f_mode & FMODE_WRITE ? vfs_truncate(file, ARG(1)) : -EINVAL;
	fput(file);
	return err;
}

/* Nothing is kept that memory doesn't have. */
SYSCALL(sync)
{
	return 0;
}

static int sync_fd(u32 fd)
{
	struct file *file = fget(files_now(), fd);

	if (!file)
		return -EBADF;
	fput(file);
	return 0;
}

SYSCALL(fsync)
{
	return sync_fd((u32)ARG(0));
}

SYSCALL(fdatasync)
{
	return sync_fd((u32)ARG(0));
}

/* struct linux_dirent64: ino, offset of the next, its length, type, name. */
#define DIRENT_HEAD 19

struct getdents {
	struct dir_context ctx;
	vaddr_t to;
	u64 left;
	int err;
};

static bool emit_dirent(struct dir_context *ctx, const char *name, u64 ino,
			u8 type)
{
	struct getdents *g = container_of(ctx, struct getdents, ctx);
	u8 entry[DIRENT_HEAD + NAME_MAX + 1 + 8] = {};
	u64 len = min(strlen(name), (size_t)NAME_MAX);
	u16 size = (u16)ALIGN(DIRENT_HEAD + len + 1, 8UL);
	u64 next = ctx->pos + 1;

	if (size > g->left) {
		if (!g->err)
			g->err = -EINVAL; /* unless something was taken */
		return false;
	}
	memcpy(entry, &ino, 8);
	memcpy(entry + 8, &next, 8);
	memcpy(entry + 16, &size, 2);
	entry[18] = type;
	memcpy(entry + DIRENT_HEAD, name, len);
	if (copy_to_user(g->to, entry, size)) {
		g->err = -EFAULT;
		return false;
	}
	g->to += size;
	g->left -= size;
	return true;
}

SYSCALL(getdents64)
{
	struct file *file = fget(files_now(), (u32)ARG(0));
	struct getdents g = { .ctx = { .emit = emit_dirent },
			      .to = ARG(1),
			      .left = min(ARG(2), (u64)INT32_MAX) };
	int err;

	if (!file)
		return -EBADF;
	err = vfs_iterate(file, &g.ctx);
	fput(file);
	if (g.to != ARG(1))
		return (s64)(g.to - ARG(1));
	return err ? err : g.err;
}

/* --- descriptors --- */

SYSCALL(close)
{
	return fd_close(files_now(), (u32)ARG(0));
}

SYSCALL(dup)
{
	struct file *file = fget(files_now(), (u32)ARG(0));
	int fd;

	if (!file)
		return -EBADF;
	fd = fd_install(files_now(), file, 0, false);
	if (fd < 0)
		fput(file);
	return fd;
}

SYSCALL(dup2)
{
	return fd_dup2(files_now(), (u32)ARG(0), (u32)ARG(1), false);
}

SYSCALL(dup3)
{
	if (ARG(0) == ARG(1) || (ARG(2) & ~(u64)O_CLOEXEC))
		return -EINVAL;
	return fd_dup2(files_now(), (u32)ARG(0), (u32)ARG(1), ARG(2));
}

#define SETFL_FLAGS ((u32)(O_APPEND | O_NONBLOCK))

static s64 fcntl_file(struct file *file, u32 fd, u32 cmd, u64 arg)
{
	int new_fd;

	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		if (arg >= NR_OPEN)
			return -EINVAL;
		new_fd = fd_install(files_now(), get_file(file), (u32)arg,
				    cmd == F_DUPFD_CLOEXEC);
		if (new_fd < 0)
			fput(file);
		return new_fd;
	case F_GETFD:
		return fd_get_cloexec(files_now(), fd);
	case F_SETFD:
		return fd_set_cloexec(files_now(), fd, arg & FD_CLOEXEC);
	case F_GETFL:
		return READ_ONCE(file->f_flags);
	case F_SETFL:
		WRITE_ONCE(file->f_flags, (file->f_flags & ~SETFL_FLAGS) |
						  ((u32)arg & SETFL_FLAGS));
		return 0;
	default:
		return -EINVAL;
	}
}

SYSCALL(fcntl)
{
	struct file *file = fget(files_now(), (u32)ARG(0));
	s64 result;

	if (!file)
		return -EBADF;
	result = fcntl_file(file, (u32)ARG(0), (u32)ARG(1), ARG(2));
	fput(file);
	return result;
}

static int install_ends(struct file *ends[2], u32 fds[2], u32 flags)
{
	for (u32 i = 0; i < 2; i++) {
		int fd = fd_install(files_now(), ends[i], 0, flags & O_CLOEXEC);

		if (fd >= 0) {
			fds[i] = (u32)fd;
			continue;
		}
		fput(ends[i]);
		if (i)
			fd_close(files_now(), fds[0]);
		else
			fput(ends[1]);
		return fd;
	}
	return 0;
}

static int make_pipe(vaddr_t to, u32 flags)
{
	struct file *ends[2];
	u32 fds[2] = {};
	int err;

	if (flags & ~(u32)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	err = pipe_create(ends, flags);
	if (!err)
		err = install_ends(ends, fds, flags);
	if (err || !copy_to_user(to, fds, sizeof(fds)))
		return err;
	fd_close(files_now(), fds[0]);
	fd_close(files_now(), fds[1]);
	return -EFAULT;
}

SYSCALL(pipe)
{
	return make_pipe(ARG(0), 0);
}

SYSCALL(pipe2)
{
	return make_pipe(ARG(0), (u32)ARG(1));
}

/* --- terminals, readiness --- */

#define TIOCGWINSZ 0x5413

/* Size of the terminal: musl's stdout is line-buffered where this works. */
static int window_size(vaddr_t to)
{
	static const u16 size[4] = { 24, 80, 0, 0 };

	return copy_to_user(to, size, sizeof(size)) ? -EFAULT : 0;
}

SYSCALL(ioctl)
{
	struct file *file = fget(files_now(), (u32)ARG(0));
	bool console;

	if (!file)
		return -EBADF;
	console = S_ISCHR(file->f_inode->mode) &&
		  file->f_inode->rdev == (5 << 8 | 1);
	fput(file);
	if (console && (u32)ARG(1) == TIOCGWINSZ)
		return window_size(ARG(2));
	return -ENOTTY;
}
