/* SPDX-License-Identifier: MIT */
/*
 * kernel/fs/internal.h - what the files of kernel/fs share
 */
#pragma once

#include <kernel/fs.h>
#include <uapi/fcntl.h>
#include <uapi/stat.h>

extern struct mutex namespace_lock;

/* --- inode.c --- */

int inode_init(void);
void inode_dirty_time(struct inode *inode); /* written now */
/* After i_data was initialised: traces of its pages say whose it is. */
void inode_name_mapping(struct inode *inode);
/* Each inode, referenced while fn runs. */
void for_each_inode(void (*fn)(struct inode *inode, void *arg), void *arg);
void fill_stat(struct inode *inode, struct stat *st);

/* --- dentry.c; namespace_lock held where the tree is touched --- */

int dentry_init(void);
/* A new name in no tree, with one reference; takes over inode's. NULL. */
struct dentry *dentry_new(struct dentry *parent, const char *name, size_t len,
			  struct inode *inode);
void dentry_link(struct dentry *dentry);   /* takes a reference for the tree */
void dentry_unlink(struct dentry *dentry); /* the tree's; the caller has one */
/* Memory for dentry_move(), which can't fail. NULL. */
char *dentry_name(const char *name, size_t len);
void dentry_move(struct dentry *dentry, struct dentry *parent, char *name);
struct dentry *dentry_find(struct dentry *parent, const char *name, size_t len);
bool dentry_is_below(const struct dentry *dentry, const struct dentry *top);
/* "." and "..", if they are to come; 0: then what is in the directory. */
int emit_dots(struct file *file, struct dir_context *ctx);
/* Directories whose entries are dentries. */
extern const struct file_operations tree_dir_ops;
u8 mode_to_dt(u32 mode);
int dentry_check(const struct dentry *root);

/* --- namei.c; namespace_lock held --- */

/* A path's last part: empty for "/". slash: it must be a directory. */
struct last_part {
	const char *name;
	size_t len;
	bool slash;
};

/* The next part of *path, which moves behind it; false: none is left. */
bool path_next_part(const char **path, const char **part, size_t *len);
/* The dentry of a path, referenced; NULL with *err. */
struct dentry *walk(struct dentry *cwd, const char *path, int *err);
/* The directory that its last part is in, referenced; NULL with *err. */
struct dentry *walk_parent(struct dentry *cwd, const char *path,
			   struct last_part *last, int *err);
/* The child, referenced; NULL with *err. */
struct dentry *lookup_one(struct dentry *dir, const char *name, size_t len,
			  int *err);
/* A new one in the tree, referenced; NULL with *err. mode says what. */
struct dentry *create_one(struct dentry *dir, const char *name, size_t len,
			  u32 mode, int *err);
/* The same of an inode that is there already, which it takes over. */
struct dentry *add_one(struct dentry *dir, const char *name, size_t len,
		       struct inode *inode, int *err);

/* --- file systems --- */

s64 cached_read(struct file *file, struct io_buf *io, u64 *pos);

/* What is good of an archive becomes files below root. */
void initramfs_fill(struct dentry *root, const void *archive, u64 size);
/* A directory of the initramfs. NULL. */
struct inode *initramfs_dir(u32 mode);
struct inode *tmpfs_root(void);
/* /proc or /sys. NULL. */
struct inode *vfile_root(enum fs_dev dev, const char *path);
struct inode *dev_root(void);
int dev_fill(struct dentry *dir); /* 0 or -ENOMEM */
extern const struct file_operations console_ops;
int file_init(void);
