// SPDX-License-Identifier: MIT
/*
 * kernel/watch.c - a shell command again and again, in place
 *
 * What the command prints is caught (console_capture_begin()), cut into lines,
 * and compared with the frame before. Only lines that differ are sent, all in one
 * piece, between saving and restoring the cursor: nothing flickers, and who
 * prints meanwhile goes on where it was, in the part of the screen that scrolls.
 *
 *	ESC 7, ESC 8	save and restore the cursor
 *	ESC [ a ; b r	lines a to b scroll
 *	ESC [ y ; x H	go there		ESC [ K  erase to the line's end
 *	ESC [ ? 7 l, h	lines that are too long are cut, are wrapped
 *
 * The terminal is asked how large it is: the cursor is sent far away, and ESC
 * [ 6 n makes the terminal type where it got to. One that doesn't answer has 24
 * lines.
 */
#include <kernel/console_input.h>
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <arch/cpu.h>

#include "compact_marks.h"
#include "watch.h"

#define FRAME_SIZE   16384u
#define ROWS_MAX     200u
#define ROWS_DEFAULT 24u
#define ROWS_BELOW   5u /* for what others print */
#define ANSWER_MS    200
#define PLAIN_ROWS   60u
#define ESC	     '\033'

struct frame {
	char text[FRAME_SIZE];
	size_t len;
};

static struct {
	const struct watch_options *options;
	struct thread *thread; /* NULL: nobody watches */
	u32 rows;	       /* of the frame, title included */
	u32 screen_rows;
	u32 now; /* which frame is the new one */
	u64 before[NR_VM_EVENT_ITEMS];
	struct frame frame[2];
	char out[2 * FRAME_SIZE];
	size_t out_len;
} watch;

u32 watch_rows(void)
{
	return READ_ONCE(watch.thread) == current ? watch.rows - 1 : 0;
}

u64 watch_events(enum vm_event_item item)
{
	return vm_event_sum(item) - watch.before[item];
}

/* --- how large is the screen? --- */

/* "[24;80R", whose ESC has been read; 0: it is something else. */
static u32 read_answer(void)
{
	u32 number[2] = { 0 }, nr = 0;
	int c = console_getc_timeout(ANSWER_MS);

	if (c != '[')
		return 0;
	for (c = console_getc_timeout(ANSWER_MS);
	     (c >= '0' && c <= '9') || c == ';';
	     c = console_getc_timeout(ANSWER_MS)) {
		if (c == ';')
			nr = 1;
		else
			number[nr] = min(number[nr] * 10 + (u32)c - '0', 9999u);
	}
	return c == 'R' ? number[0] : 0;
}

static u32 ask_for_rows(void)
{
	static const char ask[] = "\0337\033[999;999H\033[6n\0338";
	u32 rows = 0;

	console_write(ask, sizeof(ask) - 1);
	if (console_getc_timeout(ANSWER_MS) == ESC)
		rows = read_answer();
	return rows >= ROWS_BELOW * 2 ? min(rows, ROWS_MAX) : ROWS_DEFAULT;
}

/* --- one frame --- */

static void put(const char *text, size_t len)
{
	size_t nr = min(len, sizeof(watch.out) - watch.out_len);

	memcpy(watch.out + watch.out_len, text, nr);
	watch.out_len += nr;
}

static void put_text(const char *text)
{
	put(text, strlen(text));
}

static void print_title(const struct watch_options *o)
{
	console_printf("every %lu.%02lu s:", o->interval_ms / 1000,
		       o->interval_ms / 10 % 100);
	for (int i = 0; i < o->argc; i++)
		console_printf(" %s", o->argv[i]);
	console_printf("%s\n", o->keys ? "   (any key ends)" : "");
}

/* Commands may change the array, but not the words. */
static void run_command(const struct watch_options *o)
{
	char *argv[SHELL_ARGS_MAX];
	const struct shell_command *c = shell_find_command(o->argv[0]);

	memcpy(argv, o->argv, (size_t)o->argc * sizeof(*argv));
	if (c)
		c->run(o->argc, argv);
}

