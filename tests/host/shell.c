// SPDX-License-Identifier: MIT
/*
 * tests/host/shell.c - the kernel's shell in an ordinary process
 *
 *	build/host/shell [--plain]
 *
 * Runs over the made-up machine of arch/host/machine.c. Plain when stdin or
 * stdout is no terminal, or when asked for; else the terminal is switched to
 * send every key at once.
 */
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <arch/host.h>
#include <kernel/shell.h>
#include <kernel/verdict.h>

static struct termios saved;

static void restore_terminal(void)
{
	tcsetattr(0, TCSADRAIN, &saved);
}

/* Like cfmakeraw(), but a written '\n' stays a new line. */
static void send_every_key(void)
{
	struct termios raw;

	tcgetattr(0, &saved);
	atexit(restore_terminal);
	raw = saved;
	raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | IXON | ISTRIP);
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	tcsetattr(0, TCSADRAIN, &raw);
}

int main(int argc, char **argv)
{
	bool plain = !isatty(0) || !isatty(1);

	if (argc > 1 && !strcmp(argv[1], "--plain"))
		plain = true;
	if (isatty(0))
		send_every_key();
	host_machine_init(1);
	shell_run(plain);
	verdict_poweroff();
}
