// SPDX-License-Identifier: MIT
/*
 * tests/programs/hostile.c - what a program must not be able to do
 *
 * Bad pointers to every system call that takes one, absurd sizes, the kernel's
 * own addresses, odd states of the CPU, and processes without end. Each attempt
 * gets its documented errno or signal, and the system goes on.
 */
#include "program.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>

#define TOP 0x7ffffffff000ul /* user addresses end here */

static char *unmapped; /* a page with nothing there */
static int file = -1;
static int filled[2], empty[2]; /* pipes: one with bytes in it */

static void prepare(void)
{
	static char bytes[8 * PAGE];

	unmapped = map_pages(1);
	EXPECT_OK(munmap(unmapped, PAGE));
	file = open(sibling("hostile"), O_RDONLY);
	EXPECT(file >= 0);
	EXPECT_OK(pipe(filled));
	EXPECT_OK(pipe(empty));
	EXPECT_EQ(write(filled[1], bytes, sizeof(bytes)), sizeof(bytes));
}

/* --- bad pointers --- */

#define CALL(name, ...)             \
	{                           \
#name, SYS_##name,  \
		{                   \
			__VA_ARGS__ \
		}                   \
	}
#define BAD    0x5ad5ad /* stands for the pointer */
#define A_FILE 0x5ad5ae /* for `file`, and so on */
#define FULL   0x5ad5af
#define SINK   0x5ad5b0
#define GOOD   0x5ad5b1 /* memory that may be used */

static const struct {
	const char *name;
	long number;
	long args[6];
} pointer_calls[] = {
	CALL(read, A_FILE, BAD, 16),
	CALL(read, FULL, BAD, 16),
	CALL(pread64, A_FILE, BAD, 16, 0),
	CALL(write, SINK, BAD, 16),
	CALL(readv, FULL, BAD, 1),
	CALL(writev, SINK, BAD, 1),
	CALL(open, BAD, O_RDONLY, 0),
	CALL(openat, AT_FDCWD, BAD, O_RDONLY, 0),
	CALL(stat, BAD, GOOD),
	CALL(lstat, BAD, GOOD),
	CALL(newfstatat, AT_FDCWD, BAD, GOOD, 0),
	CALL(fstat, A_FILE, BAD),
	CALL(unlink, BAD),
	CALL(unlinkat, AT_FDCWD, BAD, 0),
	CALL(mkdir, BAD, 0755),
	CALL(rename, BAD, GOOD),
	CALL(pipe2, BAD, 0),
	CALL(execve, BAD, 0, 0),
	CALL(uname, BAD),
	CALL(sysinfo, BAD),
	CALL(getrandom, BAD, 16, 0),
	CALL(getrusage, RUSAGE_SELF, BAD),
	CALL(prlimit64, 0, RLIMIT_STACK, 0, BAD),
	CALL(clock_gettime, CLOCK_MONOTONIC, BAD),
	CALL(nanosleep, BAD, 0),
	CALL(sched_getaffinity, 0, 128, BAD),
	CALL(sched_setaffinity, 0, 128, BAD),
	CALL(getcpu, BAD, 0, 0),
	CALL(set_mempolicy, 2, BAD, 64),
	CALL(get_mempolicy, BAD, 0, 0, 0, 0),
	CALL(move_pages, 0, 1, BAD, 0, GOOD, 0),
	CALL(futex, BAD, 0, 0, 0),
	CALL(arch_prctl, 0x1003, BAD), /* ARCH_GET_FS */
};

static const u64 bad_pointers[] = {
	8,
	TOP - 4, /* begins in user space, ends beyond */
	TOP,
	0x800000000000, /* not canonical from here */
	0x8000000000000000,
	0xffff7ffffffffffc,
	0xffff800000000000, /* the kernel's */
	0xffffc90000000000,
	0xffffea0000000000,
	0xffffffff80000000,
	0xffffffff81000000,
	0xfffffffffffff000,
	0xfffffffffffffff8,
};

static u64 good[64];

static long argument_of(long arg, u64 pointer)
{
	switch (arg) {
	case BAD:
		return (long)pointer;
	case A_FILE:
		return file;
	case FULL:
		return filled[0];
	case SINK:
		return empty[1];
	case GOOD:
		return (long)good;
	default:
		return arg;
	}
}

static long call_with(size_t i, u64 pointer)
{
	long a[6];

	for (int n = 0; n < 6; n++)
		a[n] = argument_of(pointer_calls[i].args[n], pointer);
	errno = 0;
	return syscall(pointer_calls[i].number, a[0], a[1], a[2], a[3], a[4],
		       a[5]);
}

/* Futex words must be aligned, so EINVAL may come first. */
static bool refused(size_t i, u64 pointer)
{
	long result = call_with(i, pointer);

	return result == -1 &&
	       (errno == EFAULT ||
		(pointer_calls[i].number == SYS_futex && errno == EINVAL));
}

