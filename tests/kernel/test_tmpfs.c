// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_tmpfs.c - files in the page cache, against a model
 */
#include <kernel/point.h>
#include <kernel/random.h>
#include <mm/fault.h>
#include <mm/page_ref.h>

#include "fs_fixture.h"
#include "space_fixture.h"

TEST(tmpfs, what_is_written_is_read)
{
	FS_BEGIN();
	struct file *file = fs_open("/tmp/a", O_RDWR | O_CREAT | O_EXCL);
	char text[16] = "";

	ASSERT_TRUE(file != NULL);
	EXPECT_EQ(fs_write(file, "hello, ", 7), 7);
	EXPECT_EQ(fs_write(file, "world", 5), 5);
	EXPECT_EQ(fs_size("/tmp/a"), 12);
	EXPECT_EQ(vfs_lseek(file, -5, SEEK_END), 7);
	EXPECT_EQ(fs_read(file, text, sizeof(text)), 5);
	EXPECT_STREQ(text, "world");
	EXPECT_EQ(fs_read(file, text, sizeof(text)), 0);
	EXPECT_EQ(global_node_page_state(NR_SHMEM), _shmem + 1);
	fput(file);
	EXPECT_EQ(fs_open_error("/tmp/a", O_RDWR | O_CREAT | O_EXCL), -EEXIST);
	EXPECT_EQ(fs_open_error("/tmp/a", O_WRONLY | O_TRUNC), 0);
	EXPECT_EQ(fs_size("/tmp/a"), 0);
	EXPECT_EQ(vfs_unlink(NULL, "/tmp/a", false), 0);
	FS_END();
}

TEST(tmpfs, holes_take_no_pages)
{
	FS_BEGIN();
	struct file *file = fs_open("/tmp/hole", O_RDWR | O_CREAT);
	u8 bytes[32];

	ASSERT_TRUE(file != NULL);
	EXPECT_EQ(fs_write_at(file, "x", 1, 1 * GiB + 5), 1);
	EXPECT_EQ(kernel_read(file, bytes, 32, 1 * GiB - 16), 22);
	EXPECT_EQ(bytes[20], 0);
	EXPECT_EQ(bytes[21], 'x');
	EXPECT_EQ(kernel_read(file, bytes, 32, 12345), 32);
	EXPECT_EQ(global_node_page_state(NR_SHMEM), _shmem + 1);
	fput(file);
	EXPECT_EQ(vfs_unlink(NULL, "/tmp/hole", false), 0);
	FS_END();
}

TEST(tmpfs, an_open_file_outlives_its_name)
{
	FS_BEGIN();
	struct file *file = fs_open("/tmp/gone", O_RDWR | O_CREAT);
	char buf[64], c;
	struct stat st;

	ASSERT_TRUE(file != NULL);
	EXPECT_STREQ(file_path(file, buf, sizeof(buf)), "/tmp/gone");
	fs_write(file, "abc", 3);
	EXPECT_EQ(vfs_unlink(NULL, "/tmp/gone", false), 0);
	EXPECT_EQ(fs_size("/tmp/gone"), -ENOENT);
	EXPECT_STREQ(file_path(file, buf, sizeof(buf)), "/tmp/gone (deleted)");
	EXPECT_EQ(vfs_fstat(file, &st), 0);
	EXPECT_EQ(st.st_nlink, 0);
	EXPECT_EQ(kernel_read(file, &c, 1, 2), 1);
	EXPECT_EQ(c, 'c');
	fput(file);
	FS_END();
}

TEST(tmpfs, appending_goes_to_the_end)
{
	FS_BEGIN();
	struct file *a = fs_open("/tmp/a", O_WRONLY | O_CREAT | O_APPEND);
	struct file *b = fs_open("/tmp/a", O_RDWR | O_APPEND);
	char text[8] = "";

	ASSERT_TRUE(a && b);
	fs_write(a, "12", 2);
	fs_write(b, "34", 2);
	fs_write(a, "5", 1);
	EXPECT_EQ(kernel_read(b, text, 8, 0), 5);
	EXPECT_STREQ(text, "12345");
	fput(a);
	fput(b);
	EXPECT_EQ(vfs_unlink(NULL, "/tmp/a", false), 0);
	FS_END();
}

static void put(const char *path)
{
	struct file *file = fs_open(path, O_WRONLY | O_CREAT);

	if (!file)
		return;
	fs_write(file, path, strlen(path));
	fput(file);
}

