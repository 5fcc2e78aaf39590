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
#include <arch/irq.h>
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

static bool may_have_input(void)
{
	return arch_console_has_input() || signal_waits();
}

int console_getc_timeout(u64 ms)
{
	u64 ticks = DIV_ROUND_UP(ms * HZ, 1000UL);
	int c = arch_console_getc();

	/* Without interrupts nobody tells: look at every tick. */
	while (c < 0 && ticks && !signal_waits()) {
		if (arch_console_interrupts()) {
			wait_event_timeout(&input_wait, may_have_input(), ticks);
			ticks = 0;
		} else {
			set_current_state(THREAD_SLEEPING);
			schedule_timeout(1);
			ticks--;
		}
		c = arch_console_getc();
	}
	return c >= 0 ? c : signal_waits() ? -EINTR : -EAGAIN;
}
