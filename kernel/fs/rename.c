// SPDX-License-Identifier: MIT
/*
 * kernel/fs/rename.c - names go, and change
 *
 * First everything is looked at and what may fail is done; then the tree is
 * changed, which can't fail. An inode whose last name goes lives on in whoever
 * has it open.
 */
#include <kernel/errno.h>
#include <mm/slab.h>

#include "internal.h"

/* The directory and the entry that a path names; both referenced. */
struct place {
	struct dentry *dir, *entry; /* entry NULL: there is none */
	struct last_part last;
};

static int find_place(struct dentry *cwd, const char *path, struct place *place)
{
	int err;

	*place = (struct place){};
	place->dir = walk_parent(cwd, path, &place->last, &err);
	if (!place->dir)
		return err;
	if (!place->last.len)
		return -EBUSY; /* the root */
	place->entry =
		lookup_one(place->dir, place->last.name, place->last.len, &err);
	return err == -ENOENT ? 0 : err;
}

static void put_place(struct place *place)
{
	dput(place->entry);
	dput(place->dir);
}

/* A name that stands for itself, not for the directory or its parent. */
static bool is_ordinary(const struct place *place)
{
	return place->entry->parent == place->dir && place->entry != place->dir;
}

static bool is_dir(const struct dentry *dentry)
{
	return S_ISDIR(dentry->inode->mode);
}

static int may_change(const struct dentry *dir)
{
	const struct inode_operations *op = dir->inode->i_op;

	if (op && op->create)
		return 0;
	return dir->inode->dev == DEV_ROOT ? -EROFS : -EACCES;
}

static int may_remove(const struct place *place, bool dir)
{
	const struct dentry *entry = place->entry;

	if (!entry)
		return -ENOENT;
	if (!is_ordinary(place))
		return dir ? -EINVAL : -EISDIR;
	if (dir && !is_dir(entry))
		return -ENOTDIR;
	if (!dir && is_dir(entry))
		return -EISDIR;
	if (!dir && place->last.slash)
		return -ENOTDIR;
	if (entry->mountpoint)
		return -EBUSY;
	if (!list_empty(&entry->children))
		return -ENOTEMPTY;
	return may_change(place->dir);
}

static void remove(struct dentry *dir, struct dentry *entry)
{
	if (is_dir(entry)) {
		entry->inode->nlink = 0;
		dir->inode->nlink--;
	} else {
		entry->inode->nlink--;
	}
	dentry_unlink(entry);
	inode_dirty_time(dir->inode);
}

int vfs_unlink(struct dentry *cwd, const char *path, bool dir)
{
	struct place place;
	int err;

	mutex_lock(&namespace_lock);
	err = find_place(cwd, path, &place);
	if (err == -EBUSY && !dir)
		err = -EISDIR;
	if (!err)
		err = may_remove(&place, dir);
	if (!err)
		remove(place.dir, place.entry);
	put_place(&place);
	mutex_unlock(&namespace_lock);
	return err;
}

/* --- rename --- */

static int may_replace(const struct place *from, const struct place *to)
{
	const struct dentry *old = to->entry;

	if (!old)
		return (to->last.slash && !is_dir(from->entry)) ? -ENOTDIR : 0;
	if (!is_ordinary(to))
		return -EBUSY;
	if (is_dir(old) && !is_dir(from->entry))
		return -EISDIR;
	if (!is_dir(old) && is_dir(from->entry))
		return -ENOTDIR;
	if (old->mountpoint)
		return -EBUSY;
	return list_empty(&old->children) ? 0 : -ENOTEMPTY;
}

static int may_rename(const struct place *from, const struct place *to)
{
	int err;

	if (!from->entry)
		return -ENOENT;
	if (!is_ordinary(from) || from->entry->mountpoint)
		return -EBUSY;
	if (from->last.slash && !is_dir(from->entry))
		return -ENOTDIR;
	if (from->dir->inode->dev != to->dir->inode->dev)
		return -EXDEV;
	if (dentry_is_below(to->dir, from->entry))
		return -EINVAL;
	err = may_change(from->dir);
	if (!err)
		err = may_change(to->dir);
	if (err)
		return err;
	if (to->last.len > NAME_MAX)
		return -ENAMETOOLONG;
	return to->dir->deleted ? -ENOENT : may_replace(from, to);
}

static void move(struct place *from, struct place *to, char *name)
{
	if (to->entry)
		remove(to->dir, to->entry);
	if (is_dir(from->entry)) {
		from->dir->inode->nlink--;
		to->dir->inode->nlink++;
	}
	dentry_move(from->entry, to->dir, name);
	inode_dirty_time(from->dir->inode);
	inode_dirty_time(to->dir->inode);
}

static int rename_places(struct place *from, struct place *to)
{
	int err = may_rename(from, to);
	char *name;

	/* Both names are one file's: as if done. */
	if (from->entry && from->entry == to->entry && (!err || err == -EINVAL))
		return 0;
	if (err)
		return err;
	name = dentry_name(to->last.name, to->last.len);
	if (!name)
		return -ENOMEM;
	move(from, to, name);
	return 0;
}

int vfs_rename(struct dentry *cwd, const char *from_path, const char *to_path)
{
	struct place from, to = {};
	int err;

	mutex_lock(&namespace_lock);
	err = find_place(cwd, from_path, &from);
	if (!err)
		err = find_place(cwd, to_path, &to);
	if (!err)
		err = rename_places(&from, &to);
	put_place(&to);
	put_place(&from);
	mutex_unlock(&namespace_lock);
	return err;
}
