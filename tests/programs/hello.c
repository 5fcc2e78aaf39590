// SPDX-License-Identifier: MIT
/*
 * tests/programs/hello.c - the least a kernel must do to run a program
 *
 * It writes one line by write() and one through stdio, and exits with 0, or
 * with the number in its first argument.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static const char line[] = "hello, by write\n";

	if (write(STDOUT_FILENO, line, sizeof(line) - 1) != sizeof(line) - 1)
		return 1;
	printf("hello, by printf: %d argument%s\n", argc - 1,
	       argc == 2 ? "" : "s");
	return argc > 1 ? atoi(argv[1]) : 0;
}
