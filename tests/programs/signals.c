// SPDX-License-Identifier: MIT
/*
 * tests/programs/signals.c - signals by their default action
 *
 * Each standard number ends the program, or is ignored; those that stop one are
 * not sent here. What the CPU finds wrong becomes a signal, too.
 */
#include "program.h"
#include <signal.h>

/* 1 << number: sent by kill(), ends the receiver. */
#define ENDS                                                               \
	(1u << SIGHUP | 1u << SIGINT | 1u << SIGQUIT | 1u << SIGILL |      \
	 1u << SIGTRAP | 1u << SIGABRT | 1u << SIGBUS | 1u << SIGFPE |     \
	 1u << SIGKILL | 1u << SIGUSR1 | 1u << SIGSEGV | 1u << SIGUSR2 |   \
	 1u << SIGPIPE | 1u << SIGALRM | 1u << SIGTERM | 1u << SIGSTKFLT | \
	 1u << SIGXCPU | 1u << SIGXFSZ | 1u << SIGVTALRM | 1u << SIGPROF | \
	 1u << SIGIO | 1u << SIGPWR | 1u << SIGSYS)
#define IGNORED (1u << SIGCHLD | 1u << SIGURG | 1u << SIGWINCH | 1u << SIGCONT)

static void kill_self(void *arg)
{
	kill(getpid(), (int)(long)arg);
}

static void each_number_does_its_default(void)
{
	for (long number = 1; number < 32; number++) {
		if (ENDS & 1u << number)
			EXPECT_SIGNAL(kill_self, (void *)number, number);
		if (IGNORED & 1u << number)
			EXPECT_EXIT(kill_self, (void *)number, 0);
	}
}

/* In user mode, in a system call that sleeps, and never scheduled. */
static void spin(void *arg)
{
	for (;;)
		__asm__ volatile("pause");
	(void)arg;
}

static void sleep_in_read(void *arg)
{
	int *pipe_ends = arg;
	char c;

	_exit(read(pipe_ends[0], &c, 1) == 1);
}

static void kill_child(void (*function)(void *), void *arg, bool wait_first)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		function(arg);
		_exit(0);
	}
	if (wait_first)
		usleep(20000);
	EXPECT_OK(kill(pid, SIGKILL));
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void a_child_is_killed_wherever_it_is(void)
{
	int pipe_ends[2];

	REQUIRE(!pipe(pipe_ends));
	kill_child(spin, NULL, true);
	kill_child(sleep_in_read, pipe_ends, true);
	kill_child(spin, NULL, false);
	kill_child(sleep_in_read, pipe_ends, false);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
}

static void kill_refuses(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	EXPECT_ERRNO(kill(pid, SIGTERM), ESRCH);
	EXPECT_ERRNO(kill(pid, 0), ESRCH);
	EXPECT_ERRNO(kill(getpid(), 65), EINVAL);
	EXPECT_ERRNO(kill(getpid(), -1), EINVAL);
	EXPECT_OK(kill(getpid(), 0));
}

/* --- what the CPU finds --- */

static void divide_by_zero(void *arg)
{
	__asm__ volatile("xor %%edx, %%edx; mov $1, %%eax; xor %%ecx, %%ecx; "
			 "div %%ecx"
			 :
			 :
			 : "eax", "ecx", "edx");
	(void)arg;
}

static void undefined_opcode(void *arg)
{
	__asm__ volatile("ud2");
	(void)arg;
}

static void privileged(void *arg)
{
	__asm__ volatile("hlt");
	(void)arg;
}

static void interrupts_off(void *arg)
{
	__asm__ volatile("cli");
	(void)arg;
}

static void read_cr3(void *arg)
{
	u64 value;

	__asm__ volatile("mov %%cr3, %0" : "=r"(value));
	(void)arg;
}

static void port_io(void *arg)
{
	__asm__ volatile("outb %%al, %%dx" : : "a"(0), "d"(0x80));
	(void)arg;
}

static void not_canonical(void *arg)
{
	*(volatile char *)0x8000000000000000ul = 1;
	(void)arg;
}

static void breakpoint(void *arg)
{
	__asm__ volatile("int3");
	(void)arg;
}

static void wrong_interrupt(void *arg)
{
	__asm__ volatile("int $0x41");
	(void)arg;
}

static void what_the_cpu_finds(void)
{
	EXPECT_SIGNAL(divide_by_zero, NULL, SIGFPE);
	EXPECT_SIGNAL(undefined_opcode, NULL, SIGILL);
	EXPECT_SIGNAL(privileged, NULL, SIGSEGV);
	EXPECT_SIGNAL(interrupts_off, NULL, SIGSEGV);
	EXPECT_SIGNAL(read_cr3, NULL, SIGSEGV);
	EXPECT_SIGNAL(port_io, NULL, SIGSEGV);
	EXPECT_SIGNAL(not_canonical, NULL, SIGSEGV);
	EXPECT_SIGNAL(breakpoint, NULL, SIGTRAP);
	EXPECT_SIGNAL(wrong_interrupt, NULL, SIGSEGV);
}

static void write_to_nobody(void *arg)
{
	int *pipe_ends = arg;

	close(pipe_ends[0]);
	_exit(write(pipe_ends[1], "x", 1) == 1);
}

static void a_pipe_without_reader_kills(void)
{
	int pipe_ends[2];

	REQUIRE(!pipe(pipe_ends));
	/* The reader's end must be closed in both. */
	close(pipe_ends[0]);
	EXPECT_SIGNAL(write_to_nobody, pipe_ends, SIGPIPE);
	close(pipe_ends[1]);
}

PROGRAM(CASE(each_number_does_its_default),
	CASE(a_child_is_killed_wherever_it_is), CASE(kill_refuses),
	CASE(what_the_cpu_finds), CASE(a_pipe_without_reader_kills))
