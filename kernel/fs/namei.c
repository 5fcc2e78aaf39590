// SPDX-License-Identifier: MIT
/*
 * kernel/fs/namei.c - from a path to a dentry, and making one
 *
 *	/tmp//a/../b		parts "tmp", "a", "..", "b"; "/" repeats freely
 *
 * A part is looked for in the dentry reached so far, which must be a directory.
 * ".." of the root is the root. A slash at the end asks for a directory. There
 * are no symbolic links, so a path has as many steps as parts.
 *
 * All of it is done under namespace_lock: nothing that a path meets can go
 * away or move meanwhile.
 */
#include <kernel/errno.h>
#include <kernel/string.h>

#include "internal.h"

bool path_next_part(const char **path, const char **part, size_t *len)
{
	const char *p = *path;

	while (*p == '/')
		p++;
	*part = p;
	while (*p && *p != '/')
		p++;
	*len = (size_t)(p - *part);
	*path = p;
	return *len != 0;
}

static bool is_dot(const char *name, size_t len)
{
	return len == 1 && name[0] == '.';
}

static bool is_dotdot(const char *name, size_t len)
{
	return len == 2 && name[0] == '.' && name[1] == '.';
}

/* An entry that is made because somebody asks; it is in no tree. */
static struct dentry *lookup_on_demand(struct dentry *dir, const char *name,
				       size_t len, int *err)
{
	char copy[NAME_MAX + 1];
	struct dentry *dentry;
	struct inode *inode;

	memcpy(copy, name, len);
	copy[len] = '\0';
	inode = dir->inode->i_op->lookup(dir->inode, copy, err);
	if (!inode)
		return NULL;
	dentry = dentry_new(dir, name, len, inode);
	if (!dentry) {
		iput(inode);
		*err = -ENOMEM;
	}
	return dentry;
}

struct dentry *lookup_one(struct dentry *dir, const char *name, size_t len,
			  int *err)
{
	struct dentry *found;

	*err = 0;
	if (!S_ISDIR(dir->inode->mode))
		*err = -ENOTDIR;
	else if (len > NAME_MAX)
		*err = -ENAMETOOLONG;
	if (*err)
		return NULL;
	if (is_dot(name, len))
		return dget(dir);
	if (is_dotdot(name, len))
		return dget(dir->parent ? dir->parent : dir);
	found = dentry_find(dir, name, len);
	if (found)
		return found;
	*err = -ENOENT;
	if (!dir->inode->i_op || !dir->inode->i_op->lookup)
		return NULL;
	return lookup_on_demand(dir, name, len, err);
}

/* One step, which lets go of where it comes from. */
static struct dentry *step(struct dentry *from, const char *name, size_t len,
			   int *err)
{
	struct dentry *to = lookup_one(from, name, len, err);

	dput(from);
	return to;
}

static int check_path(const char *path)
{
	if (!*path)
		return -ENOENT;
	return strnlen(path, PATH_MAX) == PATH_MAX ? -ENAMETOOLONG : 0;
}

static struct dentry *start_of(struct dentry *cwd, const char *path)
{
	return dget(*path == '/' || !cwd ? root_dentry() : cwd);
}

struct dentry *walk(struct dentry *cwd, const char *path, int *err)
{
	struct last_part last;
	struct dentry *found = walk_parent(cwd, path, &last, err);

	if (found && last.len)
		found = step(found, last.name, last.len, err);
	if (found && last.slash && !S_ISDIR(found->inode->mode)) {
		dput(found);
		*err = -ENOTDIR;
		return NULL;
	}
	return found;
}

struct dentry *walk_parent(struct dentry *cwd, const char *path,
			   struct last_part *last, int *err)
{
	const char *part;
	struct dentry *at;
	size_t len;

	*last = (struct last_part){};
	*err = check_path(path);
	if (*err)
		return NULL;
	at = start_of(cwd, path);
	while (at && path_next_part(&path, &part, &len)) {
		if (last->len)
			at = step(at, last->name, last->len, err);
		last->name = part;
		last->len = len;
	}
	last->slash = last->len && last->name[last->len] == '/';
	if (at && !S_ISDIR(at->inode->mode)) {
		dput(at);
		*err = -ENOTDIR;
		return NULL;
	}
	return at;
}

/* --- making --- */

struct dentry *add_one(struct dentry *dir, const char *name, size_t len,
		       struct inode *inode, int *err)
{
	struct dentry *dentry = dentry_new(dir, name, len, inode);

	*err = dentry ? 0 : -ENOMEM;
	if (!dentry) {
		iput(inode);
		return NULL;
	}
	dentry_link(dentry);
	if (S_ISDIR(inode->mode))
		dir->inode->nlink++;
	inode_dirty_time(dir->inode);
	return dentry;
}

static int may_create(const struct dentry *dir, size_t len)
{
	const struct inode_operations *op = dir->inode->i_op;

	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	if (op && op->create)
		return dir->deleted ? -ENOENT : 0;
	switch (dir->inode->dev) {
	case DEV_ROOT:
		return -EROFS;
	case DEV_PROC:
	case DEV_SYS:
		return -ENOENT; /* it isn't there, and never will be */
	default:
		return -EACCES;
	}
}

struct dentry *create_one(struct dentry *dir, const char *name, size_t len,
			  u32 mode, int *err)
{
	struct inode *inode;

	*err = may_create(dir, len);
	if (*err)
		return NULL;
	inode = dir->inode->i_op->create(dir->inode, mode, err);
	return inode ? add_one(dir, name, len, inode, err) : NULL;
}

static struct dentry *new_name(struct dentry *dir, const struct last_part *last,
			       u32 mode, int *err)
{
	struct dentry *found;

	*err = -EEXIST;
	if (!last->len)
		return NULL; /* the root */
	found = lookup_one(dir, last->name, last->len, err);
	if (found) {
		dput(found);
		*err = -EEXIST;
		return NULL;
	}
	return *err == -ENOENT ?
		       create_one(dir, last->name, last->len, mode, err) :
		       NULL;
}

int vfs_mkdir(struct dentry *cwd, const char *path, u32 mode)
{
	struct last_part last;
	struct dentry *dir;
	int err;

	mutex_lock(&namespace_lock);
	dir = walk_parent(cwd, path, &last, &err);
	if (dir)
		dput(new_name(dir, &last, S_IFDIR | (mode & 07777), &err));
	dput(dir);
	mutex_unlock(&namespace_lock);
	return err;
}

struct dentry *vfs_chdir(struct dentry *cwd, const char *path, int *err)
{
	struct dentry *dir;

	mutex_lock(&namespace_lock);
	dir = walk(cwd, path, err);
	mutex_unlock(&namespace_lock);
	if (dir && !S_ISDIR(dir->inode->mode)) {
		dput(dir);
		*err = -ENOTDIR;
		return NULL;
	}
	return dir;
}

int vfs_stat(struct dentry *cwd, const char *path, struct stat *st,
	     bool follow __unused)
{
	struct dentry *dentry;
	int err;

	mutex_lock(&namespace_lock);
	dentry = walk(cwd, path, &err);
	if (dentry)
		fill_stat(dentry->inode, st);
	dput(dentry);
	mutex_unlock(&namespace_lock);
	return err;
}
