// SPDX-License-Identifier: MIT
/*
 * tests/programs/files.c - reading and mapping a file of the initramfs
 *
 * The file at hand is this program itself: it begins with 0x7f 'E' 'L' 'F', and
 * what read() says must be what a mapping shows.
 */
#include "program.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/stat.h>

static int fd = -1;
static size_t size;
static u8 *copy; /* all of it, by read() */

static void it_opens_and_has_a_size(void)
{
	struct stat s;

	fd = open(sibling("files"), O_RDONLY);
	REQUIRE(fd >= 0);
	REQUIRE(!fstat(fd, &s));
	size = s.st_size;
	EXPECT(size > PAGE);
	EXPECT(S_ISREG(s.st_mode));
	EXPECT(s.st_mode & 0111);
	EXPECT_EQ(s.st_nlink, 1);
	EXPECT(s.st_blksize > 0);
	EXPECT(s.st_ino != 0);
}

static void read_goes_on_where_it_stopped(void)
{
	size_t got = 0;
	ssize_t nr;

	REQUIRE(fd >= 0);
	copy = map_pages(size / PAGE + 1);
	/* Odd sizes, so that reads cross pages. */
	while ((nr = read(fd, copy + got, 3001)) > 0)
		got += nr;
	EXPECT_EQ(nr, 0);
	EXPECT_EQ(got, size);
	EXPECT_EQ(memcmp(copy, "\177ELF", 4), 0);
}

static void seeking_moves_the_place(void)
{
	u8 b[8];

	REQUIRE(copy);
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), size);
	EXPECT_EQ(lseek(fd, 100, SEEK_SET), 100);
	EXPECT_EQ(read(fd, b, 8), 8);
	EXPECT_EQ(memcmp(b, copy + 100, 8), 0);
	EXPECT_EQ(lseek(fd, -4, SEEK_CUR), 104);
	EXPECT_EQ(lseek(fd, -3, SEEK_END), size - 3);
	EXPECT_EQ(read(fd, b, 8), 3);
	EXPECT_EQ(memcmp(b, copy + size - 3, 3), 0);
	EXPECT_EQ(lseek(fd, size + 1000, SEEK_SET), size + 1000);
	EXPECT_EQ(read(fd, b, 8), 0);
	EXPECT_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
	EXPECT_ERRNO(lseek(fd, 0, 99), EINVAL);
	EXPECT_ERRNO(lseek(999, 0, SEEK_SET), EBADF);
	EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
}

static void pread_does_not(void)
{
	u8 b[PAGE + 10];

	REQUIRE(copy);
	EXPECT_EQ(pread(fd, b, sizeof(b), PAGE - 5), sizeof(b));
	EXPECT_EQ(memcmp(b, copy + PAGE - 5, sizeof(b)), 0);
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 0);
	EXPECT_EQ(pread(fd, b, 8, size), 0);
	EXPECT_ERRNO(pread(fd, b, 8, -1), EINVAL);
	EXPECT_ERRNO(pread(fd, (void *)8, 8, 0), EFAULT);
}

static void a_mapping_shows_the_same(void)
{
	u8 *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

	REQUIRE(copy && p != MAP_FAILED);
	EXPECT_EQ(memcmp(p, copy, size), 0);
	/* Behind the end, to the end of the page: zeros. */
	for (size_t i = size; i % PAGE; i++)
		EXPECT_EQ(p[i], 0);
	EXPECT_OK(munmap(p, size));
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	REQUIRE(p != MAP_FAILED);
	EXPECT_EQ(memcmp(p, copy + PAGE, PAGE), 0);
	EXPECT_OK(munmap(p, PAGE));
}

static void read_it(void *p)
{
	(void)*(volatile char *)p;
}

static void write_it(void *p)
{
	*(volatile char *)p = 1;
}

static void behind_the_last_page_is_sigbus(void)
{
	size_t whole = (size + PAGE - 1) & ~(PAGE - 1);
	u8 *p = mmap(NULL, whole + 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);

	REQUIRE(p != MAP_FAILED);
	EXPECT_EXIT(read_it, p + whole - 1, 0);
	EXPECT_SIGNAL(read_it, p + whole, SIGBUS);
	EXPECT_SIGNAL(write_it, p, SIGSEGV);
	EXPECT_OK(munmap(p, whole + 2 * PAGE));
}

