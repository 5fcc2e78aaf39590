/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/fs.h - files by name: inodes, directories, descriptors
 *
 *	/		the initramfs, read-only; read on demand into the page cache
 *	/tmp		tmpfs: lives in the page cache alone
 *	/proc /sys	files made of functions (include/kernel/vfile.h)
 *	/dev		null zero full urandom random console
 *
 * Units    bytes; Linux's errnos, open flags, modes and stat (include/uapi/)
 * Locks    order: a file's pos_lock, inode->lock (size, data being written),
 *          the mmap lock (a copy may fault), namespace_lock (names, inside);
 *          files->lock (descriptors) and pipe locks stand alone
 * Context  may sleep; user buffers may fault, so no lock that a fault takes is
 *          held while they are copied: neither page lock nor namespace_lock
 * Errors   -errno
 * Owns     inodes and dentries (reclaimable caches), open files
 * Keeps    fs_check() == 0: link counts, names reachable, sizes fit pages
 */
#pragma once

#include <kernel/list.h>
#include <kernel/mutex.h>
#include <kernel/types.h>
#include <mm/file.h>
#include <mm/filemap.h>

struct stat; /* include/uapi/stat.h: Linux's */
struct process;
struct seq;

/* Where a read goes to or a write comes from; advances as bytes are done. */
struct io_buf {
	vaddr_t addr;
	u64 left;
	bool kernel; /* addr is the kernel's own: no copy_to_user() */
};

/* Bytes NOT copied. */
u64 copy_to_io(struct io_buf *io, const void *from, u64 len);
u64 copy_from_io(struct io_buf *io, void *to, u64 len);

/*
 * emit() is called without a lock, so it may copy to a program. pos: 0, or
 * what an earlier call left: the entry that comes next.
 */
struct dir_context {
	/* false: the buffer is full, the entry was not taken. */
	bool (*emit)(struct dir_context *ctx, const char *name, u64 ino,
		     u8 type);
	u64 pos;
};

/* NULL: -EINVAL; iterate: -ENOTDIR; lseek: by i_size; mmap: -ENODEV. */
struct file_operations {
	s64 (*read)(struct file *file, struct io_buf *io, u64 *pos);
	s64 (*write)(struct file *file, struct io_buf *io, u64 *pos);
	int (*iterate)(struct file *file, struct dir_context *ctx);
	s64 (*lseek)(struct file *file, s64 offset, int whence);
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
	void (*release)(struct file *file);
};

/* lseek of what has no position: -ESPIPE, for pread and pwrite too. */
s64 no_llseek(struct file *file, s64 offset, int whence);
static inline bool file_seekable(const struct file *file)
{
	return file->f_op->lseek != no_llseek;
}

enum fs_dev { DEV_ROOT = 1, DEV_TMP, DEV_PROC, DEV_SYS, DEV_DEV, DEV_PIPE };

struct inode {
	u32 refs; /* atomic */
	u32 mode;
	u32 nlink; /* [namespace_lock] */
	u32 dev;   /* (c) enum fs_dev */
	u64 ino;   /* (c) */
	u64 rdev;  /* (c) major << 8 | minor */
	u64 ctime_ns, mtime_ns, atime_ns;
	struct mutex lock;
	struct address_space i_data;	     /* i_size is in it */
	const struct inode_operations *i_op; /* (c) */
	const struct file_operations *i_fop; /* (c) */
	void *private_data;		     /* (c) */
	struct list_head all;		     /* [inode list lock] */
};

struct dentry {
	u32 refs; /* atomic: in the tree, children, open files, cwd */
	struct dentry *parent;		    /* [namespace_lock] NULL: / */
	struct list_head children, sibling; /* [namespace_lock] */
	u64 cookie, next_cookie; /* [namespace_lock] place for readdir */
	struct inode *inode;	 /* (c) but for mounting */
	char *name;		 /* [namespace_lock] */
	bool mountpoint;
	bool in_tree, deleted; /* [namespace_lock] found there; no longer */
};

struct inode_operations {
	/* A new file or directory; NULL: the file system is read-only. */
	struct inode *(*create)(struct inode *dir, u32 mode, int *err);
	/* inode->lock held; NULL: -EINVAL. */
	int (*truncate)(struct inode *inode, u64 size);
	/*
	 * A directory whose entries are made on demand (/proc): an inode with
	 * one reference; NULL and *err. NULL: the tree has them. No lock held
	 * but namespace_lock.
	 */
	struct inode *(*lookup)(struct inode *dir, const char *name, int *err);
	/* The last reference is gone: what private_data needs. */
	void (*evict)(struct inode *inode);
};

/* --- inodes --- */

/* With one reference, and nlink 1 (directories 2); NULL: no memory. */
struct inode *inode_new(enum fs_dev dev, u32 mode,
			const struct inode_operations *i_op,
			const struct file_operations *i_fop);
static inline struct inode *iget(struct inode *inode)
{
	__atomic_add_fetch(&inode->refs, 1, __ATOMIC_RELAXED);
	return inode;
}
void iput(struct inode *inode);

/* --- names; cwd NULL: the root --- */

static inline struct dentry *dget(struct dentry *dentry)
{
	__atomic_add_fetch(&dentry->refs, 1, __ATOMIC_RELAXED);
	return dentry;
}
void dput(struct dentry *dentry); /* NULL: nothing */
struct dentry *root_dentry(void);

