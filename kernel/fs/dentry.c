// SPDX-License-Identifier: MIT
/*
 * kernel/fs/dentry.c - names: a tree of dentries, each with its inode
 *
 *	/ ── bin ── hello		the tree holds a reference on each of
 *	 \── tmp ── a			these: they are the directories, no disk
 *	      └──── b			knows more
 *
 * A dentry refers to its parent. One that is in the tree has a reference for
 * that, so it can be found as long as it is in it, under namespace_lock, and
 * the last reference goes only afterwards. Hence dput() needs no lock: what
 * has no reference can't be found.
 *
 * Entries of /proc are made when somebody looks for them. They are not linked:
 * two lookups give two dentries, which go with who asked.
 *
 * readdir: each name gets the next number of its directory when it is linked,
 * and new ones go to the end of the list. So "the first from number n on" goes
 * on where it stopped, whatever has come and gone.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/slab.h>

#include "internal.h"

static DEFINE_LOCK_CLASS(namespace_class, "namespace", false);
DEFINE_MUTEX(namespace_lock, namespace_class);
static struct kmem_cache *dentry_cache;

int dentry_init(void)
{
	dentry_cache = kmem_cache_create("dentry", sizeof(struct dentry), 0,
					 SLAB_RECLAIM_ACCOUNT, NULL);
	return dentry_cache ? 0 : -ENOMEM;
}

char *dentry_name(const char *name, size_t len)
{
	char *copy = kmalloc(len + 1, GFP_KERNEL | __GFP_RECLAIMABLE);

	if (!copy)
		return NULL;
	memcpy(copy, name, len);
	copy[len] = '\0';
	return copy;
}

struct dentry *dentry_new(struct dentry *parent, const char *name, size_t len,
			  struct inode *inode)
{
	struct dentry *dentry = NULL;

	if (!POINT_FAILS(dentry_alloc, len))
		dentry = kmem_cache_zalloc(dentry_cache, GFP_KERNEL);
	if (!dentry)
		return NULL;
	dentry->name = dentry_name(name, len);
	if (!dentry->name) {
		kmem_cache_free(dentry_cache, dentry);
		return NULL;
	}
	dentry->refs = 1;
	dentry->parent = parent ? dget(parent) : NULL;
	dentry->inode = inode;
	dentry->next_cookie = 2; /* behind "." and ".." */
	INIT_LIST_HEAD(&dentry->children);
	INIT_LIST_HEAD(&dentry->sibling);
	return dentry;
}

void dput(struct dentry *dentry)
{
	while (dentry &&
	       !__atomic_sub_fetch(&dentry->refs, 1, __ATOMIC_ACQ_REL)) {
		struct dentry *parent = dentry->parent;

		iput(dentry->inode);
		kfree(dentry->name);
		kmem_cache_free(dentry_cache, dentry);
		dentry = parent;
	}
}

void dentry_link(struct dentry *dentry)
{
	struct dentry *parent = dentry->parent;

	dentry->cookie = parent->next_cookie++;
	dentry->in_tree = true;
	list_add_tail(&dentry->sibling, &parent->children);
	dget(dentry);
}

void dentry_unlink(struct dentry *dentry)
{
	list_del(&dentry->sibling);
	dentry->in_tree = false;
	dentry->deleted = true;
	dput(dentry);
}

/* The old parent's reference goes to the new one's account. */
void dentry_move(struct dentry *dentry, struct dentry *parent, char *name)
{
	struct dentry *old_parent = dentry->parent;

	kfree(dentry->name);
	dentry->name = name;
	dentry->parent = dget(parent);
	dentry->cookie = parent->next_cookie++;
	list_del(&dentry->sibling);
	list_add_tail(&dentry->sibling, &parent->children);
	dput(old_parent);
}

struct dentry *dentry_find(struct dentry *parent, const char *name, size_t len)
{
	struct dentry *child;

	list_for_each_entry(child, &parent->children, sibling)
		if (!strncmp(child->name, name, len) && !child->name[len])
			return dget(child);
	return NULL;
}

bool dentry_is_below(const struct dentry *dentry, const struct dentry *top)
{
	for (; dentry; dentry = dentry->parent)
		if (dentry == top)
			return true;
	return false;
}

/* --- listing --- */

u8 mode_to_dt(u32 mode)
{
	return (mode & S_IFMT) >> 12;
}

int emit_dots(struct file *file, struct dir_context *ctx)
{
	struct dentry *dentry = file->f_dentry;
	u64 parent_ino = file->f_inode->ino;

	if (ctx->pos == 0) {
		if (!ctx->emit(ctx, ".", file->f_inode->ino, DT_DIR))
			return 1;
		ctx->pos = 1;
	}
	if (ctx->pos != 1)
		return 0;
	mutex_lock(&namespace_lock);
	if (dentry->parent)
		parent_ino = dentry->parent->inode->ino;
	mutex_unlock(&namespace_lock);
	if (!ctx->emit(ctx, "..", parent_ino, DT_DIR))
		return 1;
	ctx->pos = 2;
	return 0;
}

