// SPDX-License-Identifier: MIT
/*
 * A script of keys goes in; what comes out is drawn by a model of a terminal.
 * Before each byte the screen must show the prompt and the line, and the
 * cursor must stand where the next letter would go:
 *
 *	| > ab_c                      |  row of the model
 *	    ^^ ^^ cells of the line, cursor on a column of it
 */
#include <kernel/line.h>
#include <kernel/test.h>

#define COLUMNS 80
#define ROWS	8
#define PROMPT	"> "

struct screen {
	u32 cell[ROWS][COLUMNS]; /* code points */
	u32 row, column;
	u32 nr_bells;
	bool escape;	/* inside ESC ... */
	bool bad;	/* something the model does not know, or a wrap */
	u32 number;
	u32 code_point, need;
};

struct script {
	struct test *t;
	const char *keys;
	size_t len, pos;
	char *out;
	struct screen screen;
	const char *const *words; /* for Tab */
};

static struct line_editor ed;
static struct script script;
static char line[SHELL_LINE_MAX];

static void screen_newline(struct screen *s)
{
	s->column = 0;
	if (++s->row < ROWS)
		return;
	s->row = ROWS - 1;
	memmove(s->cell[0], s->cell[1], sizeof(s->cell[0]) * (ROWS - 1));
	memset(s->cell[ROWS - 1], 0, sizeof(s->cell[0]));
}

static void screen_final(struct screen *s, char final)
{
	u32 *row = s->cell[s->row];

	s->escape = false;
	if (final == 'K')
		memset(row + s->column, 0, (COLUMNS - s->column) * sizeof(*row));
	else if (final == 'C')
		s->column = min(s->column + s->number, COLUMNS - 1u);
	else if (final == 'H')
		s->row = s->column = 0;
	else if (final == 'J' && s->number == 2)
		memset(s->cell, 0, sizeof(s->cell));
	else
		s->bad = true;
}

static void screen_escape(struct screen *s, char c)
{
	if (c == '[')
		s->number = 0;
	else if (c >= '0' && c <= '9')
		s->number = s->number * 10 + (u32)(c - '0');
	else
		screen_final(s, c);
}

static void screen_put(struct screen *s, u32 code_point)
{
	s->cell[s->row][s->column] = code_point;
	if (++s->column == COLUMNS) {
		s->bad = true; /* the editor keeps the last column free */
		screen_newline(s);
	}
}

static void screen_text(struct screen *s, u8 c)
{
	if ((c & 0xc0) == 0x80) {
		s->code_point = s->code_point << 6 | (c & 0x3f);
		s->need--;
	} else {
		s->need = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
		s->code_point = c < 0x80 ? c : c & (0x3f >> s->need);
	}
	if (!s->need)
		screen_put(s, s->code_point);
}

static void screen_byte(struct screen *s, char c)
{
	if (s->escape)
		screen_escape(s, c);
	else if (c == '\033')
		s->escape = true;
	else if (c == '\r')
		s->column = 0;
	else if (c == '\n')
		screen_newline(s);
	else if (c == '\a')
		s->nr_bells++;
	else if ((u8)c < ' ')
		s->bad = true;
	else
		screen_text(s, (u8)c);
}

static void script_write(void *ctx, const char *text, size_t len)
{
	struct script *sc = ctx;

	for (size_t i = 0; i < len; i++)
		screen_byte(&sc->screen, text[i]);
}

/* The row as a string, for messages. */
static const char *row_text(const struct screen *s, u32 row)
{
	static char text[COLUMNS * 4 + 1];
	static char *p;

	p = text;
	for (u32 i = 0; i < COLUMNS && s->cell[row][i]; i++) {
		u32 c = s->cell[row][i];
		u32 more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
		static const u8 lead[] = { 0, 0xc0, 0xe0, 0xf0 };

		*p++ = (char)(lead[more] | c >> 6 * more);
		while (more--)
			*p++ = (char)(0x80 | (c >> 6 * more & 0x3f));
	}
	*p = '\0';
	return text;
}

