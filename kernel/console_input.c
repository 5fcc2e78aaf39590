// SPDX-License-Identifier: MIT
/*
 * kernel/console_input.c - sleeping until somebody types
 *
 * Asleep, so that the CPU is other threads' and halts if there are none.
 */
#include <kernel/console_input.h>
#include <kernel/errno.h>
#include <kernel/thread.h>
#include <kernel/wait.h>
#include <arch/console.h>
#include <arch/hooks.h>
#include <arch/user.h>

static struct wait_queue input_wait = WAIT_QUEUE_INIT(input_wait);

void console_input(void)
{
	wake_up_all(&input_wait);
}

bool signal_waits(void)
{
	return READ_ONCE(current->user_work) & USER_WORK_SIGNAL;
}

static void wait_for_input(void)
{
	if (arch_console_interrupts())
		wait_event(&input_wait,
			   arch_console_has_input() || signal_waits());
	else
		arch_console_wait();
}

int console_getc(void)
{
	int c = arch_console_getc();

	while (c < 0) {
		if (signal_waits())
			return -EINTR;
		wait_for_input();
		c = arch_console_getc();
	}
	return c;
}
