// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_locks.c - locks: classes, the order that lockdep has learnt, and
 * who holds what
 *
 *	wait queue			a class that is taken first
 *	  run queue			taken while it is held
 *	  timers (see above)		its own were shown already
 *
 * What follows only through a third class is not drawn a second time: with
 * A before B and B before C there is no line for A before C.
 */
#include <kernel/lockdep.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/smp.h>
#include <kernel/spinlock.h>
#include <kernel/string.h>
#include <kernel/thread.h>

#define HELD_MAX 16

static void show_classes(void)
{
	struct lock_class_info info;

	console_printf("%-20s %5s %12s %10s\n", "class", "kind", "acquired",
		       "contended");
	for (u32 id = 1; lockdep_class_info(id, &info); id++)
		console_printf("%-20s %5c %12lu %10lu\n", info.class->name,
			       info.class->irqs_off ? 'I' : 'S', info.acquired,
			       info.contended);
}

/* --- the order --- */

/* Deeper than any chain of classes can be. */
static void show_from(u32 id, u32 depth, u64 *shown)
{
	struct lock_class_info info;

	if (!lockdep_class_info(id, &info))
		return;
	console_printf("%*s%s%s\n", (int)(2 * depth), "", info.class->name,
		       *shown >> id & 1 && info.inner ? " (see above)" : "");
	if (*shown >> id & 1)
		return;
	*shown |= 1UL << id;
	for (u64 rest = info.inner; rest; rest &= rest - 1)
		show_from((u32)__builtin_ctzl(rest), depth + 1, shown);
}

static void show_order(void)
{
	struct lock_class_info info;
	u64 shown = 0, alone = 0;

	for (u32 id = 1; lockdep_class_info(id, &info); id++)
		if (info.outermost && info.inner)
			show_from(id, 0, &shown);
		else if (info.outermost)
			alone |= 1UL << id;
	console_printf("alone so far:");
	for (u64 rest = alone; rest; rest &= rest - 1)
		if (lockdep_class_info((u32)__builtin_ctzl(rest), &info))
			console_printf(" %s%s", info.class->name,
				       rest & (rest - 1) ? "," : "");
	console_printf("\n");
}

/* --- who holds what --- */

static void show_names(const struct lock_class *const *classes, u32 nr)
{
	for (u32 i = 0; i < nr; i++)
		console_printf("%s %s", i ? "," : "", classes[i]->name);
	console_printf("\n");
}

static void show_held(void)
{
	const struct lock_class *held[HELD_MAX];
	struct thread_info info;
	u32 cpu, all = 0;

	for_each_online_cpu(cpu) {
		u32 nr = lockdep_held_by_cpu(cpu, held, HELD_MAX);

		all += nr;
		if (!nr)
			continue;
		console_printf("CPU %u:", cpu);
		show_names(held, nr);
	}
	for (u32 id = 0; thread_info_from(id, &info); id = info.id + 1) {
		all += info.nr_held;
		if (!info.nr_held)
			continue;
		console_printf("thread %u (%s):", info.id, info.name);
		show_names(info.held, info.nr_held);
	}
	if (!all)
		console_printf("nobody holds a lock right now\n");
}

static int cmd_locks(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!CONFIG_DEBUG) {
		console_printf(
			"locks: this build (DEBUG=0) does not watch them\n");
		return 1;
	}
	if (argc == 1)
		show_classes();
	else if (argc == 2 && !strcmp(what, "order"))
		show_order();
	else if (argc == 2 && !strcmp(what, "held"))
		show_held();
	else
		console_printf("usage: locks [order | held]\n");
	return argc > 2 ||
	       (argc == 2 && strcmp(what, "order") && strcmp(what, "held"));
}

static void complete_locks(int arg, const char *prefix,
			   void (*offer)(void *ctx, const char *word), void *ctx)
{
	static const char *const words[] = { "held", "order" };

	for (u32 i = 0; arg == 1 && i < ARRAY_SIZE(words); i++)
		if (!strncmp(words[i], prefix, strlen(prefix)))
			offer(ctx, words[i]);
}

SHELL_COMMAND(locks, cmd_locks, "[order | held]",
	      "classes of locks, their order, and who holds some\n"
	      "Kind I is taken with interrupts off, S never is. acquired and "
	      "contended: times\n"
	      "since boot, and those where it was taken already. order: what "
	      "was taken while\n"
	      "what was held, further in as it is indented. held: by CPUs "
	      "(spinning) and by\n"
	      "threads (sleeping). Release builds (DEBUG=0) don't count.",
	      complete_locks);