static u32 columns_of(const char *text)
{
	u32 nr = 0;

	for (; *text; text++)
		nr += ((u8)*text & 0xc0) != 0x80;
	return nr;
}

static void check_screen(struct script *sc)
{
	struct test *t = sc->t;
	const struct screen *s = &sc->screen;
	static char want[SHELL_LINE_MAX + 8];
	u32 columns = columns_of(sc->out) + 2;

	EXPECT_FALSE(s->bad);
	EXPECT_EQ(line_check(sc->out, strlen(sc->out)), 0);
	EXPECT_GE(s->column, 2);
	EXPECT_LE(s->column, min(columns, COLUMNS - 1u));
	if (columns > COLUMNS - 1)
		return;
	snprintf(want, sizeof(want), PROMPT "%s", sc->out);
	EXPECT_STREQ(row_text(s, s->row), want);
}

static int script_getc(void *ctx)
{
	struct script *sc = ctx;

	if (!ed.plain)
		check_screen(sc);
	return sc->pos < sc->len ? (u8)sc->keys[sc->pos++] : -1;
}

static void script_complete(void *ctx, const char *text __unused,
			    size_t cursor __unused,
			    void (*offer)(void *, const char *),
			    void *offer_ctx)
{
	struct script *sc = ctx;

	for (u32 i = 0; sc->words && sc->words[i]; i++)
		offer(offer_ctx, sc->words[i]);
}

static void editor_init(bool plain)
{
	memset(&ed, 0, sizeof(ed));
	memset(&script, 0, sizeof(script));
	ed.getc = script_getc;
	ed.write = script_write;
	ed.complete = script_complete;
	ed.ctx = &script;
	ed.plain = plain;
}

/* Types keys; the result is in `line`, the screen stays. */
static int type_bytes(struct test *t, const char *keys, size_t len)
{
	script.t = t;
	script.keys = keys;
	script.len = len;
	script.pos = 0;
	script.out = line;
	return line_read(&ed, PROMPT, line);
}

static int type(struct test *t, const char *keys)
{
	return type_bytes(t, keys, strlen(keys));
}

#define EXPECT_LINE(keys, want)                                                \
	do {                                                                   \
		type(t, keys);                                                 \
		EXPECT_STREQ(line, want);                                      \
	} while (0)

TEST(line, text_and_enter)
{
	editor_init(false);
	EXPECT_EQ(type(t, "hello world\r"), 11);
	EXPECT_STREQ(line, "hello world");
	EXPECT_STREQ(row_text(&script.screen, 0), "> hello world");
	EXPECT_EQ(script.screen.row, 1);
	EXPECT_EQ(script.screen.column, 0);
}

TEST(line, cr_lf_is_one_enter)
{
	editor_init(false);
	EXPECT_LINE("a\r", "a");
	EXPECT_LINE("\nb\r", "b");
	EXPECT_LINE("c\n", "c");
	EXPECT_EQ(type(t, "\n"), 0);
}

TEST(line, cursor_keys_of_every_terminal)
{
	editor_init(false);
	EXPECT_LINE("bc\033[Da\r", "bac");
	EXPECT_LINE("bc\033OD\033ODa\r", "abc");
	EXPECT_LINE("bc\x02\x02" "a\x06-\r", "ab-c");
	EXPECT_LINE("ac\033[D\033[Cd\033[D\033OCe\r", "acde");
	EXPECT_LINE("bc\033[Ha\r", "abc");
	EXPECT_LINE("bc\033[1~a\r", "abc");
	EXPECT_LINE("bc\033[7~a\r", "abc");
	EXPECT_LINE("bc\033OHa\r", "abc");
	EXPECT_LINE("bc\x01" "a\r", "abc");
	EXPECT_LINE("ab\x01\033[Fc\r", "abc");
	EXPECT_LINE("ab\x01\033[4~c\r", "abc");
	EXPECT_LINE("ab\x01\033[8~c\r", "abc");
	EXPECT_LINE("ab\x01\033OFc\r", "abc");
	EXPECT_LINE("ab\x01\x05" "c\r", "abc");
	EXPECT_LINE("one two\033[1;5D-\r", "one -two");
	EXPECT_LINE("one two\033b\033b-\033f+\r", "-one+ two");
	EXPECT_LINE("\033[D\033[Ca\033[C\r", "a"); /* at the ends */
}