static void make_frame(struct frame *f)
{
	struct console_capture capture = { .text = f->text, .size = FRAME_SIZE };

	console_capture_begin(&capture);
	print_title(watch.options);
	run_command(watch.options);
	console_capture_end();
	f->len = capture.len;
}

struct line {
	const char *text;
	size_t len;
};

/* The next line behind `at`, without its end; empty behind the last. */
static struct line next_line(const struct frame *f, size_t *at)
{
	const char *start = f->text + *at;
	const char *end = memchr(start, '\n', f->len - *at);
	size_t len = end ? (size_t)(end - start) : f->len - *at;

	*at = min(*at + len + 1, f->len);
	return (struct line){ start, len };
}

static void put_line(u32 row, struct line line)
{
	char go[16];

	snprintf(go, sizeof(go), "\033[%u;1H", row + 1);
	put_text(go);
	put(line.text, line.len);
	put_text("\033[K");
}

/* True: there are any. */
static bool put_changes(const struct frame *f, const struct frame *old)
{
	size_t at = 0, old_at = 0, begin = watch.out_len;

	for (u32 row = 0; row < watch.rows; row++) {
		struct line line = next_line(f, &at);
		struct line was = next_line(old, &old_at);

		if (line.len != was.len || memcmp(line.text, was.text, line.len))
			put_line(row, line);
	}
	return watch.out_len != begin;
}

static void draw_frame(void)
{
	struct frame *f = &watch.frame[watch.now];

	make_frame(f);
	watch.out_len = 0;
	put_text("\0337\033[?7l");
	if (put_changes(f, &watch.frame[!watch.now])) {
		put_text("\033[?7h\0338");
		console_write(watch.out, watch.out_len);
	}
	watch.now = !watch.now;
}

static void print_frame(void)
{
	make_frame(&watch.frame[0]);
	console_write(watch.frame[0].text, watch.frame[0].len);
}

/* --- all of them --- */

static void take_screen(void)
{
	watch.screen_rows = ask_for_rows();
	watch.rows = watch.screen_rows - ROWS_BELOW;
	watch.frame[0].len = watch.frame[1].len = 0;
	console_printf("\033[H\033[2J\033[%u;%ur\033[%u;1H", watch.rows + 1,
		       watch.screen_rows, watch.rows + 1);
}

/* The last frame stays where it is. */
static void leave_screen(void)
{
	console_printf("\0337\033[r\0338\n");
}

/* The rest of an arrow key is no command of the shell. */
static void drop_escape(int first)
{
	while (first == ESC && console_getc_timeout(0) >= 0)
		;
}

/* True: it is to end. */
static bool wait_for_next(const struct watch_options *o, const bool *stop)
{
	int c;

	if (!o->keys) {
		for (u64 ms = 0;
		     ms < o->interval_ms && !(stop && READ_ONCE(*stop));
		     ms += 50)
			msleep(min(o->interval_ms - ms, 50UL));
		return signal_waits();
	}
	c = console_getc_timeout(o->interval_ms);
	drop_escape(c);
	return c != -EAGAIN;
}

static void draw_all(const struct watch_options *o, const bool *stop)
{
	for (u64 n = 1;; n++) {
		if (o->plain)
			print_frame();
		else
			draw_frame();
		if (n == o->count || (stop && READ_ONCE(*stop)) ||
		    wait_for_next(o, stop))
			break;
	}
}

int watch_run(const struct watch_options *options, const bool *stop)
{
	struct thread *nobody = NULL;

	if (!__atomic_compare_exchange_n(&watch.thread, &nobody, current, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return -EBUSY;
	watch.options = options;
	watch.rows = PLAIN_ROWS;
	for (u32 i = 0; i < NR_VM_EVENT_ITEMS; i++)
		watch.before[i] = vm_event_sum(i);
	compact_marks_begin();
	if (!options->plain)
		take_screen();
	draw_all(options, stop);
	if (!options->plain)
		leave_screen();
	compact_marks_end();
	__atomic_store_n(&watch.thread, NULL, __ATOMIC_RELEASE);
	return 0;
}