static void bad_pointers_are_efault(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(pointer_calls); i++)
		for (size_t p = 0; p <= ARRAY_SIZE(bad_pointers); p++) {
			u64 pointer = p == ARRAY_SIZE(bad_pointers) ?
					      (u64)unmapped :
					      bad_pointers[p];

			if (refused(i, pointer))
				continue;
			EXPECT_EQ(errno, EFAULT);
			printf("#   %s with 0x%lx\n", pointer_calls[i].name,
			       pointer);
		}
}

/* What a call writes to a page that may only be read. */
static void read_only_memory_is_efault(void)
{
	static const long writes[] = { SYS_uname, SYS_sysinfo };
	char *p = map_pages(1);

	*p = 1;
	EXPECT_OK(mprotect(p, PAGE, PROT_READ));
	for (size_t i = 0; i < ARRAY_SIZE(writes); i++)
		EXPECT_ERRNO(syscall(writes[i], p), EFAULT);
	EXPECT_ERRNO(read(filled[0], p, 16), EFAULT);
	EXPECT_ERRNO(syscall(SYS_getrandom, p, 16, 0), EFAULT);
	EXPECT_ERRNO(syscall(SYS_clock_gettime, 1, p), EFAULT);
	EXPECT_EQ(*p, 1);
	unmap_pages(p, 1);
}

/* The end of a page, nothing behind it: what fits is transferred. */
static void buffers_may_end_in_nothing(void)
{
	char *p = map_pages(2);

	EXPECT_OK(munmap(p + PAGE, PAGE));
	EXPECT_EQ(pread(file, p + PAGE - 16, 16, 0), 16);
	EXPECT_EQ(memcmp(p + PAGE - 16, "\177ELF", 4), 0);
	EXPECT_EQ(pread(file, p + PAGE - 16, 32, 0), 16);
	EXPECT_ERRNO(uname((void *)(p + PAGE - 16)), EFAULT);
	strcpy(p + PAGE - 5, "/tmp");
	EXPECT_ERRNO(open(p + PAGE - 5, O_WRONLY), EISDIR);
	memset(p, '/', PAGE); /* no end of the string */
	EXPECT_ERRNO(open(p + PAGE - 9, O_RDONLY), EFAULT);
	unmap_pages(p, 1);
}

static void paths_have_an_end(void)
{
	char *p = map_pages(3);

	memset(p, 'a', 3 * PAGE - 1);
	EXPECT_ERRNO(open(p, O_RDONLY), ENAMETOOLONG);
	p[300] = '\0';
	EXPECT_ERRNO(open(p, O_RDONLY), ENAMETOOLONG);
	p[255] = '\0';
	EXPECT_ERRNO(open(p, O_RDONLY), ENOENT);
	unmap_pages(p, 3);
}

/* --- absurd sizes --- */

static void absurd_sizes_are_refused(void)
{
	struct iovec vectors[2] = { { good, 1ul << 63 }, { good, 8 } };
	u8 one;

	EXPECT_ERRNO(syscall(SYS_read, file, good, 1ul << 63), EFAULT);
	EXPECT_ERRNO(syscall(SYS_write, empty[1], good, ~0ul), EFAULT);
	EXPECT_ERRNO(syscall(SYS_readv, file, vectors, 2), EINVAL);
	EXPECT_ERRNO(syscall(SYS_readv, file, vectors, 1 << 30), EINVAL);
	EXPECT_ERRNO(syscall(SYS_mincore, PAGE, ~0ul - 2 * PAGE, &one), ENOMEM);
	EXPECT_ERRNO(syscall(SYS_munmap, PAGE, ~0ul), EINVAL);
	EXPECT_ERRNO(syscall(SYS_mmap, 0, ~0ul - PAGE + 1, 3, 0x22, -1, 0),
		     ENOMEM);
	EXPECT_ERRNO(syscall(SYS_mlock, PAGE, ~0ul - 2 * PAGE), ENOMEM);
	EXPECT_ERRNO(syscall(SYS_lseek, file, 1ul << 63, SEEK_SET), EINVAL);
	EXPECT_ERRNO(syscall(SYS_prlimit64, 0, ~0u, NULL, good), EINVAL);
	EXPECT_ERRNO(syscall(SYS_dup2, 0, ~0u), EBADF);
	EXPECT_ERRNO(syscall(SYS_dup2, 0, 1 << 30), EBADF);
	EXPECT_ERRNO(syscall(SYS_close, ~0u), EBADF);
	EXPECT_ERRNO(syscall(SYS_kill, 1 << 30, 9), ESRCH);
	EXPECT_ERRNO(syscall(SYS_get_mempolicy, good, good, 1ul << 40, 0, 0),
		     EINVAL);
}

/* --- the kernel's addresses --- */

