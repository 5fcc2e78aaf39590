// SPDX-License-Identifier: MIT
/*
 * tests/programs/move_pages.c - pages change their node, and nothing else
 *
 * Each page holds stamps of its number and of a version. It is moved, read,
 * written with the next version, moved back and read again: as private memory,
 * as a file's, shared, shared until somebody writes, locked, without rights,
 * another process's. What move_pages() says of each page is compared with where
 * it is afterwards, and where there is /proc/self/pagemap, with its frame.
 *
 * Then what can't be moved, and requests that make no sense. Two nodes with
 * memory are needed for most of it.
 */
#include "frames.h"
#include "nodes.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/uio.h>

#define NR	32
#define MANY	1500 /* more than is copied at a time, three times */
#define UNTOLD	77   /* a status that nobody has written */
#define NO_NODE (MAX_NODES - 1)

/* Something that belongs to nobody's page. */
static u64 key_of(size_t page, u64 version)
{
	return page * 1000 + version;
}

static void write_all(char *p, size_t nr, u64 version)
{
	for (size_t i = 0; i < nr; i++)
		stamp_page(p + i * PAGE, key_of(i, version));
}

static bool all_hold(const char *p, size_t nr, u64 version)
{
	for (size_t i = 0; i < nr; i++)
		if (!EXPECT(page_has_stamp(p + i * PAGE, key_of(i, version))))
			return false;
	return true;
}

/* To the next node and back; versions 1, then 2, then 3. */
static void go_and_come_back(char *p, size_t nr, int flags)
{
	int home, there;
	u64 frame;

	write_all(p, nr, 1);
	home = node_of(p);
	REQUIRE(home >= 0);
	there = next_node(home);
	EXPECT_OK(send_pages(0, p, nr, home, flags));
	frame = frame_of(p);
	EXPECT_OK(send_pages(0, p, nr, there, flags));
	all_on_node(p, nr, there);
	EXPECT(!frame || frame_of(p) != frame);
	all_hold(p, nr, 1);
	write_all(p, nr, 2);
	EXPECT_OK(send_pages(0, p, nr, home, flags));
	all_on_node(p, nr, home);
	all_hold(p, nr, 2);
	write_all(p, nr, 3);
	all_hold(p, nr, 3);
}

/* --- what can be moved --- */

static void private_pages_move(void)
{
	char *p;

	if (!two_nodes())
		return;
	p = small_pages(NR);
	go_and_come_back(p, NR, MPOL_MF_MOVE);
	unmap_pages(p, NR);
}

static void many_pages_move_in_one_call(void)
{
	char *p;

	if (!two_nodes())
		return;
	p = small_pages(MANY);
	go_and_come_back(p, MANY, MPOL_MF_MOVE);
	unmap_pages(p, MANY);
}

static void each_page_has_its_node(void)
{
	void *addrs[NR];
	int nodes[NR], status[NR];
	char *p;

	if (!two_nodes())
		return;
	p = small_pages(NR);
	write_all(p, NR, 1);
	for (int i = 0; i < NR; i++) {
		addrs[i] = p + (i * 7 % NR) * PAGE + i; /* anywhere in it */
		nodes[i] = i % 3 ? first_node() : last_node();
		status[i] = UNTOLD;
	}
	EXPECT_OK(move_pages(0, NR, addrs, nodes, status, MPOL_MF_MOVE));
	for (int i = 0; i < NR; i++) {
		EXPECT_EQ(status[i], nodes[i]);
		EXPECT_EQ(node_of(addrs[i]), nodes[i]);
	}
	all_hold(p, NR, 1);
	unmap_pages(p, NR);
}