TEST(line, deleting)
{
	editor_init(false);
	EXPECT_LINE("ab\x7f" "c\r", "ac");
	EXPECT_LINE("ab\x08" "c\r", "ac");
	EXPECT_LINE("\x7f" "a\r", "a");
	EXPECT_LINE("abc\x01\033[3~\r", "bc");
	EXPECT_LINE("abc\x01\x04\r", "bc");
	EXPECT_LINE("abc\x04\r", "abc"); /* nothing behind the cursor */
	EXPECT_LINE("abc\033[D\x0b\r", "ab");
	EXPECT_LINE("abc\033[D\x15\r", "c");
	EXPECT_LINE("cat /proc/a  \x17" "b\r", "cat b");
	EXPECT_LINE("\x17\x15\x0b" "a\r", "a");
}

TEST(line, cursor_moves_by_code_point)
{
	editor_init(false);
	EXPECT_LINE("a\u00e9\u20ac\U0001f600\x7f\r", "a\u00e9\u20ac");
	EXPECT_LINE("\u00e9\u20ac\033[D\033[Dx\r", "x\u00e9\u20ac");
	EXPECT_LINE("\u00e9\u20ac\x01\033[Cx\033[3~\r", "\u00e9x");
}

TEST(line, broken_utf8_is_dropped)
{
	editor_init(false);
	EXPECT_LINE("a\xc3z\r", "az");		   /* breaks off */
	EXPECT_LINE("a\xe2\x82\r", "a");
	EXPECT_LINE("\x80\xbf" "b\xff\xfe\r", "b"); /* cannot start */
	EXPECT_LINE("\xc0\xaf\xe0\x80\xaf" "c\r", "c"); /* overlong */
	EXPECT_LINE("\xed\xa0\x80" "d\r", "d");	   /* surrogate */
	EXPECT_LINE("\xc2\x9b" "e\r", "e");	   /* C1 control: CSI */
	EXPECT_LINE("\xf4\x90\x80\x80" "f\r", "f"); /* beyond 0x10ffff */
	EXPECT_LINE("\xc3\xc3\xa9\r", "\u00e9");
}

TEST(line, check_finds_what_is_no_text)
{
	EXPECT_EQ(line_check("a\u00e9\U0001f600", 7), 0);
	EXPECT_EQ(line_check("a\xc3", 2), 1);
	EXPECT_EQ(line_check("\x01" "b", 2), 1);
	EXPECT_EQ(line_check("\x7f", 1), 1);
	EXPECT_EQ(line_check("\xa9", 1), 1);
}

TEST(line, unknown_sequences_and_breaks_are_swallowed)
{
	static const char keys[] = "a\0b\033[200~c\033[<0;1;2Md\033Pe\033[[Af"
				   "\033[999999999999999999999999zg\r";

	editor_init(false);
	type_bytes(t, keys, sizeof(keys) - 1);
	EXPECT_STREQ(line, "abcdefg");
	EXPECT_LINE("a\033[1\rb", "a"); /* Enter ends a sequence, too */
	EXPECT_LINE("a\033\033[D\033[Db\r", "ba");
}

TEST(line, cancel_gives_an_empty_line)
{
	editor_init(false);
	EXPECT_EQ(type(t, "abc\x03" "d\r"), 0);
	EXPECT_STREQ(line, "");
	EXPECT_EQ(script.pos, 4);
	EXPECT_STREQ(row_text(&script.screen, 0), "> abc^C");
}

