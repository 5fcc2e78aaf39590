// SPDX-License-Identifier: MIT
/*
 * tests/programs/init.c - process 1 of the peer Linux
 *
 * Linux hands words it doesn't know to init: run="NAME ARGS" is in our
 * environment, poweroff among our arguments. So the same command line runs the
 * same program on both kernels, and the verdict leaves by the same exit device:
 * QEMU's status is 33 when the program's was 0.
 *
 * On Tangram the kernel itself does this work; there is no init.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define EXIT_PORT   0xf4
#define EXIT_PASSED 0x10
#define EXIT_FAILED 0x00
#define MAX_WORDS   64

static void mount_at(const char *type, const char *path, mode_t mode)
{
	mkdir(path, mode);
	if (mount(type, path, type, 0, NULL))
		printf("init: mount %s: %s\n", path, strerror(errno));
}

/* Words apart by spaces, as on Tangram; no quotes within. */
static void split(char *text, char **words)
{
	int nr = 0;

	for (char *word = strtok(text, " "); word && nr < MAX_WORDS - 1;
	     word = strtok(NULL, " "))
		words[nr++] = word;
	words[nr] = NULL;
}

static int run(char *text)
{
	char *words[MAX_WORDS], path[256];
	int status = -1;
	pid_t pid;

	split(text, words);
	if (!words[0])
		return -1;
	snprintf(path, sizeof(path), "%s%s",
		 strchr(words[0], '/') ? "" : "/bin/", words[0]);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execv(path, words);
		printf("init: %s: %s\n", path, strerror(errno));
		fflush(stdout);
		_exit(127);
	}
	while (waitpid(-1, &status, 0) != pid)
		;
	if (WIFSIGNALED(status))
		printf("init: %s: killed by signal %d\n", words[0],
		       WTERMSIG(status));
	else
		printf("init: %s: exit status %d\n", words[0],
		       WEXITSTATUS(status));
	return status;
}

static void leave(int status)
{
	fflush(stdout);
	tcdrain(STDOUT_FILENO); /* or the last lines are lost */
	if (!ioperm(EXIT_PORT, 1, 1))
		outb(status ? EXIT_FAILED : EXIT_PASSED, EXIT_PORT);
	reboot(RB_POWER_OFF);
}

int main(void)
{
	char *text = getenv("run");

	mount_at("proc", "/proc", 0555);
	mount_at("sysfs", "/sys", 0555);
	mount_at("tmpfs", "/tmp", 01777);
	unsetenv("run");
	leave(text ? run(text) : -1);
	return 1;
}