static void private_writes_stay_private(void)
{
	u8 *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	u8 b;

	REQUIRE(copy && p != MAP_FAILED);
	EXPECT_EQ(p[0], 0x7f); /* read, then written */
	p[0] = 1;
	p[PAGE] = (u8)(copy[PAGE] + 1); /* written at once */
	EXPECT_EQ(p[1], 'E');
	EXPECT_EQ(p[PAGE + 1], copy[PAGE + 1]);
	EXPECT_EQ(pread(fd, &b, 1, 0), 1);
	EXPECT_EQ(b, 0x7f);
	EXPECT_EQ(pread(fd, &b, 1, PAGE), 1);
	EXPECT_EQ(b, copy[PAGE]);
	/* Forgotten, the file's own comes back. */
	EXPECT_OK(madvise(p, PAGE, MADV_DONTNEED));
	EXPECT_EQ(p[0], 0x7f);
	EXPECT_OK(munmap(p, size));
}

static void what_a_mapping_may_not(void)
{
	EXPECT_ERRNO(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0),
		     EACCES);
	EXPECT_ERRNO(mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_PRIVATE, fd,
			  0x123),
		     EINVAL);
	EXPECT_ERRNO(write(fd, "x", 1), EBADF);
}

static void paths_are_refused(void)
{
	struct stat s;

	EXPECT_ERRNO(open("/no/such", O_RDONLY), ENOENT);
	EXPECT_ERRNO(open("", O_RDONLY), ENOENT);
	EXPECT_ERRNO(open((char *)8, O_RDONLY), EFAULT);
	EXPECT_ERRNO(open(sibling("files/x"), O_RDONLY), ENOTDIR);
	EXPECT_ERRNO(open(sibling("files"), O_RDONLY | O_DIRECTORY), ENOTDIR);
	EXPECT_ERRNO(open("/tmp", O_WRONLY), EISDIR);
	EXPECT_ERRNO(stat("/no/such", &s), ENOENT);
	EXPECT_ERRNO(syscall(SYS_fstat, fd, 8), EFAULT);
	EXPECT_ERRNO(fstat(999, &s), EBADF);
}

static void the_same_file_by_every_stat(void)
{
	struct stat a, b, c;

	REQUIRE(!fstat(fd, &a));
	EXPECT_OK(stat(sibling("files"), &b));
	EXPECT_OK(fstatat(AT_FDCWD, sibling("files"), &c, 0));
	EXPECT_EQ(a.st_ino, b.st_ino);
	EXPECT_EQ(a.st_ino, c.st_ino);
	EXPECT_EQ(b.st_size, size);
	EXPECT_OK(stat("/tmp", &b));
	EXPECT(S_ISDIR(b.st_mode));
}

static void a_folder_lists_its_files(void)
{
	bool self = false, parent = false, files = false, hello = false;
	char path[256];
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "%s", sibling("."));
	folder = opendir(path);
	REQUIRE(folder);
	while ((entry = readdir(folder))) {
		self = self || !strcmp(entry->d_name, ".");
		parent = parent || !strcmp(entry->d_name, "..");
		hello = hello || !strcmp(entry->d_name, "hello");
		if (!strcmp(entry->d_name, "files")) {
			EXPECT(entry->d_type == DT_REG ||
			       entry->d_type == DT_UNKNOWN);
			files = true;
		}
	}
	EXPECT(self && parent && files && hello);
	EXPECT_OK(closedir(folder));
}

static void listing_refuses(void)
{
	char small[8];
	int folder = open(sibling("."), O_RDONLY | O_DIRECTORY);

	REQUIRE(folder >= 0);
	EXPECT_ERRNO(syscall(SYS_getdents64, folder, small, sizeof(small)),
		     EINVAL);
	EXPECT_ERRNO(syscall(SYS_getdents64, folder, 8, 1000), EFAULT);
	EXPECT_ERRNO(syscall(SYS_getdents64, fd, small, 8), ENOTDIR);
	EXPECT_ERRNO(read(folder, small, 1), EISDIR);
	close(folder);
}

static void a_mapping_outlives_its_descriptor(void)
{
	u8 *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

	REQUIRE(copy && p != MAP_FAILED);
	EXPECT_OK(close(fd));
	EXPECT_EQ(memcmp(p, copy, size), 0);
	EXPECT_OK(munmap(p, size));
}

PROGRAM(CASE(it_opens_and_has_a_size), CASE(read_goes_on_where_it_stopped),
	CASE(seeking_moves_the_place), CASE(pread_does_not),
	CASE(a_mapping_shows_the_same), CASE(behind_the_last_page_is_sigbus),
	CASE(private_writes_stay_private), CASE(what_a_mapping_may_not),
	CASE(paths_are_refused), CASE(the_same_file_by_every_stat),
	CASE(a_folder_lists_its_files), CASE(listing_refuses),
	CASE(a_mapping_outlives_its_descriptor))
