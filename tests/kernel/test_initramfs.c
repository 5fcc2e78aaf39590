// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_initramfs.c - an archive becomes a tree of its own
 *
 * Its root is in no other tree: paths are relative to it, as from a program's
 * working directory.
 */
#include <kernel/point.h>
#include <mm/shmem.h>

#include "../../kernel/fs/internal.h"
#include "cpio_fixture.h"
#include "fs_fixture.h"
#include "space_fixture.h"

static struct dentry *new_root(struct test *t)
{
	struct inode *inode = initramfs_dir(0755);
	struct dentry *root = inode ? dentry_new(NULL, "", 0, inode) : NULL;

	EXPECT_TRUE(root != NULL);
	if (root)
		initramfs_fill(root, archive.bytes, archive.size);
	return root;
}

/* Leaves first. */
static void drop_root(struct dentry *root)
{
	struct dentry *d = root;

	mutex_lock(&namespace_lock);
	while (!list_empty(&root->children)) {
		for (d = root; !list_empty(&d->children);)
			d = list_first_entry(&d->children, struct dentry,
					     sibling);
		dentry_unlink(d);
	}
	mutex_unlock(&namespace_lock);
	dput(root);
}

static struct file *open_in(struct dentry *root, const char *path)
{
	int err;

	return vfs_open(root, path, O_RDONLY, 0, &err);
}

static s64 size_in(struct dentry *root, const char *path)
{
	struct stat st;
	int err = vfs_stat(root, path, &st, true);

	return err ? err : st.st_size;
}

TEST(initramfs, names_are_normalised)
{
	FS_BEGIN();
	struct dentry *root;

	archive_begin();
	archive_add("/abs", S_IFREG | 0644, "1", 1);
	archive_add("./dot/./x", S_IFREG | 0644, "22", 2);
	archive_add("../../up", S_IFREG | 0644, "333", 3);
	archive_add("a/../b", S_IFREG | 0644, "4444", 4);
	archive_add(".", S_IFDIR | 0755, "", 0);
	archive_add("twice", S_IFREG | 0644, "1", 1);
	archive_add("twice", S_IFREG | 0755, "55555", 5);
	archive_end();
	root = new_root(t);
	EXPECT_EQ(size_in(root, "abs"), 1);
	EXPECT_EQ(size_in(root, "dot/x"), 2);
	EXPECT_EQ(size_in(root, "up"), 3);
	EXPECT_EQ(size_in(root, "b"), 4);
	EXPECT_EQ(size_in(root, "twice"), 5);
	drop_root(root);
	FS_END();
}

TEST(initramfs, what_cannot_be_placed_is_left_out)
{
	FS_BEGIN();
	static char name[NAME_MAX + 10];
	struct dentry *root;

	memset(name, 'n', NAME_MAX + 1);
	archive_begin();
	archive_add("file", S_IFREG | 0644, "1", 1);
	archive_add("dir", S_IFDIR | 0755, "", 0);
	archive_add("file/x", S_IFREG | 0644, "1", 1);
	archive_add("dir", S_IFREG | 0644, "1", 1);
	archive_add("file", S_IFDIR | 0755, "", 0);
	archive_add("link", S_IFLNK | 0777, "file", 4);
	archive_add("device", S_IFCHR | 0600, "", 0);
	archive_add("", S_IFREG | 0600, "", 0);
	archive_add(name, S_IFREG | 0600, "", 0);
	archive_add("last", S_IFREG | 0644, "22", 2);
	archive_end();
	root = new_root(t);
	EXPECT_EQ(size_in(root, "file"), 1);
	EXPECT_EQ(size_in(root, "dir"), 0);
	EXPECT_EQ(size_in(root, "link"), -ENOENT);
	EXPECT_EQ(size_in(root, "device"), -ENOENT);
	EXPECT_EQ(size_in(root, "last"), 2);
	drop_root(root);
	FS_END();
}

static char data[2 * PAGE_SIZE + 100];

/* A file of three pages, the last one in part. */
static struct dentry *root_with_file(struct test *t)
{
	for (u64 i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7 + i / 256);
	archive_begin();
	archive_add("f", S_IFREG | 0755, data, sizeof(data));
	archive_end();
	return new_root(t);
}

TEST(initramfs, pages_are_read_once_and_dropped_on_request)
{
	u64 before = fs_cached();
	struct dentry *root = root_with_file(t);
	struct file *file = open_in(root, "f");
	static char copy[sizeof(data) + 1];

	ASSERT_TRUE(file != NULL);
	EXPECT_EQ(fs_cached(), before);
	EXPECT_EQ(kernel_read(file, copy, sizeof(copy), 0), sizeof(data));
	EXPECT_EQ(memcmp(copy, data, sizeof(data)), 0);
	EXPECT_EQ(fs_cached(), before + 3);
	EXPECT_EQ(kernel_read(file, copy, 100, PAGE_SIZE - 50), 100);
	EXPECT_EQ(memcmp(copy, data + PAGE_SIZE - 50, 100), 0);
	EXPECT_EQ(fs_cached(), before + 3);
	EXPECT_GE(drop_page_cache(), 3);
	EXPECT_EQ(file->f_mapping->nrpages, 0);
	EXPECT_EQ(kernel_read(file, copy, 1, 5), 1);
	EXPECT_EQ(copy[0], data[5]);
	fput(file);
	drop_root(root);
	EXPECT_EQ(fs_check(), 0);
}

TEST(initramfs, an_unreadable_page_is_an_error_not_an_end)
{
	FS_BEGIN();
	struct dentry *root = root_with_file(t);
	struct file *file = open_in(root, "f");
	struct mm_struct *mm = mm_alloc();
	vaddr_t a;
	char c;

	ASSERT_TRUE(file && mm);
	a = (vaddr_t)do_mmap(mm, file, 0, PAGE_SIZE, PROT_READ, MAP_PRIVATE, 0);
	point_fail_nth("initramfs_read_page", 1);
	EXPECT_EQ(kernel_read(file, &c, 1, 0), -EIO);
	point_fail_nth("initramfs_read_page", 1);
	EXPECT_TRUE(space_touch(mm, a, false) == NULL);
	point_disable("initramfs_read_page");
	EXPECT_EQ(*(char *)space_touch(mm, a, false), data[0]);
	EXPECT_EQ(kernel_read(file, &c, 1, 0), 1);
	mmput(mm);
	fput(file);
	drop_root(root);
	FS_END();
}

TEST(initramfs, each_failed_allocation_leaves_what_fits)
{
	static const char *const points[] = { "inode_alloc", "dentry_alloc" };
	struct dentry *root;
	FS_BEGIN();

	archive_begin();
	archive_add("a/b/c", S_IFREG | 0644, "1", 1);
	archive_add("d", S_IFREG | 0644, "1", 1);
	archive_end();
	for (u32 i = 0; i < ARRAY_SIZE(points); i++)
		for (u32 nth = 3; nth <= 5; nth++) { /* the root needs one */
			point_fail_nth(points[i], nth);
			root = new_root(t);
			point_disable(points[i]);
			if (root)
				drop_root(root);
			EXPECT_EQ(fs_check(), 0);
		}
	FS_END();
}
