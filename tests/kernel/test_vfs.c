// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_vfs.c - names, open, stat, seeking, listing, /proc, /dev
 */
#include <kernel/point.h>
#include <kernel/vfile.h>

#include "fs_fixture.h"

/* --- names --- */

TEST(vfs, paths_lead_where_they_say)
{
	struct dentry *tmp;
	struct stat a, b;
	int err;

	EXPECT_EQ(vfs_stat(NULL, "/", &a, true), 0);
	EXPECT_TRUE(S_ISDIR(a.st_mode));
	EXPECT_EQ(vfs_stat(NULL, "/..", &b, true), 0);
	EXPECT_EQ(a.st_ino, b.st_ino);
	EXPECT_EQ(vfs_stat(NULL, "//tmp/./../tmp/", &a, true), 0);
	tmp = vfs_chdir(NULL, "tmp", &err);
	ASSERT_TRUE(tmp != NULL);
	EXPECT_EQ(vfs_stat(tmp, ".", &b, true), 0);
	EXPECT_EQ(a.st_ino, b.st_ino);
	EXPECT_EQ(vfs_stat(tmp, "../dev/null", &b, true), 0);
	EXPECT_EQ(b.st_mode & S_IFMT, S_IFCHR);
	EXPECT_EQ(b.st_rdev, 0x103);
	dput(tmp);
}

TEST(vfs, bad_paths_are_refused)
{
	static char name[PATH_MAX + 2];
	struct stat st;

	EXPECT_EQ(vfs_stat(NULL, "", &st, true), -ENOENT);
	EXPECT_EQ(vfs_stat(NULL, "/no/such", &st, true), -ENOENT);
	EXPECT_EQ(vfs_stat(NULL, "/dev/null/x", &st, true), -ENOTDIR);
	EXPECT_EQ(vfs_stat(NULL, "/dev/null/", &st, true), -ENOTDIR);
	EXPECT_EQ(vfs_stat(NULL, "/dev/null/..", &st, true), -ENOTDIR);
	memset(name, 'a', NAME_MAX + 1);
	name[0] = '/';
	name[NAME_MAX + 1] = '\0';
	EXPECT_EQ(vfs_stat(NULL, name, &st, true), -ENOENT);
	name[NAME_MAX + 1] = 'a';
	EXPECT_EQ(vfs_stat(NULL, name, &st, true), -ENAMETOOLONG);
	memset(name, '/', PATH_MAX);
	EXPECT_EQ(vfs_stat(NULL, name, &st, true), -ENAMETOOLONG);
	name[PATH_MAX - 1] = '\0';
	EXPECT_EQ(vfs_stat(NULL, name, &st, true), 0);
}

TEST(vfs, open_refuses_what_cannot_be)
{
	EXPECT_EQ(fs_open_error("/tmp", O_RDONLY), 0);
	EXPECT_EQ(fs_open_error("/tmp", O_WRONLY), -EISDIR);
	EXPECT_EQ(fs_open_error("/tmp/", O_RDWR | O_CREAT), -EISDIR);
	EXPECT_EQ(fs_open_error("/tmp/x/", O_RDWR | O_CREAT), -EISDIR);
	EXPECT_EQ(fs_open_error("/x", O_RDWR | O_CREAT), -EROFS);
	EXPECT_EQ(fs_open_error("/proc/x", O_RDWR | O_CREAT), -ENOENT);
	EXPECT_EQ(fs_open_error("/tmp/no/x", O_RDWR | O_CREAT), -ENOENT);
	EXPECT_EQ(fs_open_error("/dev/null", O_RDONLY | O_DIRECTORY), -ENOTDIR);
	EXPECT_EQ(fs_open_error("/dev/null", O_CREAT | O_EXCL), -EEXIST);
	EXPECT_EQ(fs_open_error("/proc/meminfo", O_WRONLY), -EACCES);
	EXPECT_EQ(fs_open_error("/dev/null", O_ACCMODE), -EINVAL);
	EXPECT_EQ(vfs_mkdir(NULL, "/x", 0755), -EROFS);
	EXPECT_EQ(vfs_mkdir(NULL, "/", 0755), -EEXIST);
	EXPECT_EQ(vfs_unlink(NULL, "/tmp", true), -EBUSY);
	EXPECT_EQ(vfs_unlink(NULL, "/dev/null", false), -EACCES);
	EXPECT_EQ(vfs_rename(NULL, "/dev/null", "/tmp/null"), -EXDEV);
}

