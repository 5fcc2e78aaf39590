/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/vfile.h - files made of functions: /proc, /sys
 *
 *	static void show_uptime(struct seq *s, u64 arg) { seq_printf(...); }
 *	VFILE("/proc/uptime", show_uptime, NULL);
 *
 * A path may hold one '%': "/sys/devices/system/node/node%/meminfo" stands for
 * one file for each node; arg is the number, below 1,024. Directories follow
 * from the paths. Output is streamed, nothing is stored.
 *
 * Context  thread; show and store may sleep and take locks
 * Errors   store returns 0 or -errno; vfile_* return -ENOENT, -EISDIR, -EACCES
 */
#pragma once

#include <kernel/types.h>

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
	bool (*exists)(u64 arg); /* which numbers '%' takes; NULL: no '%' */
};

#define VFILE_N(id, path_, show_, store_, exists_)                      \
	static const struct vfile vfile_##id __used __section("vfiles") \
		__aligned(8) = { .path = path_,                         \
				 .show = show_,                         \
				 .store = store_,                       \
				 .exists = exists_ }
#define VFILE(id, path_, show_, store_) VFILE_N(id, path_, show_, store_, NULL)

int vfile_read(const char *path, struct seq *out);
int vfile_write(const char *path, const char *text, size_t len);
#define VFILE_READ  4
#define VFILE_WRITE 2
/* Which of them a file allows; -EISDIR, -ENOENT. */
int vfile_rights(const char *path);
bool vfile_is_dir(const char *path);
/*
 * Call emit for each entry of a directory, sorted, directories with a
 * trailing '/'. -ENOENT or -ENOTDIR.
 */
int vfile_list(const char *dir, void (*emit)(void *ctx, const char *name),
	       void *ctx);
