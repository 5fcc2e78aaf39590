// SPDX-License-Identifier: MIT
/*
 * tests/programs/pin.c - pages that something holds: vmsplice into a pipe
 *
 * vmsplice puts references to our pages into a pipe, no copies: whoever reads
 * the pipe later sees what the page holds then. While they are in it, the pages
 * can't be moved. The same program pins on Tangram and on Linux.
 *
 *	pin			the cases below
 *	pin pages=N hold=MS	N pages stay pinned for that long, in pipes of
 *				16 pages each; contents are checked at the end
 */
#include "program.h"
#include <fcntl.h>
#include <sys/uio.h>
#include <time.h>

#define PIPE_PAGES 16

static long splice_pages(int fd, void *p, size_t size)
{
	struct iovec vector = { p, size };

	return syscall(SYS_vmsplice, fd, &vector, 1, 0);
}

static void the_page_itself_is_in_the_pipe(void)
{
	char *p = map_pages(1), *q = map_pages(1);
	int ends[2];

	REQUIRE(!pipe(ends));
	stamp_page(p, 1);
	EXPECT_EQ(splice_pages(ends[1], p, PAGE), PAGE);
	stamp_page(p, 2); /* after: no copy was made */
	EXPECT_EQ(read(ends[0], q, PAGE), PAGE);
	EXPECT(page_has_stamp(q, 2));
	close(ends[0]);
	close(ends[1]);
	unmap_pages(p, 1);
	unmap_pages(q, 1);
}

static void it_outlives_its_mapping(void)
{
	char *p = map_pages(PIPE_PAGES), *q = map_pages(PIPE_PAGES);
	int ends[2];

	REQUIRE(!pipe(ends));
	for (size_t i = 0; i < PIPE_PAGES; i++)
		stamp_page(p + i * PAGE, i);
	EXPECT_EQ(splice_pages(ends[1], p, PIPE_PAGES * PAGE),
		  PIPE_PAGES * PAGE);
	unmap_pages(p, PIPE_PAGES);
	/* Whatever takes memory now must get other pages. */
	p = map_pages(4 * PIPE_PAGES);
	memset(p, 0xee, 4 * PIPE_PAGES * PAGE);
	for (size_t i = 0; i < PIPE_PAGES; i++) {
		EXPECT_EQ(read(ends[0], q, PAGE), PAGE);
		EXPECT(page_has_stamp(q, i));
	}
	unmap_pages(p, 4 * PIPE_PAGES);
	unmap_pages(q, PIPE_PAGES);
	close(ends[0]);
	close(ends[1]);
}

static void parts_of_pages_are_taken(void)
{
	char *p = map_pages(2), text[16] = "";
	int ends[2];

	REQUIRE(!pipe(ends));
	memcpy(p + PAGE - 4, "abcdefgh", 8);
	EXPECT_EQ(splice_pages(ends[1], p + PAGE - 4, 8), 8);
	EXPECT_EQ(read(ends[0], text, sizeof(text)), 8);
	EXPECT_EQ(strcmp(text, "abcdefgh"), 0);
	unmap_pages(p, 2);
	close(ends[0]);
	close(ends[1]);
}

static void a_closed_pipe_lets_go(void)
{
	for (int round = 0; round < 50; round++) {
		char *p = map_pages(PIPE_PAGES);
		int ends[2];

		REQUIRE(!pipe(ends));
		memset(p, 1, PIPE_PAGES * PAGE);
		EXPECT_EQ(splice_pages(ends[1], p, PIPE_PAGES * PAGE),
			  PIPE_PAGES * PAGE);
		unmap_pages(p, PIPE_PAGES);
		close(ends[0]);
		close(ends[1]);
	}
}

static void bad_arguments_are_refused(void)
{
	char *p = map_pages(1);
	int ends[2];

	REQUIRE(!pipe(ends));
	EXPECT_ERRNO(splice_pages(ends[1], (void *)8, 8), EFAULT);
	EXPECT_ERRNO(splice_pages(ends[1], (void *)0xffff800000000000, 8),
		     EFAULT);
	EXPECT_ERRNO(splice_pages(99, p, 8), EBADF);
	EXPECT_ERRNO(syscall(SYS_vmsplice, ends[1], 8, 1, 0), EFAULT);
	EXPECT_ERRNO(syscall(SYS_vmsplice, ends[1], 8, 2000, 0), EINVAL);
	close(ends[0]);
	close(ends[1]);
	unmap_pages(p, 1);
}

static const struct program_case cases[] = {
	CASE(the_page_itself_is_in_the_pipe), CASE(it_outlives_its_mapping),
	CASE(parts_of_pages_are_taken),	      CASE(a_closed_pipe_lets_go),
	CASE(bad_arguments_are_refused),
};

/* --- pin pages=N hold=MS --- */

static void pin_all(char *p, size_t nr)
{
	int ends[2];

	for (size_t i = 0; i < nr; i++) {
		stamp_page(p + i * PAGE, i);
		if (i % PIPE_PAGES == 0 && pipe(ends)) {
			printf("pin: pipe: %s\n", strerror(errno));
			exit(1);
		}
		if (splice_pages(ends[1], p + i * PAGE, PAGE) != PAGE) {
			printf("pin: vmsplice: %s\n", strerror(errno));
			exit(1);
		}
	}
}

static size_t wrong_pages(const char *p, size_t nr)
{
	size_t wrong = 0;

	for (size_t i = 0; i < nr; i++)
		wrong += !page_has_stamp(p + i * PAGE, i);
	return wrong;
}

int main(int argc, char **argv)
{
	u64 pages = argument(argc, argv, "pages", 0);
	u64 hold = argument(argc, argv, "hold", 1000);
	struct timespec time = { hold / 1000, hold % 1000 * 1000000 };
	size_t wrong;
	char *p;

	if (!pages)
		return run_cases(argc, argv, cases, ARRAY_SIZE(cases));
	p = map_pages(pages);
	pin_all(p, pages);
	nanosleep(&time, NULL);
	wrong = wrong_pages(p, pages);
	printf("RESULT pin pages=%lu wrong=%zu\n", pages, wrong);
	return wrong != 0;
}
