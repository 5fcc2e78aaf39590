// SPDX-License-Identifier: MIT
/*
 * tests/programs/tmpfs.c - files that are made, written, renamed and removed
 *
 * In a folder of its own below /tmp; on any other file system the same holds.
 */
#include "program.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#define HOME "/tmp/tmpfs-test"

static int new_file(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_EXCL, 0644);
}

static long size_of(const char *path)
{
	struct stat s;

	return stat(path, &s) ? -1 : (long)s.st_size;
}

static void a_folder_is_made(void)
{
	struct stat s;

	EXPECT_OK(mkdir(HOME, 0755));
	EXPECT_OK(stat(HOME, &s));
	EXPECT(S_ISDIR(s.st_mode));
	EXPECT_EQ(s.st_mode & 0777, 0755);
	EXPECT_ERRNO(mkdir(HOME, 0755), EEXIST);
	EXPECT_ERRNO(mkdir("/tmp/no/such", 0755), ENOENT);
	EXPECT_ERRNO(mkdir((char *)8, 0755), EFAULT);
}

static void what_is_written_is_read(void)
{
	char text[32] = "";
	int fd = new_file(HOME "/a");

	REQUIRE(fd >= 0);
	EXPECT_EQ(write(fd, "hello", 5), 5);
	EXPECT_EQ(write(fd, ", world", 7), 7);
	EXPECT_EQ(size_of(HOME "/a"), 12);
	EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
	EXPECT_EQ(read(fd, text, sizeof(text)), 12);
	EXPECT_EQ(memcmp(text, "hello, world", 12), 0);
	EXPECT_ERRNO(new_file(HOME "/a"), EEXIST);
	close(fd);
	fd = open(HOME "/a", O_WRONLY | O_APPEND);
	EXPECT_EQ(write(fd, "!", 1), 1);
	EXPECT_EQ(size_of(HOME "/a"), 13);
	EXPECT_ERRNO(read(fd, text, 1), EBADF);
	close(fd);
	EXPECT_OK(unlink(HOME "/a"));
}

static void holes_read_as_zeros(void)
{
	char b[16];
	int fd = new_file(HOME "/hole");

	REQUIRE(fd >= 0);
	EXPECT_EQ(lseek(fd, 10 * PAGE + 5, SEEK_SET), 10 * PAGE + 5);
	EXPECT_EQ(write(fd, "x", 1), 1);
	EXPECT_EQ(size_of(HOME "/hole"), 10 * PAGE + 6);
	EXPECT_EQ(pread(fd, b, 16, 5 * PAGE - 8), 16);
	for (int i = 0; i < 16; i++)
		EXPECT_EQ(b[i], 0);
	EXPECT_EQ(pread(fd, b, 16, 10 * PAGE + 4), 2);
	EXPECT_EQ(b[0], 0);
	EXPECT_EQ(b[1], 'x');
	close(fd);
	EXPECT_OK(unlink(HOME "/hole"));
}

static void truncation_forgets_the_end(void)
{
	static char data[3 * PAGE];
	int fd = new_file(HOME "/t");
	char b[8];

	REQUIRE(fd >= 0);
	memset(data, 'x', sizeof(data));
	EXPECT_EQ(write(fd, data, sizeof(data)), sizeof(data));
	EXPECT_OK(ftruncate(fd, PAGE + 4));
	EXPECT_EQ(size_of(HOME "/t"), PAGE + 4);
	EXPECT_OK(ftruncate(fd, 3 * PAGE));
	EXPECT_EQ(pread(fd, b, 8, PAGE), 8);
	EXPECT_EQ(memcmp(b, "xxxx\0\0\0\0", 8), 0);
	EXPECT_EQ(pread(fd, b, 1, 2 * PAGE), 1);
	EXPECT_EQ(b[0], 0);
	EXPECT_ERRNO(ftruncate(fd, -1), EINVAL);
	close(fd);
	fd = open(HOME "/t", O_RDWR | O_TRUNC);
	EXPECT_EQ(size_of(HOME "/t"), 0);
	close(fd);
	EXPECT_OK(unlink(HOME "/t"));
}

static void write_there(void *p)
{
	((volatile char *)p)[10] = 'y';
}

static void read_there(void *p)
{
	(void)*(volatile char *)p;
}

static void a_shared_mapping_is_the_file(void)
{
	int fd = new_file(HOME "/m");
	char b = 0, *p, *q;

	REQUIRE(fd >= 0);
	EXPECT_OK(ftruncate(fd, 2 * PAGE));
	p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	q = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	REQUIRE(p != MAP_FAILED && q != MAP_FAILED);
	p[5] = 'x';
	EXPECT_EQ(pread(fd, &b, 1, 5), 1);
	EXPECT_EQ(b, 'x');
	EXPECT_EQ(q[5], 'x');
	EXPECT_EQ(lseek(fd, PAGE, SEEK_SET), PAGE);
	EXPECT_EQ(write(fd, "z", 1), 1);
	EXPECT_EQ(p[PAGE], 'z');
	EXPECT_EXIT(write_there, p, 0);
	EXPECT_EQ(p[10], 'y');
	EXPECT_EQ(q[10], 'y');
	/* The file gets shorter: its pages leave all mappings. */
	EXPECT_OK(ftruncate(fd, PAGE));
	EXPECT_SIGNAL(read_there, p + PAGE, SIGBUS);
	EXPECT_SIGNAL(read_there, q + PAGE, SIGBUS);
	EXPECT_EQ(p[5], 'x');
	EXPECT_OK(munmap(p, 2 * PAGE));
	EXPECT_OK(munmap(q, 2 * PAGE));
	close(fd);
	EXPECT_OK(unlink(HOME "/m"));
}