TEST(vfs, modes_are_kept_to)
{
	struct file *r = fs_open("/dev/zero", O_RDONLY);
	struct file *w = fs_open("/dev/zero", O_WRONLY);
	char c = 'x';

	ASSERT_TRUE(r && w);
	EXPECT_EQ(fs_read(w, &c, 1), -EBADF);
	EXPECT_EQ(fs_write(r, &c, 1), -EBADF);
	EXPECT_EQ(fs_read(r, &c, 1), 1);
	EXPECT_EQ(c, 0);
	fput(r);
	fput(w);
}

/* --- devices --- */

TEST(vfs, devices_do_what_theirs_do)
{
	struct file *null = fs_open("/dev/null", O_RDWR);
	struct file *full = fs_open("/dev/full", O_RDWR);
	struct file *random = fs_open("/dev/urandom", O_RDWR);
	u64 a[40] = { 0 }, b[40] = { 0 };

	ASSERT_TRUE(null && full && random);
	EXPECT_EQ(fs_write(null, a, sizeof(a)), sizeof(a));
	EXPECT_EQ(fs_read(null, a, sizeof(a)), 0);
	EXPECT_EQ(fs_write(full, a, 1), -ENOSPC);
	EXPECT_EQ(fs_read(random, a, sizeof(a)), sizeof(a));
	EXPECT_EQ(fs_read(random, b, sizeof(b)), sizeof(b));
	EXPECT_TRUE(memcmp(a, b, sizeof(a)) != 0);
	EXPECT_TRUE(a[38] && a[39]);
	fput(null);
	fput(full);
	fput(random);
}

TEST(vfs, console_is_no_file_with_a_place)
{
	struct file *file = console_open();

	ASSERT_TRUE(file != NULL);
	EXPECT_EQ(vfs_lseek(file, 0, SEEK_CUR), -ESPIPE);
	EXPECT_FALSE(file_seekable(file));
	EXPECT_EQ(fs_write(file, "", 0), 0);
	fput(file);
}

/* --- /proc and /sys --- */

/* In pieces of one byte: the text must not change under the reader. */
static u64 read_slowly(struct file *file, char *text, u64 size)
{
	u64 len = 0;

	while (len < size && fs_read(file, text + len, 1) == 1)
		len++;
	return len;
}

TEST(vfs, functions_read_as_files)
{
	static char text[512];
	struct file *file = fs_open("/proc/uptime", O_RDONLY);
	u64 len;

	ASSERT_TRUE(file != NULL);
	len = read_slowly(file, text, sizeof(text));
	EXPECT_GT(len, 0);
	EXPECT_EQ(text[len - 1], '\n');
	EXPECT_EQ(vfs_lseek(file, 1, SEEK_SET), 1);
	EXPECT_EQ(fs_read(file, text, sizeof(text)), len - 1);
	fput(file);
}

/* Longer than the first buffer. */
static void show_long(struct seq *s, void *arg)
{
	for (u64 i = 0; i < *(u64 *)arg; i++)
		seq_printf(s, "%07lu\n", i);
}

static const struct seq_ops long_ops = { .show = show_long };

