/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/fs.h - files by name: inodes, directories, descriptors
 *
 *	/		the initramfs, read-only; read on demand into the page cache
 *	/tmp		tmpfs: lives in the page cache alone
 *	/proc /sys	files made of functions (include/kernel/vfile.h)
 *	/dev		null zero full urandom console
 *
 * Units    bytes; Linux's errnos, open flags, modes and stat (include/uapi/)
 * Locks    namespace_lock (class S mutex, outside the mmap lock's readers):
 *          names; inode->lock: size and data of a file being written; a file's
 *          pos_lock; files->lock: descriptors
 * Context  may sleep; user buffers may fault, so no lock that a fault takes is
 *          held while they are copied
 * Errors   -errno
 * Owns     inodes and dentries (reclaimable caches), open files
 * Keeps    fs_check() == 0: link counts, dentries reachable, sizes fit pages
 */
#pragma once

#include <kernel/list.h>
#include <kernel/mutex.h>
#include <kernel/types.h>
#include <mm/file.h>
#include <mm/filemap.h>

struct stat; /* include/uapi/stat.h: Linux's */
struct process;

/* Where a read goes to or a write comes from; advances as bytes are done. */
struct io_buf {
	vaddr_t addr;
	u64 left;
	bool kernel; /* addr is the kernel's own: no copy_to_user() */
};

/* Bytes NOT copied. */
u64 copy_to_io(struct io_buf *io, const void *from, u64 len);
u64 copy_from_io(struct io_buf *io, void *to, u64 len);

struct dir_context {
	/* false: the buffer is full, the entry was not taken. */
	bool (*emit)(struct dir_context *ctx, const char *name, u64 ino,
		     u8 type);
	u64 pos;
};

struct file_operations {
	s64 (*read)(struct file *file, struct io_buf *io, u64 *pos);
	s64 (*write)(struct file *file, struct io_buf *io, u64 *pos);
	int (*iterate)(struct file *file, struct dir_context *ctx);
	s64 (*lseek)(struct file *file, s64 offset, int whence);
	void (*release)(struct file *file);
};

struct inode {
	u32 refs; /* atomic */
	u32 mode, nlink;
	u64 ino;
	u64 ctime_ns, mtime_ns, atime_ns;
	struct mutex lock;
	struct address_space i_data; /* i_size is in it */
	const struct inode_operations *i_op;
	const struct file_operations *i_fop;
	void *private_data;
};

struct dentry {
	u32 refs; /* atomic: children, open files, cwd */
	struct dentry *parent;
	struct list_head children, sibling; /* [namespace_lock] */
	struct inode *inode;
	char *name;
	bool mountpoint;
};

struct inode_operations {
	struct inode *(*create)(struct inode *dir, u32 mode, int *err);
	int (*truncate)(struct inode *inode, u64 size);
	/* A directory whose entries are made on demand (/proc). NULL: the tree. */
	struct inode *(*lookup)(struct inode *dir, const char *name, int *err);
};

/* --- names; cwd NULL: the root --- */

/* An open file with one reference; NULL with *err. */
struct file *vfs_open(struct dentry *cwd, const char *path, u32 flags, u32 mode,
		      int *err);
int vfs_stat(struct dentry *cwd, const char *path, struct stat *st, bool follow);
int vfs_fstat(struct file *file, struct stat *st);
int vfs_unlink(struct dentry *cwd, const char *path, bool dir);
int vfs_rename(struct dentry *cwd, const char *from, const char *to);
int vfs_mkdir(struct dentry *cwd, const char *path, u32 mode);
int vfs_truncate(struct file *file, u64 size);
struct dentry *vfs_chdir(struct dentry *cwd, const char *path, int *err);
/* The absolute path of an open file, for /proc/PID/maps; buf. */
const char *file_path(const struct file *file, char *buf, size_t size);
/* Read from the kernel: ELF headers. Bytes, or -errno. */
s64 kernel_read(struct file *file, void *buf, u64 len, u64 pos);

/* --- open files --- */

s64 vfs_read(struct file *file, struct io_buf *io, u64 *pos);
s64 vfs_write(struct file *file, struct io_buf *io, u64 *pos);
s64 vfs_lseek(struct file *file, s64 offset, int whence);
int vfs_iterate(struct file *file, struct dir_context *ctx);
/* Two ends of a pipe; pages in it may be a program's own (vmsplice). */
int pipe_create(struct file *ends[2], u32 flags);
s64 pipe_vmsplice(struct file *file, vaddr_t addr, u64 len, u32 flags);
/* stdin, stdout, stderr of the first process. */
struct file *console_open(void);

/* --- descriptors of a process --- */

#define NR_OPEN 1024

struct files {
	u32 refs; /* atomic: CLONE_FILES */
	struct mutex lock;
	struct file *fd[NR_OPEN];  /* [lock]; readers take a reference */
	u64 cloexec[NR_OPEN / 64]; /* [lock] */
};

struct files *files_new(void);		      /* NULL */
struct files *files_dup(struct files *files); /* fork; NULL */
void files_put(struct files *files);
void files_close_on_exec(struct files *files);
/* The lowest free one from `from` on; takes over the reference. -EMFILE. */
int fd_install(struct files *files, struct file *file, u32 from, bool cloexec);
struct file *fget(struct files *files, u32 fd); /* referenced; NULL */
int fd_close(struct files *files, u32 fd);
int fd_dup2(struct files *files, u32 from, u32 to, bool cloexec);

/* --- boot --- */

/* Mount everything; a bad cpio is reported, what is good of it is used. */
int fs_init(const void *initramfs, u64 size);
/* The same parser over bytes, for fuzzing; how many entries were good. */
struct cpio_entry {
	const char *name;
	const void *data;
	u64 size;
	u32 mode, nlink;
	u64 mtime, ino;
};
int cpio_parse(const void *bytes, u64 size,
	       bool (*entry)(void *arg, const struct cpio_entry *e), void *arg);
int fs_check(void);
