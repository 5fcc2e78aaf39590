/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/vfile.h - files made of functions: /proc, /sys
 *
 *	static void show_uptime(struct seq *s, u64 arg) { seq_printf(...); }
 *	VFILE("/proc/uptime", show_uptime, NULL);
 *
 * A path may hold one '%': "/sys/devices/system/node/node%/meminfo" stands for
 * one file for each node; arg is the number, below 1,024. Or '%' is the whole
 * name of a folder, out of a list: VFILE_NAMED(). Directories follow from the
 * paths. Output is streamed, nothing is stored. Many files may share their
 * functions: VFILE_ARG() gives them an arg of their own.
 *
 * Context  thread; show and store may sleep and take locks
 * Errors   store returns 0 or -errno; vfile_* return -ENOENT, -EISDIR, -EACCES
 */
#pragma once

#include <kernel/types.h>

struct file_operations;

struct seq {
	void (*write)(struct seq *s, const char *text, size_t len);
	void *ctx;
	u64 written;
};

/* At most 511 bytes a call; longer texts go by seq_puts(). */
void seq_printf(struct seq *s, const char *fmt, ...) __printf(2, 3);
void seq_puts(struct seq *s, const char *text);
void seq_write(struct seq *s, const char *text, size_t len);

struct vfile {
	const char *path;
	void (*show)(struct seq *s, u64 arg);		     /* NULL: no read */
	int (*store)(const char *text, size_t len, u64 arg); /* NULL: no write */
	/* Which numbers '%' takes; without '%': is it there? NULL: yes. */
	bool (*exists)(u64 arg);
	u64 arg; /* without '%' */
	/*
	 * '%' is the nth name of a list, and n the arg: NULL: the list ends, "":
	 * not in this folder, which arg above tells.
	 */
	const char *(*nth_name)(u64 n, u64 arg);
	/* Written from the start (>, not >>): before store. NULL: all the same. */
	void (*clear)(u64 arg);
	/* For who opens it, in place of show; NULL: show is for them, too. */
	const struct file_operations *ops;
};

#define __VFILE(id, path_, show_, store_, ...)                          \
	static const struct vfile vfile_##id __used __section("vfiles") \
		__aligned(8) = { .path = path_,                         \
				 .show = show_,                         \
				 .store = store_,                       \
				 __VA_ARGS__ }
#define VFILE_N(id, path_, show_, store_, exists_) \
	__VFILE(id, path_, show_, store_, .exists = exists_)
#define VFILE(id, path_, show_, store_) VFILE_N(id, path_, show_, store_, NULL)
#define VFILE_ARG(id, path_, show_, store_, exists_, arg_) \
	__VFILE(id, path_, show_, store_, .exists = exists_, .arg = arg_)
#define VFILE_CLEAR(id, path_, show_, store_, clear_) \
	__VFILE(id, path_, show_, store_, .clear = clear_)
#define VFILE_OPS(id, path_, show_, ops_) \
	__VFILE(id, path_, show_, NULL, .ops = ops_)

#define VFILE_NAMED(id, path_, show_, store_, nth_name_, arg_) \
	__VFILE(id, path_, show_, store_, .nth_name = nth_name_, .arg = arg_)

/* What store is given as a number of that base (0: any), a newline behind. */
int vfile_number(const char *text, size_t len, u32 base, u64 *number);

int vfile_read(const char *path, struct seq *out);
int vfile_write(const char *path, const char *text, size_t len);  /* > */
int vfile_append(const char *path, const char *text, size_t len); /* >> */
void vfile_clear(const char *path);
#define VFILE_READ  4
#define VFILE_WRITE 2
/* Which of them a file allows; -EISDIR, -ENOENT. */
int vfile_rights(const char *path);
bool vfile_is_dir(const char *path);
/* What reads it for who opens it; NULL: show. */
const struct file_operations *vfile_ops(const char *path);
/*
 * Call emit for each entry of a directory, sorted, directories with a
 * trailing '/'. -ENOENT or -ENOTDIR.
 */
int vfile_list(const char *dir, void (*emit)(void *ctx, const char *name),
	       void *ctx);