/* An open file with one reference; NULL with *err. */
struct file *vfs_open(struct dentry *cwd, const char *path, u32 flags, u32 mode,
		      int *err);
int vfs_stat(struct dentry *cwd, const char *path, struct stat *st, bool follow);
int vfs_fstat(struct file *file, struct stat *st);
int vfs_unlink(struct dentry *cwd, const char *path, bool dir);
int vfs_rename(struct dentry *cwd, const char *from, const char *to);
int vfs_mkdir(struct dentry *cwd, const char *path, u32 mode);
int vfs_truncate(struct file *file, u64 size);
/* The directory, referenced; NULL with *err. */
struct dentry *vfs_chdir(struct dentry *cwd, const char *path, int *err);
/* Absolute; in buf, from its end. " (deleted)" follows what has no name. */
const char *dentry_path(const struct dentry *dentry, char *buf, size_t size);
/* The absolute path of an open file, for /proc/PID/maps; buf. */
const char *file_path(const struct file *file, char *buf, size_t size);
/* Read from the kernel: ELF headers. Bytes, or -errno. */
s64 kernel_read(struct file *file, void *buf, u64 len, u64 pos);

/* --- open files --- */

/* A file of an inode without a name; takes over neither reference. NULL. */
struct file *file_new(struct inode *inode, struct dentry *dentry, u32 flags);
/* pos may be &file->f_pos: then whoever shares it takes turns. */
s64 vfs_read(struct file *file, struct io_buf *io, u64 *pos);
/* -EPIPE: nobody will read; the caller sends SIGPIPE. */
s64 vfs_write(struct file *file, struct io_buf *io, u64 *pos);
s64 vfs_lseek(struct file *file, s64 offset, int whence);
/* From file->f_pos on, which follows. */
int vfs_iterate(struct file *file, struct dir_context *ctx);
/* Two ends of a pipe, reading one first; O_NONBLOCK, O_CLOEXEC is the caller's. */
int pipe_create(struct file *ends[2], u32 flags);
/* Pages of current's own go in, pinned until they are read. */
s64 pipe_vmsplice(struct file *file, vaddr_t addr, u64 len, u32 flags);
#define SPLICE_F_NONBLOCK 0x2u
/* stdin, stdout, stderr of the first process. NULL: no memory. */
struct file *console_open(void);

/* --- files made of functions --- */

struct seq_ops {
	void (*show)(struct seq *s, void *arg); /* NULL: no read */
	int (*store)(const char *text, size_t len,
		     void *arg); /* NULL: no write */
	/* O_TRUNC, before the first write; NULL: nothing to do */
	void (*clear)(void *arg);
	void (*put)(void *arg); /* the inode goes; NULL: nothing to do */
};

/* An inode that reads as what show() prints; takes over arg. NULL: no memory. */
struct inode *seq_inode_new(enum fs_dev dev, u32 mode,
			    const struct seq_ops *ops, void *arg);

/* What the processes add to /proc: PID, self. Set at boot. */
struct proc_hook {
	/* An inode with one reference; NULL with *err (-ENOENT). */
	struct inode *(*lookup)(const char *name, int *err);
	/* The lowest pid from `from` on; false: none. */
	bool (*next_pid)(u32 from, u32 *pid);
};
void proc_set_hook(const struct proc_hook *hook);

/* --- descriptors of a process --- */

#define NR_OPEN	      1024
#define NR_OPEN_SMALL 64 /* what most processes never exceed */

struct files {
	u32 refs; /* atomic: CLONE_FILES */
	struct mutex lock;
	u32 limit;	  /* [lock] RLIMIT_NOFILE: at most NR_OPEN */
	u32 nr;		  /* [lock] places in fd: one of the two above */
	struct file **fd; /* [lock] small, or memory of its own */
	u64 cloexec[NR_OPEN / 64]; /* [lock] */
	struct file *small[NR_OPEN_SMALL];
};

struct files *files_new(void);		      /* NULL */
struct files *files_dup(struct files *files); /* fork; NULL */
void files_put(struct files *files);
void files_close_on_exec(struct files *files);
/*
 * The lowest free one from `from` on; takes over the reference, but not with
 * an error: -EMFILE; -EINVAL: `from` is too large.
 */
int fd_install(struct files *files, struct file *file, u32 from, bool cloexec);
struct file *fget(struct files *files, u32 fd); /* referenced; NULL */
int fd_close(struct files *files, u32 fd);
int fd_dup2(struct files *files, u32 from, u32 to, bool cloexec);
int fd_get_cloexec(struct files *files, u32 fd); /* 0, 1, -EBADF */
int fd_set_cloexec(struct files *files, u32 fd, bool cloexec);

/* --- boot --- */

/*
 * Mount everything, once there are threads; a bad cpio is reported, what is
 * good of it is used. NULL: no initramfs. The archive stays where it is.
 */
int fs_init(const void *initramfs, u64 size);

/* An archive's entry, in place: name ends in NUL, both lie inside of it. */
struct cpio_entry {
	const char *name;
	const void *data;
	u64 size;
	u64 offset; /* of its header */
	u32 mode, nlink;
	u64 mtime, ino;
};
/* How many entries were good; one message for the first bad one, its end. */
int cpio_parse(const void *bytes, u64 size,
	       bool (*entry)(void *arg, const struct cpio_entry *e), void *arg);
bool cpio_looks_like(const void *bytes, u64 size);

/* Clean pages of all files that nobody maps; how many. */
u64 drop_page_cache(void);
int fs_check(void);