/* Names copied under the lock, as emit() must be called without. */
#define BATCH 14

struct batch {
	u32 nr;
	struct batch_entry {
		u64 cookie, ino;
		u8 type;
		char name[NAME_MAX + 1];
	} entries[BATCH];
};

static void fill_batch(struct batch *batch, const struct dentry *dir, u64 from)
{
	const struct dentry *child;

	batch->nr = 0;
	mutex_lock(&namespace_lock);
	list_for_each_entry(child, &dir->children, sibling) {
		struct batch_entry *entry = &batch->entries[batch->nr];

		if (child->cookie < from)
			continue;
		entry->cookie = child->cookie;
		entry->ino = child->inode->ino;
		entry->type = mode_to_dt(child->inode->mode);
		strscpy(entry->name, child->name, sizeof(entry->name));
		if (++batch->nr == BATCH)
			break;
	}
	mutex_unlock(&namespace_lock);
}

/* True: all were taken. */
static bool emit_batch(const struct batch *batch, struct dir_context *ctx)
{
	for (u32 i = 0; i < batch->nr; i++) {
		const struct batch_entry *entry = &batch->entries[i];

		ctx->pos = entry->cookie;
		if (!ctx->emit(ctx, entry->name, entry->ino, entry->type))
			return false;
		ctx->pos++;
	}
	return true;
}

static int tree_iterate(struct file *file, struct dir_context *ctx)
{
	struct batch *batch;

	if (emit_dots(file, ctx))
		return 0;
	batch = kmalloc(sizeof(*batch), GFP_KERNEL);
	if (!batch)
		return -ENOMEM;
	do {
		fill_batch(batch, file->f_dentry, ctx->pos);
	} while (emit_batch(batch, ctx) && batch->nr);
	kfree(batch);
	return 0;
}

const struct file_operations tree_dir_ops = { .iterate = tree_iterate };

/* --- paths --- */

/* Put text in front of *at; false: there is no room. */
static bool prepend(char **at, const char *buf, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(*at - buf) < len)
		return false;
	*at -= len;
	memcpy(*at, text, len);
	return true;
}

const char *dentry_path(const struct dentry *dentry, char *buf, size_t size)
{
	char *at = buf + size - 1;
	bool fits = true;

	*at = '\0';
	mutex_lock(&namespace_lock);
	if (!dentry->parent)
		fits = prepend(&at, buf, "/");
	else if (dentry->deleted)
		fits = prepend(&at, buf, " (deleted)");
	for (; fits && dentry->parent; dentry = dentry->parent)
		fits = prepend(&at, buf, dentry->name) && prepend(&at, buf, "/");
	mutex_unlock(&namespace_lock);
	return fits ? at : "(too long)";
}

/* --- checking --- */

static int check_one(const struct dentry *dentry, u32 children)
{
	u32 least = 1 + children; /* the tree's */
	int findings = 0;

	if (dentry->refs < least) {
		pr_err("fs: '%.64s' has %u references, %u are known\n",
		       dentry->name, dentry->refs, least);
		findings++;
	}
	if (!dentry->inode->refs || !dentry->inode->nlink) {
		pr_err("fs: '%.64s' names an inode with %u references, %u links\n",
		       dentry->name, dentry->inode->refs, dentry->inode->nlink);
		findings++;
	}
	return findings;
}

static int check_links(const struct dentry *dir, u32 dirs)
{
	if (!S_ISDIR(dir->inode->mode) || dir->inode->nlink == 2 + dirs ||
	    dir->inode->dev == DEV_PROC || dir->inode->dev == DEV_SYS)
		return 0;
	pr_err("fs: '%.64s' has %u links and %u directories in it\n", dir->name,
	       dir->inode->nlink, dirs);
	return 1;
}

static const struct dentry *next_in_tree(const struct dentry *d,
					 const struct dentry *root)
{
	if (!list_empty(&d->children))
		return list_first_entry(&d->children, struct dentry, sibling);
	while (d != root && d->sibling.next == &d->parent->children)
		d = d->parent;
	return d == root ? NULL :
			   list_entry(d->sibling.next, struct dentry, sibling);
}

int dentry_check(const struct dentry *root)
{
	int findings = 0;

	mutex_lock(&namespace_lock);
	for (const struct dentry *d = root; d; d = next_in_tree(d, root)) {
		const struct dentry *child;
		u32 children = 0, dirs = 0;

		list_for_each_entry(child, &d->children, sibling) {
			children++;
			dirs += S_ISDIR(child->inode->mode);
			findings += child->parent != d || !child->in_tree ||
				    child->cookie >= d->next_cookie;
		}
		findings += check_one(d, children) + check_links(d, dirs);
	}
	mutex_unlock(&namespace_lock);
	return findings;
}