TEST(line, end_of_input)
{
	editor_init(false);
	EXPECT_EQ(type(t, "\x04"), -1);
	EXPECT_EQ(type(t, ""), -1);
	EXPECT_EQ(type(t, "ab\x7f\x7f\x04"), -1);
	EXPECT_EQ(type(t, "last line without Enter"), 23);
}

TEST(line, clear_screen_keeps_the_line)
{
	editor_init(false);
	type(t, "\r");
	type(t, "\r");
	EXPECT_LINE("ab\033[D\x0c" "c\r", "acb");
	EXPECT_EQ(script.screen.row, 1);
	EXPECT_STREQ(row_text(&script.screen, 0), "> acb");
}

TEST(line, history)
{
	editor_init(false);
	type(t, "one\r");
	type(t, "two\r");
	type(t, "two\r"); /* not stored again */
	type(t, "  \r");  /* nor a blank one */
	type(t, "three\x03");
	EXPECT_EQ(ed.nr_history, 2);
	EXPECT_LINE("\033[A\033OA\r", "one");
	EXPECT_LINE("\x10\x10\x10\x0e\r", "two");
	EXPECT_LINE("typed\033[A\033[B!\r", "typed!");
	EXPECT_LINE("\033[A\x7f?\r", "typed?");
	EXPECT_LINE("\033[A\033[A\r", "typed!"); /* the original is unchanged */
	EXPECT_LINE("\033[B\033OB\r", "");
	EXPECT_GT(script.screen.nr_bells, 0);
}

TEST(line, history_forgets_the_oldest)
{
	char keys[LINE_HISTORY * 4 + 2], text[8];

	editor_init(false);
	for (u32 i = 0; i < LINE_HISTORY + 5; i++) {
		snprintf(text, sizeof(text), "n%u\r", i);
		type(t, text);
	}
	memset(keys, 0x10, sizeof(keys));
	keys[sizeof(keys) - 2] = '\r';
	keys[sizeof(keys) - 1] = '\0';
	EXPECT_LINE(keys, "n5");
}

static const char *const words[] = { "check", "clear", "cat", "/proc/meminfo",
				     "/proc/mounts", "/sys/", "vm.x=", NULL };

TEST(line, tab_completes_what_is_common)
{
	editor_init(false);
	script.words = words;
	EXPECT_LINE("ca\t/proc/me\t\r", "cat /proc/meminfo ");
	EXPECT_LINE("cat /p\tq\r", "cat /proc/mq");
	EXPECT_LINE("ls /s\tx\r", "ls /sys/x"); /* no blank behind a folder */
	EXPECT_LINE("vm\t1\r", "vm.x=1");
	EXPECT_LINE("echo 1 >/proc/mo\t\r", "echo 1 >/proc/mounts ");
	EXPECT_LINE("ca /x\x01\x06\x06\t\r", "cat  /x");
	EXPECT_EQ(script.screen.nr_bells, 0);
	EXPECT_LINE("zz\t\r", "zz");
	EXPECT_EQ(script.screen.nr_bells, 1);
}

TEST(line, tab_lists_candidates)
{
	editor_init(false);
	script.words = words;
	EXPECT_LINE("c\tl\t\r", "clear ");
	EXPECT_STREQ(row_text(&script.screen, 1), "check  clear  cat");
	EXPECT_STREQ(row_text(&script.screen, 2), "> clear ");
	memset(&script.screen, 0, sizeof(script.screen));
	EXPECT_LINE("/proc/m\to\t\r", "/proc/mounts ");
	EXPECT_STREQ(row_text(&script.screen, 1), "meminfo  mounts");
}