TEST(tmpfs, renaming_moves_and_replaces)
{
	FS_BEGIN();

	EXPECT_EQ(vfs_mkdir(NULL, "/tmp/d", 0755), 0);
	EXPECT_EQ(vfs_mkdir(NULL, "/tmp/d", 0755), -EEXIST);
	put("/tmp/one");
	put("/tmp/three");
	EXPECT_EQ(vfs_rename(NULL, "/tmp/one", "/tmp/three"), 0);
	EXPECT_EQ(fs_size("/tmp/one"), -ENOENT);
	EXPECT_EQ(fs_size("/tmp/three"), 8);
	EXPECT_EQ(vfs_rename(NULL, "/tmp/three", "/tmp/three"), 0);
	EXPECT_EQ(vfs_rename(NULL, "/tmp/none", "/tmp/x"), -ENOENT);
	EXPECT_EQ(vfs_rename(NULL, "/tmp/three", "/tmp/d"), -EISDIR);
	EXPECT_EQ(vfs_rename(NULL, "/tmp/d", "/tmp/three"), -ENOTDIR);
	EXPECT_EQ(vfs_rename(NULL, "/tmp/d", "/tmp/d/e"), -EINVAL);
	EXPECT_EQ(vfs_rename(NULL, "/tmp/d", "/tmp"), -EXDEV);
	EXPECT_EQ(vfs_rename(NULL, "/tmp/d/.", "/tmp/e"), -EBUSY);
	EXPECT_EQ(vfs_rename(NULL, "/tmp/three", "/x"), -EXDEV);
	EXPECT_EQ(vfs_rename(NULL, "/tmp/three", "/tmp/d/f"), 0);
	EXPECT_EQ(fs_size("/tmp/d/f"), 8);
	EXPECT_EQ(vfs_unlink(NULL, "/tmp/d", true), -ENOTEMPTY);
	EXPECT_EQ(vfs_unlink(NULL, "/tmp/d", false), -EISDIR);
	EXPECT_EQ(vfs_unlink(NULL, "/tmp/d/f", true), -ENOTDIR);
	EXPECT_EQ(fs_check(), 0);
	EXPECT_EQ(vfs_mkdir(NULL, "/tmp/e", 0755), 0);
	EXPECT_EQ(vfs_rename(NULL, "/tmp/d", "/tmp/e/d"), 0);
	EXPECT_EQ(fs_check(), 0);
	EXPECT_EQ(vfs_rename(NULL, "/tmp/e/d", "/tmp/e"), -ENOTEMPTY);
	EXPECT_EQ(vfs_unlink(NULL, "/tmp/e/d/f", false), 0);
	EXPECT_EQ(vfs_unlink(NULL, "/tmp/e/d", true), 0);
	EXPECT_EQ(vfs_unlink(NULL, "/tmp/e", true), 0);
	FS_END();
}

TEST(tmpfs, nothing_is_made_in_a_removed_directory)
{
	FS_BEGIN();
	struct dentry *cwd;
	struct file *file;
	char buf[64];
	int err;

	EXPECT_EQ(vfs_mkdir(NULL, "/tmp/d", 0755), 0);
	cwd = vfs_chdir(NULL, "/tmp/d", &err);
	ASSERT_TRUE(cwd != NULL);
	EXPECT_STREQ(dentry_path(cwd, buf, sizeof(buf)), "/tmp/d");
	EXPECT_EQ(vfs_unlink(NULL, "/tmp/d", true), 0);
	EXPECT_EQ(vfs_mkdir(cwd, "x", 0755), -ENOENT);
	file = vfs_open(cwd, "x", O_RDWR | O_CREAT, 0644, &err);
	EXPECT_TRUE(file == NULL);
	EXPECT_EQ(err, -ENOENT);
	dput(cwd);
	FS_END();
}

/* --- mapped --- */

