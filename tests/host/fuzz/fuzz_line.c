// SPDX-License-Identifier: MIT
/*
 * tests/host/fuzz/fuzz_line.c - libFuzzer target: any bytes into the line
 * editor
 *
 * The first byte chooses plain mode and the width. Whatever comes, lines end,
 * are valid text, fit, and can be cut into words.
 */
#include <kernel/line.h>
#include <kernel/panic.h>
#include <kernel/string.h>
#include <arch/host.h>

struct input {
	const u8 *bytes;
	size_t len, pos;
};

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len);

static struct line_editor ed;

static int next_byte(void *ctx)
{
	struct input *in = ctx;

	return in->pos < in->len ? in->bytes[in->pos++] : -1;
}

static void drop(void *ctx __unused, const char *text, size_t len)
{
	BUG_ON(strnlen(text, len) != len);
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len)
{
	static char line[SHELL_LINE_MAX];
	struct input in = { .bytes = bytes, .len = len, .pos = 1 };
	char *argv[SHELL_ARGS_MAX];
	int n;

	if (!len)
		return 0;
	host_console_quiet = true;
	memset(&ed, 0, sizeof(ed));
	ed.getc = next_byte;
	ed.write = drop;
	ed.complete = shell_complete;
	ed.ctx = &in;
	ed.plain = bytes[0] & 1;
	ed.columns = bytes[0] >> 1;
	do {
		n = line_read(&ed, "tangram> ", line);
		BUG_ON(n >= SHELL_LINE_MAX);
		BUG_ON(strlen(line) != (n < 0 ? 0 : (size_t)n));
		BUG_ON(line_check(line, strlen(line)));
		shell_split(line, argv);
	} while (n >= 0);
	return 0;
}