static const u64 kernel_addresses[] = {
	0xffff800000000000, 0xffff800000100000,	       0xffffc90000000000,
	0xffffea0000000000, 0xffffffff80000000,	       0xffffffff80100000,
	0xffffffff81000000, 0xffffffffff600000 - PAGE,
};

static void read_it(void *p)
{
	(void)*(volatile char *)p;
}

static void write_it(void *p)
{
	*(volatile char *)p = 1;
}

static void jump_to_it(void *p)
{
	((void (*)(void))p)();
}

static void kernel_memory_is_out_of_reach(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(kernel_addresses); i++) {
		void *p = (void *)kernel_addresses[i];

		EXPECT_SIGNAL(read_it, p, SIGSEGV);
		EXPECT_SIGNAL(write_it, p, SIGSEGV);
		EXPECT_SIGNAL(jump_to_it, p, SIGSEGV);
		EXPECT_ERRNO(mmap(p, PAGE, PROT_READ,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
			     ENOMEM);
		EXPECT_ERRNO(munmap(p, PAGE), EINVAL);
		EXPECT_ERRNO(syscall(SYS_mprotect, p, PAGE, PROT_READ), ENOMEM);
		EXPECT_ERRNO(madvise(p, PAGE, MADV_DONTNEED), ENOMEM);
	}
}

static void jumps_to_nowhere_are_segv(void)
{
	EXPECT_SIGNAL(jump_to_it, NULL, SIGSEGV);
	EXPECT_SIGNAL(jump_to_it, (void *)0x8000000000000000, SIGSEGV);
	EXPECT_SIGNAL(jump_to_it, (void *)0x800000000000, SIGSEGV);
	EXPECT_SIGNAL(jump_to_it, (void *)TOP, SIGSEGV);
	EXPECT_SIGNAL(jump_to_it, unmapped, SIGSEGV);
	EXPECT_SIGNAL(jump_to_it, good, SIGSEGV); /* data */
}

/*
 * A system call in the last two bytes that a program can have. Its return
 * address is the first that is no user address: the CPU must not fault on the
 * way back with the kernel's rights.
 */
