/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/fs_fixture.h - files as the kernel itself uses them
 *
 *	FS_BEGIN();			counts what there is
 *	fd = fs_open("/tmp/x", O_RDWR | O_CREAT);
 *	EXPECT_EQ(fs_write(fd, "abc", 3), 3);
 *	fput(fd);
 *	FS_END();			nothing leaked, fs_check() is content
 */
#pragma once

#include <kernel/errno.h>
#include <kernel/fs.h>
#include <kernel/main.h>
#include <kernel/rcu.h>
#include <kernel/test.h>
#include <mm/lru.h>
#include <mm/node_stat.h>
#include <uapi/fcntl.h>
#include <uapi/stat.h>

static inline struct file *fs_open_mode(const char *path, u32 flags, int *err)
{
	return vfs_open(NULL, path, flags, 0644, err);
}

static inline struct file *fs_open(const char *path, u32 flags)
{
	int err;

	return fs_open_mode(path, flags, &err);
}

/* Why it can't be opened; 0: it can. */
static inline int fs_open_error(const char *path, u32 flags)
{
	int err;
	struct file *file = fs_open_mode(path, flags, &err);

	if (file)
		fput(file);
	return file ? 0 : err;
}

static inline s64 fs_write_at(struct file *file, const void *data, u64 len,
			      u64 pos)
{
	struct io_buf io = { (vaddr_t)data, len, true };

	return vfs_write(file, &io, &pos);
}

static inline s64 fs_write(struct file *file, const void *data, u64 len)
{
	struct io_buf io = { (vaddr_t)data, len, true };

	return vfs_write(file, &io, &file->f_pos);
}

static inline s64 fs_read(struct file *file, void *data, u64 len)
{
	struct io_buf io = { (vaddr_t)data, len, true };

	return vfs_read(file, &io, &file->f_pos);
}

static inline s64 fs_size(const char *path)
{
	struct stat st;
	int err = vfs_stat(NULL, path, &st, true);

	return err ? err : st.st_size;
}

static inline u64 fs_cached(void)
{
	return global_node_page_state(NR_FILE_PAGES);
}

#define FS_BEGIN()                 \
	u64 _cached = fs_cached(); \
	u64 _shmem = global_node_page_state(NR_SHMEM)

#define FS_END()                                                     \
	do {                                                         \
		EXPECT_EQ(fs_check(), 0);                            \
		EXPECT_EQ(global_node_page_state(NR_SHMEM), _shmem); \
		EXPECT_EQ(fs_cached(), _cached);                     \
	} while (0)