static void a_removed_file_lives_while_it_is_open(void)
{
	int fd = new_file(HOME "/gone");
	char b = 0, *p;

	REQUIRE(fd >= 0);
	EXPECT_EQ(write(fd, "abc", 3), 3);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	REQUIRE(p != MAP_FAILED);
	EXPECT_OK(unlink(HOME "/gone"));
	EXPECT_EQ(size_of(HOME "/gone"), -1);
	EXPECT_EQ(pread(fd, &b, 1, 1), 1);
	EXPECT_EQ(b, 'b');
	close(fd);
	EXPECT_EQ(p[2], 'c');
	EXPECT_OK(munmap(p, PAGE));
}

static void unlink_refuses(void)
{
	EXPECT_ERRNO(unlink(HOME "/none"), ENOENT);
	EXPECT_ERRNO(unlink(HOME), EISDIR);
	EXPECT_ERRNO(unlinkat(AT_FDCWD, HOME "/none", AT_REMOVEDIR), ENOENT);
	EXPECT_ERRNO(unlink((char *)8), EFAULT);
	EXPECT_OK(mkdir(HOME "/d", 0755));
	EXPECT_OK(close(new_file(HOME "/d/f")));
	EXPECT_ERRNO(unlinkat(AT_FDCWD, HOME "/d", AT_REMOVEDIR), ENOTEMPTY);
	EXPECT_ERRNO(unlinkat(AT_FDCWD, HOME "/d/f", AT_REMOVEDIR), ENOTDIR);
	EXPECT_OK(unlink(HOME "/d/f"));
	EXPECT_OK(unlinkat(AT_FDCWD, HOME "/d", AT_REMOVEDIR));
}

static void put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	EXPECT_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void rename_moves_and_replaces(void)
{
	put_text(HOME "/one", "1");
	put_text(HOME "/two", "22");
	EXPECT_OK(rename(HOME "/one", HOME "/three"));
	EXPECT_EQ(size_of(HOME "/one"), -1);
	EXPECT_EQ(size_of(HOME "/three"), 1);
	EXPECT_OK(rename(HOME "/three", HOME "/two"));
	EXPECT_EQ(size_of(HOME "/two"), 1);
	EXPECT_OK(rename(HOME "/two", HOME "/two"));
	EXPECT_ERRNO(rename(HOME "/none", HOME "/x"), ENOENT);
	EXPECT_OK(mkdir(HOME "/d", 0755));
	EXPECT_ERRNO(rename(HOME "/two", HOME "/d"), EISDIR);
	EXPECT_ERRNO(rename(HOME "/d", HOME "/two"), ENOTDIR);
	EXPECT_ERRNO(rename(HOME "/d", HOME "/d/e"), EINVAL);
	EXPECT_OK(rename(HOME "/two", HOME "/d/two"));
	EXPECT_EQ(size_of(HOME "/d/two"), 1);
	EXPECT_OK(unlink(HOME "/d/two"));
	EXPECT_OK(unlinkat(AT_FDCWD, HOME "/d", AT_REMOVEDIR));
}

/* Many names, listed while they are there; then none. */
static void many_files_come_and_go(void)
{
	enum { NR = 500 };
	char path[64];
	int listed = 0;
	DIR *folder;

	for (int i = 0; i < NR; i++) {
		snprintf(path, sizeof(path), HOME "/file-%d", i);
		put_text(path, "x");
	}
	folder = opendir(HOME);
	REQUIRE(folder);
	for (struct dirent *entry; (entry = readdir(folder));)
		listed += !strncmp(entry->d_name, "file-", 5);
	closedir(folder);
	EXPECT_EQ(listed, NR);
	for (int i = 0; i < NR; i++) {
		snprintf(path, sizeof(path), HOME "/file-%d", i);
		EXPECT_EQ(size_of(path), 1);
		EXPECT_OK(unlink(path));
	}
}

static void a_large_file_keeps_every_byte(void)
{
	int fd = new_file(HOME "/large");
	static u64 page[PAGE / 8];
	bool good = true;

	REQUIRE(fd >= 0);
	for (size_t i = 0; i < 1024; i++) {
		stamp_page(page, i);
		good = good && write(fd, page, PAGE) == PAGE;
	}
	EXPECT(good);
	for (size_t i = 0; i < 1024; i++)
		good = good && pread(fd, page, PAGE, i * PAGE) == PAGE &&
		       page_has_stamp(page, i);
	EXPECT(good);
	close(fd);
	EXPECT_OK(unlink(HOME "/large"));
}

static void the_folder_is_removed(void)
{
	EXPECT_OK(unlinkat(AT_FDCWD, HOME, AT_REMOVEDIR));
	EXPECT_ERRNO(mkdir(HOME "/x", 0755), ENOENT);
}

PROGRAM(CASE(a_folder_is_made), CASE(what_is_written_is_read),
	CASE(holes_read_as_zeros), CASE(truncation_forgets_the_end),
	CASE(a_shared_mapping_is_the_file),
	CASE(a_removed_file_lives_while_it_is_open), CASE(unlink_refuses),
	CASE(rename_moves_and_replaces), CASE(many_files_come_and_go),
	CASE(a_large_file_keeps_every_byte), CASE(the_folder_is_removed))