static void call_at_the_top(void *arg)
{
	u8 *page = mmap((void *)(TOP - PAGE), PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	u64 at = TOP - 2;

	if (page == MAP_FAILED)
		_exit(97);
	page[PAGE - 2] = 0x0f; /* syscall */
	page[PAGE - 1] = 0x05;
	if (mprotect(page, PAGE, PROT_READ | PROT_EXEC))
		_exit(96);
	__asm__ volatile("jmp *%1" : : "a"(SYS_getpid), "r"(at) : "memory");
	(void)arg;
}

static void returning_beyond_the_top_is_segv(void)
{
	EXPECT_SIGNAL(call_at_the_top, NULL, SIGSEGV);
}

static void bases_stay_in_user_space(void)
{
	u64 old = 0;

	EXPECT_OK(syscall(SYS_arch_prctl, 0x1003, &old));
	EXPECT_ERRNO(syscall(SYS_arch_prctl, 0x1002, 0xffff800000000000), EPERM);
	EXPECT_ERRNO(syscall(SYS_arch_prctl, 0x1002, 0x8000000000000000), EPERM);
	EXPECT_ERRNO(syscall(SYS_arch_prctl, 0x7777, old), EINVAL);
}

/* --- odd states of the CPU at the door of the kernel --- */

static u64 call_with_flags(u64 flags)
{
	u64 after;

	__asm__ volatile("sub $128, %%rsp\n\t" /* the red zone */
			 "pushfq\n\t"
			 "orq %1, (%%rsp)\n\t"
			 "popfq\n\t"
			 "mov %2, %%eax\n\t"
			 "syscall\n\t"
			 "pushfq\n\t"
			 "pop %0\n\t"
			 "cld\n\t"
			 "pushfq\n\t"
			 "andq %3, (%%rsp)\n\t"
			 "popfq\n\t"
			 "add $128, %%rsp"
			 : "=&r"(after)
			 : "r"(flags), "i"(SYS_getppid), "r"(~flags)
			 : "rax", "rcx", "r11", "memory", "cc");
	return after;
}

#define FLAG_DIRECTION (1ul << 10)
#define FLAG_NESTED    (1ul << 14)
#define FLAG_ALIGNMENT (1ul << 18)

static void flags_survive_a_call(void)
{
	EXPECT(call_with_flags(FLAG_DIRECTION) & FLAG_DIRECTION);
	EXPECT(call_with_flags(FLAG_NESTED) & FLAG_NESTED);
	EXPECT(call_with_flags(FLAG_ALIGNMENT) & FLAG_ALIGNMENT);
}

/* Faults with the direction flag set: the kernel copies forwards. */
static void fault_backwards(void *arg)
{
	u8 *p = arg;
	u64 nr = 8 * PAGE / 8;

	__asm__ volatile("std; rep stosq; cld"
			 : "+c"(nr)
			 : "D"(p + 8 * PAGE - 8), "a"(0x0101010101010101)
			 : "memory");
	_exit(p[0] == 1 && p[8 * PAGE - 1] == 1 ? 0 : 1);
}

static void single_step(void *arg)
{
	call_with_flags(1ul << 8);
	(void)arg;
}

static void stack_pointer_in_the_kernel(void *arg)
{
	__asm__ volatile("mov %0, %%rsp; push $1" : : "r"(arg) : "memory");
}

/* The kernel must not use our stack pointer: this call just works. */
static void call_without_a_stack(void *arg)
{
	__asm__ volatile("mov %0, %%rsp\n\t"
			 "mov %1, %%eax\n\t"
			 "syscall\n\t"
			 "mov %2, %%eax\n\t"
			 "mov $33, %%edi\n\t"
			 "syscall"
			 :
			 : "r"(arg), "i"(SYS_getpid), "i"(SYS_exit_group)
			 : "rax", "rdi", "rcx", "r11", "memory");
}

static void bad_segment(void *arg)
{
	__asm__ volatile("mov %0, %%ss" : : "r"((u16)(u64)arg));
}

static void odd_states_are_survived(void)
{
	EXPECT_EXIT(fault_backwards, map_pages(8), 0);
	EXPECT_SIGNAL(single_step, NULL, SIGTRAP);
	EXPECT_SIGNAL(stack_pointer_in_the_kernel, (void *)0xffffc90000001000,
		      SIGSEGV);
	EXPECT_EXIT(call_without_a_stack, (void *)0xffffffff80100000, 33);
	EXPECT_EXIT(call_without_a_stack, (void *)0x800000000000, 33);
	EXPECT_EXIT(call_without_a_stack, NULL, 33);
	EXPECT_SIGNAL(bad_segment, (void *)0x10, SIGSEGV);
	EXPECT_SIGNAL(bad_segment, (void *)0xfff8, SIGSEGV);
}

/* --- processes without end --- */

#define BOMB 250

/*
 * Fork till it fails, or BOMB are there. RLIMIT_NPROC does not bind Linux's
 * root, whose programs we are there; Tangram has no root.
 */
static int fork_many(pid_t *pids)
{
	int nr = 0;
	char c;

	while (nr < BOMB) {
		pids[nr] = fork();
		if (pids[nr] < 0) {
			EXPECT_EQ(errno, EAGAIN);
			break;
		}
		if (pids[nr] == 0)
			_exit(read(empty[0], &c, 1) == 1);
		nr++;
	}
	return nr;
}

static void fork_bomb(void *arg)
{
	struct rlimit limit = { 100, 100 };
	pid_t pids[BOMB];
	int nr, status;

	EXPECT_OK(setrlimit(RLIMIT_NPROC, &limit));
	nr = fork_many(pids);
	EXPECT(nr >= 1);
	for (int i = 0; i < nr; i++)
		EXPECT_OK(kill(pids[i], SIGKILL));
	for (int i = 0; i < nr; i++)
		EXPECT_EQ(waitpid(pids[i], &status, 0), pids[i]);
	pids[0] = fork();
	if (pids[0] == 0)
		_exit(0);
	EXPECT_EQ(waitpid(pids[0], &status, 0), pids[0]);
	(void)arg;
}

static void a_fork_bomb_ends(void)
{
	EXPECT_EXIT(fork_bomb, NULL, 0);
}

static void files_without_end(void *arg)
{
	struct rlimit limit = { 64, 64 };
	int fd = 0;

	EXPECT_OK(setrlimit(RLIMIT_NOFILE, &limit));
	while (fd >= 0 && fd < 100)
		fd = open("/tmp", O_RDONLY);
	EXPECT_EQ(fd, -1);
	EXPECT_EQ(errno, EMFILE);
	EXPECT_ERRNO(pipe(empty), EMFILE);
	EXPECT_ERRNO(dup2(0, 64), EBADF);
	(void)arg;
}

static void open_files_have_a_limit(void)
{
	EXPECT_EXIT(files_without_end, NULL, 0);
}

PROGRAM(CASE(prepare), CASE(bad_pointers_are_efault),
	CASE(read_only_memory_is_efault), CASE(buffers_may_end_in_nothing),
	CASE(paths_have_an_end), CASE(absurd_sizes_are_refused),
	CASE(kernel_memory_is_out_of_reach), CASE(jumps_to_nowhere_are_segv),
	CASE(returning_beyond_the_top_is_segv), CASE(bases_stay_in_user_space),
	CASE(flags_survive_a_call), CASE(odd_states_are_survived),
	CASE(a_fork_bomb_ends), CASE(open_files_have_a_limit))
