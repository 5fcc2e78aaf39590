// SPDX-License-Identifier: MIT
/*
 * tests/programs/args.c - what a program finds on its stack when it starts
 *
 *	rsp ->  argc
 *	        argv[0] .. argv[argc - 1], NULL
 *	        environment, NULL
 *	        auxiliary vector: (type, value) pairs, (AT_NULL, 0)
 *	        ... strings, 16 random bytes, the path of the file
 *
 * Run again by itself, through execve, with arguments that must arrive; the
 * first run may have any. Built a second time as static PIE.
 */
#include "program.h"
#include <elf.h>
#include <sys/auxv.h>

extern char **environ;
extern const Elf64_Ehdr __ehdr_start __attribute__((weak, visibility("hidden")));

static char **our_argv;
static int our_argc;

static const Elf64_auxv_t *auxv(void)
{
	char **p = environ;

	while (*p)
		p++;
	return (const Elf64_auxv_t *)(p + 1);
}

static const Elf64_auxv_t *find(u64 type)
{
	for (const Elf64_auxv_t *a = auxv(); a->a_type != AT_NULL; a++)
		if (a->a_type == type)
			return a;
	return NULL;
}

static void vectors_follow_each_other(void)
{
	EXPECT(our_argc >= 1);
	EXPECT_EQ(((long *)our_argv)[-1], our_argc);
	EXPECT(our_argv[our_argc] == NULL);
	EXPECT(environ == our_argv + our_argc + 1);
}

static void stack_is_aligned(void)
{
	EXPECT_EQ(((u64)our_argv - 8) % 16, 0);
}

static void strings_lie_above_the_vectors(void)
{
	for (int i = 0; i < our_argc; i++)
		EXPECT((char *)our_argv[i] > (char *)auxv());
	for (int i = 1; i < our_argc; i++)
		EXPECT(our_argv[i] ==
		       our_argv[i - 1] + strlen(our_argv[i - 1]) + 1);
	for (char **p = environ; *p; p++)
		EXPECT(*p > (char *)auxv());
}

static void page_size_is_told(void)
{
	REQUIRE(find(AT_PAGESZ));
	EXPECT_EQ(find(AT_PAGESZ)->a_un.a_val, PAGE);
	REQUIRE(find(AT_CLKTCK));
	EXPECT_EQ(find(AT_CLKTCK)->a_un.a_val, 100);
}

static void program_headers_are_told(void)
{
	const Elf64_Phdr *header;
	u64 nr;

	REQUIRE(find(AT_PHDR) && find(AT_PHNUM) && find(AT_PHENT));
	EXPECT_EQ(find(AT_PHENT)->a_un.a_val, sizeof(Elf64_Phdr));
	header = (const Elf64_Phdr *)find(AT_PHDR)->a_un.a_val;
	nr = find(AT_PHNUM)->a_un.a_val;
	EXPECT((const char *)header ==
	       (const char *)&__ehdr_start + __ehdr_start.e_phoff);
	EXPECT_EQ(nr, __ehdr_start.e_phnum);
	EXPECT(nr > 0 && header[0].p_type != 0x5a5a5a5a);
}

static void entry_and_base_are_told(void)
{
	u64 bias = __ehdr_start.e_type == ET_DYN ? (u64)&__ehdr_start : 0;

	REQUIRE(find(AT_ENTRY) && find(AT_BASE) && find(AT_FLAGS));
	EXPECT_EQ(find(AT_ENTRY)->a_un.a_val, bias + __ehdr_start.e_entry);
	EXPECT_EQ(find(AT_BASE)->a_un.a_val, 0); /* no interpreter */
	EXPECT_EQ(find(AT_FLAGS)->a_un.a_val, 0);
}

static void identity_is_told(void)
{
	REQUIRE(find(AT_UID) && find(AT_EUID) && find(AT_GID) &&
		find(AT_EGID) && find(AT_SECURE));
	EXPECT_EQ(find(AT_UID)->a_un.a_val, find(AT_EUID)->a_un.a_val);
	EXPECT_EQ(find(AT_SECURE)->a_un.a_val, 0);
}

static void random_bytes_are_given(void)
{
	const u8 *bytes;
	int zeros = 0;

	REQUIRE(find(AT_RANDOM));
	bytes = (const u8 *)find(AT_RANDOM)->a_un.a_val;
	EXPECT(bytes > (const u8 *)auxv());
	for (int i = 0; i < 16; i++)
		zeros += bytes[i] == 0;
	EXPECT(zeros < 8);
}

static void path_and_platform_are_given(void)
{
	REQUIRE(find(AT_EXECFN) && find(AT_PLATFORM) && find(AT_HWCAP));
	EXPECT_EQ(strcmp((char *)find(AT_PLATFORM)->a_un.a_val, "x86_64"), 0);
	EXPECT(strstr((char *)find(AT_EXECFN)->a_un.a_val, "args") != NULL);
	EXPECT(find(AT_HWCAP)->a_un.a_val & 1); /* CPUID 1 EDX: FPU */
}

static char data[] = "data";
static char zeroed[3 * PAGE];

static void data_is_there_and_bss_is_zero(void)
{
	EXPECT_EQ(strcmp(data, "data"), 0);
	for (size_t i = 0; i < sizeof(zeroed); i++)
		if (zeroed[i]) {
			EXPECT_EQ(zeroed[i], 0);
			return;
		}
}

/* --- execve --- */

static char *const new_argv[] = { "args", "", "two words", "3=3", "x", NULL };
static char *const new_environ[] = { "ANSWER=42", "EMPTY=", NULL };

static void exec_self(void *arg)
{
	(void)arg;
	execve(find(AT_EXECFN) ? (char *)find(AT_EXECFN)->a_un.a_val : "/",
	       new_argv, new_environ);
	_exit(98);
}

static void arguments_arrive_through_execve(void)
{
	EXPECT_EXIT(exec_self, NULL, 42);
}

static bool same(char *const *a, char *const *b)
{
	for (; *a && *b; a++, b++)
		if (strcmp(*a, *b))
			return false;
	return !*a && !*b;
}

/* Did exec_self() start us? */
static int second_run(char **argv)
{
	return same(argv, new_argv) && same(environ, new_environ) &&
			       !strcmp(getenv("ANSWER"), "42") &&
			       find(AT_RANDOM) && find(AT_PHDR) ?
		       42 :
		       41;
}

static const struct program_case cases[] = {
	CASE(vectors_follow_each_other),
	CASE(stack_is_aligned),
	CASE(strings_lie_above_the_vectors),
	CASE(page_size_is_told),
	CASE(program_headers_are_told),
	CASE(entry_and_base_are_told),
	CASE(identity_is_told),
	CASE(random_bytes_are_given),
	CASE(path_and_platform_are_given),
	CASE(data_is_there_and_bss_is_zero),
	CASE(arguments_arrive_through_execve),
};

int main(int argc, char **argv)
{
	our_argc = argc;
	our_argv = argv;
	if (getenv("ANSWER"))
		return second_run(argv);
	return run_cases(1, argv, cases, ARRAY_SIZE(cases));
}