TEST(tmpfs, a_mapping_is_the_file)
{
	FS_BEGIN();
	struct mm_struct *mm = mm_alloc();
	struct file *file = fs_open("/tmp/m", O_RDWR | O_CREAT);
	char *p, c = 0;
	vaddr_t a;

	ASSERT_TRUE(mm && file);
	EXPECT_EQ(vfs_truncate(file, 2 * PAGE_SIZE + 10), 0);
	a = (vaddr_t)do_mmap(mm, file, 0, 4 * PAGE_SIZE, PROT_READ | PROT_WRITE,
			     MAP_SHARED, 0);
	p = space_touch(mm, a + 5, true);
	ASSERT_TRUE(p != NULL);
	*p = 'x';
	EXPECT_EQ(kernel_read(file, &c, 1, 5), 1);
	EXPECT_EQ(c, 'x');
	EXPECT_EQ(fs_write_at(file, "z", 1, PAGE_SIZE), 1);
	EXPECT_EQ(*(char *)space_touch(mm, a + PAGE_SIZE, false), 'z');
	/* The last page of the file is there, behind it is nothing. */
	*(char *)space_touch(mm, a + 2 * PAGE_SIZE + 100, true) = 'y';
	EXPECT_TRUE(space_touch(mm, a + 3 * PAGE_SIZE, false) == NULL);
	/* What was written behind the end is not in the file that grows. */
	EXPECT_EQ(vfs_truncate(file, 3 * PAGE_SIZE), 0);
	EXPECT_EQ(kernel_read(file, &c, 1, 2 * PAGE_SIZE + 100), 1);
	EXPECT_EQ(c, 0);
	EXPECT_EQ(vfs_truncate(file, 2 * PAGE_SIZE + 10), 0);
	*(char *)space_touch(mm, a + 2 * PAGE_SIZE + 20, true) = 'y';
	EXPECT_EQ(fs_write_at(file, "w", 1, 2 * PAGE_SIZE + 50), 1);
	EXPECT_EQ(kernel_read(file, &c, 1, 2 * PAGE_SIZE + 20), 1);
	EXPECT_EQ(c, 0);
	EXPECT_EQ(vfs_truncate(file, PAGE_SIZE), 0);
	EXPECT_TRUE(space_touch(mm, a + PAGE_SIZE, false) == NULL);
	EXPECT_EQ(*(char *)space_touch(mm, a + 5, false), 'x');
	EXPECT_EQ(vfs_unlink(NULL, "/tmp/m", false), 0);
	fput(file); /* the mapping has its own */
	EXPECT_EQ(*(char *)space_touch(mm, a + 5, false), 'x');
	EXPECT_EQ(page_table_check(mm), 0);
	mmput(mm);
	FS_END();
}

/* A truncation's first half comes between a fault's look and its page. */
static void cut(void *ctx, const u64 *values __unused, u32 nr __unused)
{
	((struct address_space *)ctx)->i_size = 0;
}

TEST(tmpfs, a_fault_leaves_no_page_behind_the_end)
{
	FS_BEGIN();
	struct mm_struct *mm = mm_alloc();
	struct file *file = fs_open("/tmp/m", O_RDWR | O_CREAT);
	vaddr_t a;

	ASSERT_TRUE(mm && file);
	EXPECT_EQ(vfs_truncate(file, PAGE_SIZE), 0);
	a = (vaddr_t)do_mmap(mm, file, 0, PAGE_SIZE, PROT_READ, MAP_SHARED, 0);
	point_callback("mm_filemap_add_to_page_cache", cut, file->f_mapping);
	EXPECT_TRUE(space_touch(mm, a, false) == NULL);
	point_disable("mm_filemap_add_to_page_cache");
	EXPECT_EQ(file->f_mapping->nrpages, 0);
	EXPECT_EQ(fs_check(), 0);
	EXPECT_EQ(vfs_unlink(NULL, "/tmp/m", false), 0);
	fput(file);
	mmput(mm);
	FS_END();
}

TEST(tmpfs, shared_memory_is_a_file_of_zeros)
{
	FS_BEGIN();
	struct mm_struct *mm = mm_alloc(), *child;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = (vaddr_t)do_mmap(mm, NULL, 0, 4 * PAGE_SIZE, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, 0);
	ASSERT_TRUE((s64)a > 0);
	EXPECT_EQ(*(u64 *)space_touch(mm, a, false), 0);
	*(u64 *)space_touch(mm, a, true) = 1;
	child = dup_mm(mm);
	ASSERT_TRUE(child != NULL);
	*(u64 *)space_touch(child, a + PAGE_SIZE, true) = 2;
	*(u64 *)space_touch(child, a, true) = 3;
	EXPECT_EQ(*(u64 *)space_touch(mm, a + PAGE_SIZE, false), 2);
	EXPECT_EQ(*(u64 *)space_touch(mm, a, false), 3);
	EXPECT_EQ(global_node_page_state(NR_SHMEM), _shmem + 2);
	EXPECT_EQ(page_table_check_all(), 0);
	mmput(mm);
	EXPECT_EQ(*(u64 *)space_touch(child, a, false), 3);
	mmput(child);
	FS_END();
}

/* --- failures --- */