static int new_file(size_t pages)
{
	int fd = open("/tmp/move_pages", O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd >= 0 && (unlink("/tmp/move_pages") ||
			ftruncate(fd, (off_t)(pages * PAGE)))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void pages_of_a_file_move(void)
{
	int fd;
	char *p, *copy;

	if (!two_nodes())
		return;
	fd = new_file(NR);
	REQUIRE(fd >= 0);
	p = mmap(NULL, NR * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	REQUIRE(p != MAP_FAILED);
	go_and_come_back(p, NR, MPOL_MF_MOVE);
	EXPECT_OK(send_pages(0, p, NR, next_node(node_of(p)), MPOL_MF_MOVE));
	copy = map_pages(NR);
	EXPECT_EQ(pread(fd, copy, NR * PAGE, 0), NR * PAGE);
	all_hold(copy, NR, 3);
	/* What read() and write() see is the page that is mapped. */
	write_all(copy, NR, 4);
	EXPECT_EQ(pwrite(fd, copy, NR * PAGE, 0), NR * PAGE);
	all_hold(p, NR, 4);
	unmap_pages(copy, NR);
	unmap_pages(p, NR);
	close(fd);
}

/* One that nobody runs, so that nobody else maps it. */
static void pages_of_a_program_file_move(void)
{
	int fd, to;
	char *p, before[PAGE];

	if (!two_nodes())
		return;
	fd = open(sibling("brk"), O_RDONLY);
	REQUIRE(fd >= 0);
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	REQUIRE(p != MAP_FAILED);
	memcpy(before, p, PAGE);
	for (int i = 0; i < 2; i++) {
		to = next_node(node_of(p));
		EXPECT_OK(send_pages(0, p, 1, to, MPOL_MF_MOVE));
		EXPECT_EQ(node_of(p), to);
		EXPECT(!memcmp(p, before, PAGE));
		EXPECT(!memcmp(p, "\177ELF", 4));
	}
	unmap_pages(p, 1);
	close(fd);
}

static void locked_pages_move(void)
{
	char *p;

	if (!two_nodes())
		return;
	p = small_pages(NR);
	EXPECT_OK(mlock(p, NR * PAGE));
	go_and_come_back(p, NR, MPOL_MF_MOVE);
	EXPECT_OK(munlock(p, NR * PAGE));
	unmap_pages(p, NR);
}

/* Linux 6.1 says that nothing is there; those before and after move it. */
static void pages_without_rights_move(void)
{
	char *p;
	int home, to, said;

	if (!two_nodes())
		return;
	p = small_pages(NR);
	write_all(p, NR, 1);
	home = node_of(p);
	to = next_node(home);
	EXPECT_OK(mprotect(p, NR * PAGE, PROT_NONE));
	EXPECT_OK(send_pages(0, p, NR, to, MPOL_MF_MOVE));
	said = node_of(p);
	EXPECT(said == to || said == -ENOENT);
	all_on_node(p, NR, said);
	EXPECT_OK(mprotect(p, NR * PAGE, PROT_READ));
	all_on_node(p, NR, said == to ? to : home);
	all_hold(p, NR, 1);
	EXPECT_OK(send_pages(0, p, NR, next_node(node_of(p)), MPOL_MF_MOVE));
	all_hold(p, NR, 1);
	EXPECT_OK(mprotect(p, NR * PAGE, PROT_READ | PROT_WRITE));
	write_all(p, NR, 2);
	all_hold(p, NR, 2);
	unmap_pages(p, NR);
}

static void write_to_it(void *p)
{
	*(volatile char *)p = 1;
}

static void rights_move_along(void)
{
	char *p;

	if (!two_nodes())
		return;
	p = small_pages(1);
	stamp_page(p, 1);
	EXPECT_OK(mprotect(p, PAGE, PROT_READ));
	EXPECT_OK(send_pages(0, p, 1, next_node(node_of(p)), MPOL_MF_MOVE));
	EXPECT_SIGNAL(write_to_it, p, SIGSEGV);
	EXPECT(page_has_stamp(p, 1));
	unmap_pages(p, 1);
}

/* --- shared with others --- */

/* A child that waits for a byte, looks at the pages, and answers by its exit. */
struct other {
	pid_t pid;
	int go;
};

struct look {
	char *p;
	size_t nr;
	u64 version, writes; /* it finds, it leaves; 0: leaves as it is */
};

static void other_looks(const struct look *look, int ready, int go)
{
	char byte = 0;
	bool ok;

	ok = all_hold(look->p, look->nr, look->version) &&
	     write(ready, &byte, 1) == 1 && read(go, &byte, 1) == 1;
	ok = ok && all_hold(look->p, look->nr, look->version);
	if (ok && look->writes) {
		write_all(look->p, look->nr, look->writes);
		ok = all_hold(look->p, look->nr, look->writes);
	}
	_exit(ok ? 0 : CHILD_FAILED);
}

/* pid 0: it failed. */
static struct other start_other(struct look look)
{
	int ready[2], go[2];
	struct other other = {};
	char byte;

	if (pipe(ready) || pipe(go))
		return other;
	fflush(stdout);
	other.pid = fork();
	if (!other.pid)
		other_looks(&look, ready[1], go[0]);
	close(ready[1]);
	close(go[0]);
	other.go = go[1];
	if (other.pid < 0 || read(ready[0], &byte, 1) != 1)
		other.pid = 0;
	close(ready[0]);
	return other;
}

static void end_other(struct other other)
{
	int status = -1;

	EXPECT_EQ(write(other.go, "", 1), 1);
	EXPECT_EQ(waitpid(other.pid, &status, 0), other.pid);
	EXPECT_EQ(status, 0);
	close(other.go);
}

/* Where they are, they stay. */
static void expect_refused(char *p, size_t nr, int node, int why)
{
	int to = next_node(node), status = UNTOLD;
	void *addr = p + (nr - 1) * PAGE;

	EXPECT_OK(move_pages(0, 1, &addr, &to, &status, MPOL_MF_MOVE));
	EXPECT_EQ(status, why);
	EXPECT_OK(send_pages(0, p, nr, to, MPOL_MF_MOVE));
	all_on_node(p, nr, node);
}

static void shared_pages_move_on_demand(void)
{
	struct other other;
	char *p;
	int home;

	if (!two_nodes())
		return;
	p = mmap(NULL, NR * PAGE, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(p != MAP_FAILED);
	write_all(p, NR, 1);
	home = node_of(p);
	EXPECT_OK(send_pages(0, p, NR, home, MPOL_MF_MOVE));
	other = start_other((struct look){ p, NR, 1, 2 });
	REQUIRE(other.pid);
	expect_refused(p, NR, home, -EACCES);
	EXPECT_OK(send_pages(0, p, NR, next_node(home), MPOL_MF_MOVE_ALL));
	all_on_node(p, NR, next_node(home));
	all_hold(p, NR, 1);
	end_other(other);
	all_hold(p, NR, 2); /* what the other one wrote */
	unmap_pages(p, NR);
}

static void forked_pages_move_on_demand(void)
{
	struct other other;
	char *p;
	int home;

	if (!two_nodes())
		return;
	p = small_pages(NR);
	write_all(p, NR, 1);
	home = node_of(p);
	EXPECT_OK(send_pages(0, p, NR, home, MPOL_MF_MOVE));
	other = start_other((struct look){ p, NR, 1, 2 });
	REQUIRE(other.pid);
	expect_refused(p, NR, home, -EACCES);
	EXPECT_OK(send_pages(0, p, NR, next_node(home), MPOL_MF_MOVE_ALL));
	all_on_node(p, NR, next_node(home));
	write_all(p, NR / 2, 3); /* of these each has its own from now on */
	end_other(other);
	all_hold(p, NR / 2, 3);
	for (size_t i = NR / 2; i < NR; i++)
		EXPECT(page_has_stamp(p + i * PAGE, key_of(i, 1)));
	unmap_pages(p, NR);
}

static void pages_of_another_process_move(void)
{
	struct other other;
	char *p;
	void *addr;
	int home, status = UNTOLD;

	if (!two_nodes())
		return;
	p = small_pages(NR);
	write_all(p, NR, 1);
	home = node_of(p);
	other = start_other((struct look){ p, NR, 1, 2 });
	REQUIRE(other.pid);
	unmap_pages(p, NR); /* they are all its own */
	EXPECT_OK(send_pages(other.pid, p, NR, home, MPOL_MF_MOVE));
	EXPECT_OK(send_pages(other.pid, p, NR, next_node(home), MPOL_MF_MOVE));
	addr = p;
	EXPECT_OK(move_pages(other.pid, 1, &addr, NULL, &status, 0));
	EXPECT_EQ(status, next_node(home));
	EXPECT_OK(move_pages(0, 1, &addr, NULL, &status, 0));
	EXPECT_EQ(status, -EFAULT);
	end_other(other);
}

/* --- what can't be moved --- */

static void statuses_say_why_not(void)
{
	void *addrs[4];
	int nodes[4], status[4] = { UNTOLD, UNTOLD, UNTOLD, UNTOLD };
	char *p = small_pages(4);

	p[0] = 1; /* then the zero page, nothing, no memory of ours */
	(void)*(volatile char *)(p + PAGE);
	for (int i = 0; i < 4; i++) {
		addrs[i] = p + i * PAGE;
		nodes[i] = last_node();
	}
	EXPECT_OK(munmap(addrs[3], PAGE));
	EXPECT_OK(move_pages(0, 4, addrs, nodes, status, MPOL_MF_MOVE));
	EXPECT_EQ(status[0], last_node());
	/* Which of the two changed with Linux 6.2 and again later. */
	EXPECT(status[1] == -EFAULT || status[1] == -ENOENT);
	EXPECT(status[2] == -EFAULT || status[2] == -ENOENT);
	EXPECT_EQ(status[3], -EFAULT);
	addrs[0] = (void *)(~0ul << 47);
	EXPECT_OK(move_pages(0, 1, addrs, nodes, status, MPOL_MF_MOVE));
	EXPECT_EQ(status[0], -EFAULT);
	unmap_pages(p, 3);
}

static long hold(int fd, void *page)
{
	struct iovec vector = { page, PAGE };

	return syscall(SYS_vmsplice, fd, &vector, 1, 0);
}

/* A page in a pipe: reading it is the only way to let it go. */
static void a_held_page_stays(void)
{
	char *p, copy[PAGE];
	int ends[2], home, to, status = UNTOLD;
	void *addr;

	if (!two_nodes())
		return;
	p = small_pages(1);
	stamp_page(p, 1);
	home = node_of(p);
	to = next_node(home);
	REQUIRE(!pipe(ends));
	EXPECT_EQ(hold(ends[1], p), PAGE);
	addr = p;
	EXPECT_EQ(move_pages(0, 1, &addr, &to, &status, MPOL_MF_MOVE), 1);
	/* Linux tells nothing where something failed. */
	EXPECT(status == UNTOLD || status == -EBUSY);
	EXPECT_EQ(node_of(p), home);
	stamp_page(p, 2);
	EXPECT_EQ(read(ends[0], copy, PAGE), PAGE);
	EXPECT(page_has_stamp(copy, 2));
	EXPECT_OK(move_pages(0, 1, &addr, &to, &status, MPOL_MF_MOVE));
	EXPECT_EQ(status, to);
	EXPECT(page_has_stamp(p, 2));
	close(ends[0]);
	close(ends[1]);
	unmap_pages(p, 1);
}

/* Of six pages the second stays: 1, and what comes after its node's. */
static void what_follows_a_failure_is_left(void)
{
	int nodes[6], status[6], ends[2], home, to;
	void *addrs[6];
	char *p;

	if (!two_nodes())
		return;
	p = small_pages(6);
	write_all(p, 6, 1);
	home = node_of(p);
	to = next_node(home);
	EXPECT_OK(send_pages(0, p, 3, home, MPOL_MF_MOVE));
	EXPECT_OK(send_pages(0, p + 3 * PAGE, 3, to, MPOL_MF_MOVE));
	REQUIRE(!pipe(ends));
	EXPECT_EQ(hold(ends[1], p + PAGE), PAGE);
	for (int i = 0; i < 6; i++) {
		addrs[i] = p + i * PAGE;
		nodes[i] = i < 3 ? to : home;
		status[i] = UNTOLD;
	}
	EXPECT_EQ(move_pages(0, 6, addrs, nodes, status, MPOL_MF_MOVE), 1 + 3);
	EXPECT_EQ(node_of(p), to);
	EXPECT_EQ(node_of(p + PAGE), home);
	EXPECT_EQ(node_of(p + 2 * PAGE), to);
	for (int i = 3; i < 6; i++) {
		EXPECT_EQ(status[i], UNTOLD);
		EXPECT_EQ(node_of(addrs[i]), to);
	}
	all_hold(p, 6, 1);
	close(ends[0]);
	close(ends[1]);
	unmap_pages(p, 6);
}

/* --- requests that make no sense --- */

static void bad_arguments_are_refused(void)
{
	char *p = small_pages(1);
	void *addr = p;
	int node = first_node(), status = UNTOLD;

	*p = 1;
	EXPECT_ERRNO(move_pages(0, 1, &addr, &node, &status, 0x10), EINVAL);
	EXPECT_ERRNO(move_pages(0, 1, &addr, &node, &status, MPOL_MF_STRICT),
		     EINVAL);
	EXPECT_ERRNO(move_pages(999999, 1, &addr, &node, &status, 0), ESRCH);
	EXPECT_ERRNO(move_pages(-1, 1, &addr, &node, &status, 0), ESRCH);
	EXPECT_ERRNO(move_pages(0, 1, (void **)8, &node, &status, 0), EFAULT);
	EXPECT_ERRNO(move_pages(0, 1, &addr, (int *)8, &status, 0), EFAULT);
	EXPECT_ERRNO(move_pages(0, 1, &addr, &node, (int *)8, 0), EFAULT);
	EXPECT_ERRNO(move_pages(0, 1, &addr, NULL, NULL, 0), EFAULT);
	EXPECT_ERRNO(move_pages(0, ~0ul, (void **)8, &node, &status, 0), EFAULT);
	EXPECT_OK(move_pages(0, 0, NULL, NULL, NULL, 0));
	EXPECT_OK(move_pages(0, 0, NULL, &node, NULL, MPOL_MF_MOVE));
	EXPECT_EQ(status, UNTOLD);
	unmap_pages(p, 1);
}

static void nodes_without_memory_are_refused(void)
{
	static const int bad[] = { -1, NO_NODE, 1 << 20 };
	char *p = small_pages(2);
	void *addrs[2] = { p, p + PAGE };

	p[0] = p[PAGE] = 1;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int nodes[2] = { last_node(), bad[i] };
		int status[2] = { UNTOLD, UNTOLD };

		EXPECT_ERRNO(move_pages(0, 2, addrs, nodes, status, MPOL_MF_MOVE),
			     ENODEV);
		/* The first one could be moved, and was. */
		EXPECT_EQ(status[0], last_node());
		EXPECT_EQ(node_of(p), last_node());
		EXPECT_EQ(status[1], UNTOLD);
		EXPECT_OK(send_pages(0, p, 1, first_node(), MPOL_MF_MOVE));
	}
	unmap_pages(p, 2);
}

/* An array that ends where its page ends; the request asks for more. */
static void an_array_that_ends_early_is_used_so_far(void)
{
	char *p = small_pages(2), *arrays = map_pages(2);
	void **addrs = (void **)(arrays + PAGE) - 2;
	int nodes[4], status[4] = { UNTOLD, UNTOLD, UNTOLD, UNTOLD };

	p[0] = p[PAGE] = 1;
	EXPECT_OK(munmap(arrays + PAGE, PAGE));
	addrs[0] = p;
	addrs[1] = p + PAGE;
	for (int i = 0; i < 4; i++)
		nodes[i] = last_node();
	EXPECT_ERRNO(move_pages(0, 4, addrs, nodes, status, MPOL_MF_MOVE),
		     EFAULT);
	all_on_node(p, 2, last_node());
	EXPECT_EQ(status[0], last_node());
	EXPECT_EQ(status[1], last_node());
	EXPECT_EQ(status[2], UNTOLD);
	unmap_pages(p, 2);
	unmap_pages(arrays, 1);
}

static void a_process_that_is_gone_is_not_found(void)
{
	int node = first_node(), status = UNTOLD;
	void *addr = &node;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(0);
	REQUIRE(pid > 0);
	EXPECT_EQ(waitpid(pid, NULL, 0), pid);
	EXPECT_ERRNO(move_pages(pid, 1, &addr, &node, &status, MPOL_MF_MOVE),
		     ESRCH);
}

PROGRAM(CASE(private_pages_move), CASE(many_pages_move_in_one_call),
	CASE(each_page_has_its_node), CASE(pages_of_a_file_move),
	CASE(pages_of_a_program_file_move), CASE(locked_pages_move),
	CASE(pages_without_rights_move), CASE(rights_move_along),
	CASE(shared_pages_move_on_demand), CASE(forked_pages_move_on_demand),
	CASE(pages_of_another_process_move), CASE(statuses_say_why_not),
	CASE(a_held_page_stays), CASE(what_follows_a_failure_is_left),
	CASE(bad_arguments_are_refused), CASE(nodes_without_memory_are_refused),
	CASE(an_array_that_ends_early_is_used_so_far),
	CASE(a_process_that_is_gone_is_not_found))