TEST(vfs, long_texts_are_read_whole)
{
	u64 lines = 2000, at;
	struct inode *inode = seq_inode_new(DEV_PROC, 0444, &long_ops, &lines);
	struct file *file = inode ? file_new(inode, NULL, O_RDONLY) : NULL;
	char line[9] = "", expected[9];

	ASSERT_TRUE(file != NULL);
	for (at = 0; fs_read(file, line, 8) == 8; at++) {
		snprintf(expected, sizeof(expected), "%07lu\n", at);
		EXPECT_STREQ(line, expected);
	}
	EXPECT_EQ(at, lines);
	iput(inode);
	fput(file);
}

TEST(vfs, a_written_value_reaches_its_function)
{
	struct file *file = fs_open("/proc/sys/vm/watermark_scale_factor",
				    O_RDWR | O_TRUNC);
	char text[32] = "";

	ASSERT_TRUE(file != NULL);
	EXPECT_EQ(fs_write(file, "nonsense", 8), -EINVAL);
	EXPECT_EQ(fs_write(file, "20\n", 3), 3);
	vfs_lseek(file, 0, SEEK_SET);
	EXPECT_EQ(fs_read(file, text, sizeof(text)), 3);
	EXPECT_STREQ(text, "20\n");
	EXPECT_EQ(fs_write(file, "10\n", 3), 3);
	fput(file);
}

/* --- listing --- */

struct names {
	struct dir_context ctx;
	u32 nr, max; /* max a call, then the buffer is full */
	char text[512];
};

static bool add_name(struct dir_context *ctx, const char *name, u64 ino, u8 type)
{
	struct names *names = container_of(ctx, struct names, ctx);
	size_t len = strlen(names->text);

	if (names->nr == names->max)
		return false;
	names->nr++;
	snprintf(names->text + len, sizeof(names->text) - len, "%s%s ", name,
		 !ino		? "?" :
		 type == DT_DIR ? "/" :
				  "");
	return true;
}

/* All names, `max` a call. */
static void list(const char *path, struct names *names, u32 max)
{
	struct file *dir = fs_open(path, O_RDONLY | O_DIRECTORY);

	*names = (struct names){ .ctx.emit = add_name, .max = max };
	if (!dir)
		return;
	do {
		names->nr = 0;
		vfs_iterate(dir, &names->ctx);
	} while (names->nr == max);
	fput(dir);
}

TEST(vfs, listing_goes_on_where_it_stopped)
{
	static struct names names;

	for (u32 max = 1; max < 10; max++) {
		list("/dev", &names, max);
		EXPECT_STREQ(names.text,
			     "./ ../ null zero full random urandom tty console ");
		list("/proc/sys", &names, max);
		EXPECT_STREQ(names.text, "./ ../ vm/ ");
	}
	list("/", &names, 100);
	/* Then what the initramfs brought, if there was one. */
	EXPECT_TRUE(str_has_prefix(names.text, "./ ../ dev/ tmp/ proc/ sys/ "));
	list("/proc", &names, 100);
	EXPECT_TRUE(strstr(names.text, "meminfo ") != NULL);
}

/* --- failures --- */

TEST(vfs, each_failed_allocation_is_an_error_and_leaves_nothing)
{
	static const char *const points[] = { "inode_alloc", "dentry_alloc",
					      "file_alloc" };
	FS_BEGIN();

	for (u32 i = 0; i < ARRAY_SIZE(points); i++) {
		point_fail_nth(points[i], 1);
		EXPECT_EQ(fs_open_error("/tmp/f", O_RDWR | O_CREAT), -ENOMEM);
		point_disable(points[i]);
		vfs_unlink(NULL, "/tmp/f", false);
		point_fail_nth(points[i], 1);
		EXPECT_EQ(fs_open_error("/proc/meminfo", O_RDONLY), -ENOMEM);
		point_disable(points[i]);
		EXPECT_EQ(fs_check(), 0);
	}
	EXPECT_EQ(fs_size("/tmp/f"), -ENOENT);
	EXPECT_EQ(fs_open_error("/proc/meminfo", O_RDONLY), 0);
	FS_END();
}