/* 1,023 bytes are all that fits: the rest rings the bell. */
TEST(line, too_long_a_line_is_refused)
{
	static char keys[65536 + 2];

	editor_init(false);
	memset(keys, 'x', sizeof(keys) - 2);
	keys[sizeof(keys) - 2] = '\r';
	EXPECT_EQ(type(t, keys), 0);
	EXPECT_STREQ(line, "");
	EXPECT_STREQ(row_text(&script.screen, 1),
		     "line too long by 64513 bytes (limit 1023): not run");
	EXPECT_EQ(script.screen.nr_bells, 65536 - 1023);
	EXPECT_EQ(type(t, keys + 65536 - 1023), 1023);
	EXPECT_EQ(type(t, "\x10\x7f" "a\r"), 1023); /* room was made */
}

/* The window follows the cursor through a line of three screen widths. */
TEST(line, long_lines_scroll)
{
	char keys[300], want[COLUMNS + 1];

	editor_init(false);
	for (u32 i = 0; i < 240; i++)
		keys[i] = (char)('a' + i % 26);
	memcpy(keys + 240, "\x01\r", 3);
	EXPECT_EQ(type(t, keys), 240);
	/* Enter shows the end of the line. */
	EXPECT_EQ(script.screen.row, 1);
	snprintf(want, sizeof(want), "%s", row_text(&script.screen, 0));
	EXPECT_EQ(want[strlen(want) - 1], line[239]);
	memcpy(keys + 240, "\x01\033[C!\x15\r", 7);
	EXPECT_EQ(type(t, keys), 239);
	EXPECT_EQ(line[0], 'b');
}

TEST(line, plain_mode_writes_the_finished_line_once)
{
	editor_init(true);
	script.words = words;
	EXPECT_LINE("abd\x7f" "c\033[D\r", "abc");
	EXPECT_STREQ(row_text(&script.screen, 0), "> abc");
	EXPECT_FALSE(script.screen.bad);
	EXPECT_LINE("pipe ends\x04", "pipe ends");
	EXPECT_EQ(type(t, "one Ctrl-D ended both"), -1);
	editor_init(true);
	script.words = words;
	EXPECT_LINE("c\t\x15\x0c\x03", "");
	EXPECT_EQ(script.screen.nr_bells, 0);
	EXPECT_FALSE(script.screen.escape);
}

static u32 fuzz_random(u64 *state)
{
	*state = *state * 6364136223846793005UL + 1442695040888963407UL;
	return (u32)(*state >> 33);
}

/* 100,000 bytes weighted towards keys; the screen is checked at each. */
TEST(line, random_keys_keep_the_screen_right)
{
	static const char *const keys[] = {
		"\033[A", "\033[B", "\033[C", "\033[D", "\033[H", "\033[F",
		"\033[3~", "\033", "\033[", "\033O", "\t", "\x7f", "\x7f",
		"\x01", "\x05", "\x0b", "\x15", "\x17", "\x0c", "\x03", "\r",
		"\u00e9", "\u20ac", "\U0001f600", "\xc3", "\x80", "c", " ",
		"the quick brown fox jumps over the lazy dog ", "/proc/m",
	};
	static char bytes[100000];
	u64 seed = 20260;
	size_t len = 0, pos = 0;
	u32 nr_lines = 0;

	while (len + 64 < sizeof(bytes)) {
		u32 r = fuzz_random(&seed);
		const char *key = keys[r / 8 % ARRAY_SIZE(keys)];

		if (r % 8 == 0) {
			bytes[len++] = (char)(r >> 8);
			continue;
		}
		memcpy(bytes + len, key, strlen(key));
		len += strlen(key);
	}
	test_note(t, "seed 20260");
	editor_init(false);
	script.words = words;
	while (pos < len) {
		int n = type_bytes(t, bytes + pos, len - pos);

		pos += script.pos;
		nr_lines += n > 0;
		EXPECT_EQ(n < 0 ? 0 : (size_t)n, strlen(line));
	}
	EXPECT_GT(nr_lines, 100);
}
