// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_watch.c - watch: a command again and again, until a key is pressed
 *
 *	watch map		what compaction does, as it does it
 *	watch -n 1 cat /proc/buddyinfo
 *
 * Programs in the background go on: `run checkerboard &`, then `watch map`.
 */
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>

#include "shell_args.h"
#include "watch.h"

#define INTERVAL_MS	  250
#define PLAIN_INTERVAL_MS 2000
#define INTERVAL_MIN_MS	  100
#define INTERVAL_MAX_S	  3600

/* "2", "0.5", ".25" */
static bool parse_seconds(const char *word, u64 *ms)
{
	char whole[8] = "0", part[4] = "000";
	const char *dot = strchr(word, '.');
	size_t len = dot ? (size_t)(dot - word) : strlen(word);
	u64 seconds, rest;

	if (len >= sizeof(whole) || (dot && strlen(dot + 1) >= sizeof(part)))
		return false;
	if (len)
		strscpy(whole, word, len + 1);
	for (u32 i = 0; dot && dot[i + 1]; i++)
		part[i] = dot[i + 1];
	if ((!len && (!dot || !dot[1])) || kstrtou64(whole, 10, &seconds) ||
	    kstrtou64(part, 10, &rest) || seconds > INTERVAL_MAX_S)
		return false;
	*ms = max(seconds * 1000 + rest, (u64)INTERVAL_MIN_MS);
	return true;
}

static int usage(void)
{
	console_printf("usage: watch [-n SECONDS] [-c COUNT] COMMAND...\n");
	return 1;
}

/* Options before the command; how many words they are, -1: wrong ones. */
static int parse_options(int argc, char **argv, struct watch_options *o)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i += 2) {
		if (i + 1 == argc)
			return -1;
		if (!strcmp(argv[i], "-n")) {
			if (!parse_seconds(argv[i + 1], &o->interval_ms))
				return -1;
		} else if (strcmp(argv[i], "-c") ||
			   kstrtou64(argv[i + 1], 10, &o->count) || !o->count) {
			return -1;
		}
	}
	return i;
}

/* A watch in a watch, or one that never comes back, makes no picture. */
static bool can_be_watched(const char *name)
{
	if (!strcmp(name, "watch") || !strcmp(name, "poweroff") ||
	    !strcmp(name, "reboot")) {
		console_printf("watch: not %s\n", name);
		return false;
	}
	if (!shell_find_command(name)) {
		console_printf("watch: %.64s: no such command\n", name);
		return false;
	}
	return true;
}

static int cmd_watch(int argc, char **argv)
{
	struct watch_options o = {
		.interval_ms = shell_is_plain() ? PLAIN_INTERVAL_MS :
						  INTERVAL_MS,
		.plain = shell_is_plain(),
	};
	int first = parse_options(argc, argv, &o);

	if (first < 0 || first >= argc)
		return usage();
	if (!can_be_watched(argv[first]))
		return 1;
	/* What was typed ahead through a pipe is for the shell, not an end. */
	o.keys = !o.plain || !o.count;
	o.argc = argc - first;
	o.argv = argv + first;
	if (watch_run(&o, NULL)) {
		console_printf("watch: another one goes on\n");
		return 1;
	}
	return 0;
}

static void complete_watch(int arg, const char *prefix __unused,
			   void (*offer)(void *ctx, const char *word), void *ctx)
{
	const struct shell_command *c = shell_next_command("");

	for (; c && arg % 2; c = shell_next_command(c->name))
		offer(ctx, c->name);
}

SHELL_COMMAND(watch, cmd_watch, "[-n SECONDS] [-c COUNT] COMMAND...",
	      "run a command again and again, in place\n"
	      "Every 0.25 seconds, until a key is pressed or COUNT times. The last "
	      "lines of the screen are\n"
	      "left to programs in the background. Without escape sequences "
	      "(term=plain) each frame stands\n"
	      "below the one before, every 2 seconds. `watch map` marks what "
	      "compaction does.",
	      complete_watch);
