// SPDX-License-Identifier: MIT
/*
 * arch/host/console.c - the console is stdin and stdout
 *
 * host_console_quiet drops output: fuzz targets would drown in warnings.
 * host_console_hook takes it elsewhere: a tool's stdout is data.
 */
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include <arch/console.h>
#include <arch/host.h>

bool host_console_quiet;
void (*host_console_hook)(const char *s, size_t len);

void arch_console_write(const char *s, size_t len)
{
	if (host_console_hook)
		host_console_hook(s, len);
	else if (!host_console_quiet)
		fwrite(s, 1, len, stdout);
}

int arch_console_getc(void)
{
	unsigned char c;
	struct pollfd fd = { .fd = 0, .events = POLLIN };

	if (poll(&fd, 1, 0) <= 0)
		return -1;
	return read(0, &c, 1) == 1 ? c : 4; /* end of input is Ctrl-D */
}

bool arch_console_interrupts(void)
{
	return false;
}

bool arch_console_has_input(void)
{
	return false;
}

void arch_console_wait(void)
{
	struct pollfd fd = { .fd = 0, .events = POLLIN };

	fflush(stdout);
	poll(&fd, 1, -1);
}

void host_console_to_stderr(const char *text, size_t len)
{
	fwrite(text, 1, len, stderr);
}