TEST(tmpfs, each_failed_step_of_a_write_is_an_error)
{
	FS_BEGIN();
	struct file *file = fs_open("/tmp/f", O_RDWR | O_CREAT);

	ASSERT_TRUE(file != NULL);
	point_fail_nth("xa_node_alloc", 1);
	EXPECT_EQ(fs_write_at(file, "x", 1, 100 * PAGE_SIZE), -ENOMEM);
	point_disable("xa_node_alloc");
	EXPECT_EQ(fs_size("/tmp/f"), 0);
	EXPECT_EQ(fs_check(), 0);
	EXPECT_EQ(global_node_page_state(NR_SHMEM), _shmem);
	EXPECT_EQ(fs_write_at(file, "x", 1, INT64_MAX), -EFBIG);
	EXPECT_EQ(vfs_truncate(file, ~0UL), -EINVAL);
	fput(file);
	EXPECT_EQ(vfs_unlink(NULL, "/tmp/f", false), 0);
	FS_END();
}

/* --- a model: files are arrays --- */

#define NR_FILES 4
#define FILE_MAX (5 * PAGE_SIZE)
#define NR_STEPS 3000

static struct model {
	bool exists;
	u64 size;
	u8 bytes[FILE_MAX];
} models[NR_FILES];

static const char *path_of(u32 i)
{
	static const char *const paths[NR_FILES] = { "/tmp/0", "/tmp/1",
						     "/tmp/2", "/tmp/3" };

	return paths[i];
}

static u8 buffer[FILE_MAX];

static void model_write(struct test *t, struct rng *rng, u32 i)
{
	struct model *m = &models[i];
	struct file *file = fs_open(path_of(i), O_RDWR | O_CREAT);
	u64 pos = rng_below(rng, FILE_MAX), len;

	ASSERT_TRUE(file != NULL);
	len = rng_below(rng, (u32)(FILE_MAX - pos)) + 1;
	for (u64 k = 0; k < len; k++)
		buffer[k] = (u8)rng_next(rng);
	EXPECT_EQ(fs_write_at(file, buffer, len, pos), len);
	memcpy(m->bytes + pos, buffer, len);
	m->size = max(m->size, pos + len);
	m->exists = true;
	fput(file);
}

static void model_truncate(struct test *t, struct rng *rng, u32 i)
{
	struct model *m = &models[i];
	struct file *file = fs_open(path_of(i), O_RDWR);
	u64 size = rng_below(rng, FILE_MAX + 1);

	EXPECT_EQ(file != NULL, m->exists);
	if (!file)
		return;
	EXPECT_EQ(vfs_truncate(file, size), 0);
	if (size < m->size)
		memset(m->bytes + size, 0, m->size - size);
	m->size = size;
	fput(file);
}

static void model_unlink(struct test *t, u32 i)
{
	struct model *m = &models[i];

	EXPECT_EQ(vfs_unlink(NULL, path_of(i), false), m->exists ? 0 : -ENOENT);
	memset(m, 0, sizeof(*m));
}

static void model_rename(struct test *t, u32 i, u32 k)
{
	EXPECT_EQ(vfs_rename(NULL, path_of(i), path_of(k)),
		  models[i].exists ? 0 : -ENOENT);
	if (!models[i].exists || i == k)
		return;
	models[k] = models[i];
	memset(&models[i], 0, sizeof(models[i]));
}

static void model_compare(struct test *t, u32 i)
{
	struct model *m = &models[i];
	struct file *file = fs_open(path_of(i), O_RDONLY);

	EXPECT_EQ(file != NULL, m->exists);
	if (!file)
		return;
	EXPECT_EQ(fs_read(file, buffer, FILE_MAX), m->size);
	EXPECT_EQ(memcmp(buffer, m->bytes, m->size), 0);
	fput(file);
}

TEST(tmpfs, random_operations_agree_with_arrays)
{
	FS_BEGIN();
	struct rng rng = { 20261125 };

	memset(models, 0, sizeof(models));
	for (u32 step = 0; step < NR_STEPS * test_scale() / 10 + 300; step++) {
		u32 i = rng_below(&rng, NR_FILES);

		switch (rng_below(&rng, 8)) {
		case 0 ... 2:
			model_write(t, &rng, i);
			break;
		case 3 ... 4:
			model_truncate(t, &rng, i);
			break;
		case 5:
			model_unlink(t, i);
			break;
		case 6:
			model_rename(t, i, rng_below(&rng, NR_FILES));
			break;
		default:
			model_compare(t, i);
		}
	}
	for (u32 i = 0; i < NR_FILES; i++) {
		model_compare(t, i);
		model_unlink(t, i);
	}
	FS_END();
}
