/* SPDX-License-Identifier: MIT */
/*
 * tests/programs/lib/program.h - what every program of tests/programs stands on
 *
 * A program is a table of cases. It prints KTAP on stdout and exits with 0 when
 * every case passed, else 1; so its status is the verdict on Tangram and on
 * Linux:
 *
 *	static void maps_a_page(void)
 *	{
 *		char *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
 *			       -1, 0);
 *
 *		EXPECT(p != MAP_FAILED);
 *		EXPECT_ERRNO(munmap(p + 1, 4096), EINVAL);
 *	}
 *	PROGRAM(CASE(maps_a_page));
 *
 * Arguments of a program: nothing, or the names of the cases to run. A failed
 * EXPECT is printed with both values and its place; the case goes on, so that
 * one run shows all that is wrong. Only REQUIRE ends a case.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define PAGE	      4096ul
#define KIB	      1024ul
#define MIB	      (1024 * KIB)
#define GIB	      (1024 * MIB)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Newer than musl's headers. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif

struct program_case {
	const char *name;
	void (*run)(void);
};

/* clang-format off */
#define CASE(function) { #function, function }
#define PROGRAM(...)                                                     \
	int main(int argc, char **argv)                                  \
	{                                                                \
		static const struct program_case cases[] = { __VA_ARGS__ }; \
                                                                         \
		return run_cases(argc, argv, cases, ARRAY_SIZE(cases));  \
	}
/* clang-format on */

int run_cases(int argc, char **argv, const struct program_case *cases,
	      size_t nr);

/* --- expectations --- */

bool expect_true(bool holds, const char *text, const char *file, int line);
bool expect_equal(long found, long expected, const char *text, const char *file,
		  int line);
/* result is what a call returned: -1 (or MAP_FAILED) with errno, or success. */
bool expect_errno(long result, int expected, const char *text, const char *file,
		  int line);

#define EXPECT(condition) expect_true(condition, #condition, __FILE__, __LINE__)
#define EXPECT_EQ(found, expected)                                      \
	expect_equal((long)(found), (long)(expected), #found, __FILE__, \
		     __LINE__)
#define EXPECT_OK(call) EXPECT_EQ(call, 0)
#define EXPECT_ERRNO(call, expected)                                  \
	({                                                            \
		errno = 0;                                            \
		expect_errno((long)(call), expected, #call, __FILE__, \
			     __LINE__);                               \
	})
#define REQUIRE(condition)              \
	do {                            \
		if (!EXPECT(condition)) \
			return;         \
	} while (0)

/* Has the running case failed so far? */
bool case_failed(void);

/* Ends a case that can't be run here; the text says why. */
void skip_case(const char *why);

/* --- children --- */

/*
 * Run function(arg) in a child; the status is what wait4 gives. The child's
 * failed expectations make its exit status 99 where the function returned.
 */
#define CHILD_FAILED 99
int run_child(void (*function)(void *arg), void *arg);

/* The child must end by this signal, or by exit(status). */
#define EXPECT_SIGNAL(function, arg, signal)                                 \
	expect_signal(run_child(function, arg), signal, #function, __FILE__, \
		      __LINE__)
#define EXPECT_EXIT(function, arg, status)                                 \
	expect_exit(run_child(function, arg), status, #function, __FILE__, \
		    __LINE__)
bool expect_signal(int wait_status, int signal, const char *text,
		   const char *file, int line);
bool expect_exit(int wait_status, int status, const char *text,
		 const char *file, int line);

/* --- memory --- */

/* Private anonymous memory, readable and writable; exits when there is none. */
void *map_pages(size_t nr);
void unmap_pages(void *p, size_t nr);

/* A word for each 8 bytes that tells its place and version. */
void stamp_page(void *page, u64 key);
bool page_has_stamp(const void *page, u64 key);

/* --- random numbers: xorshift64*, the same on both kernels --- */

struct rng {
	u64 state; /* not 0 */
};

u64 rng_next(struct rng *rng);
u64 rng_below(struct rng *rng, u64 limit);

/* --- arguments: KEY=VALUE words of a workload --- */

u64 argument(int argc, char **argv, const char *key, u64 value);
const char *argument_text(int argc, char **argv, const char *key,
			  const char *text);

/* Path of another program of the same folder: natively build/programs. */
const char *sibling(const char *name);
