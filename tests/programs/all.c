// SPDX-License-Identifier: MIT
/*
 * tests/programs/all.c - run every program of /etc/programs, one after the
 * other, in one boot
 *
 *	all [tangram|linux]	those that must pass there (tangram)
 *
 * The list's lines are KERNEL NAME ARGS. Status 0: all ended with 0.
 */
#include "program.h"

#define MAX_WORDS 32

static int run(char **words)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execv(sibling(words[0]), words);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

static int split(char *line, char **words)
{
	int nr = 0;

	for (char *word = strtok(line, " \n"); word && nr < MAX_WORDS - 1;
	     word = strtok(NULL, " \n"))
		words[nr++] = word;
	words[nr] = NULL;
	return nr;
}

static bool is_for(const char *word, const char *kernel)
{
	return !strcmp(word, "both") || !strcmp(word, kernel);
}

int main(int argc, char **argv)
{
	const char *kernel = argc > 1 ? argv[1] : "tangram";
	const char *path = argc > 2 ? argv[2] : "/etc/programs";
	FILE *list = fopen(path, "r");
	int ran = 0, failed = 0;
	char line[256];

	if (!list) {
		printf("all: %s: %s\n", path, strerror(errno));
		return 1;
	}
	while (fgets(line, sizeof(line), list)) {
		char *words[MAX_WORDS], name[128];
		int status;

		if (line[0] == '#' || split(line, words) < 2 ||
		    !is_for(words[0], kernel))
			continue;
		snprintf(name, sizeof(name), "%s %s", words[1],
			 words[2] ? words[2] : "");
		status = run(words + 1);
		ran++;
		failed += status != 0;
		printf("%s: %s: status 0x%x\n", status ? "FAILED" : "passed",
		       name, status);
		fflush(stdout);
	}
	printf("RESULT all kernel=%s ran=%d failed=%d\n", kernel, ran, failed);
	return failed || !ran;
}
