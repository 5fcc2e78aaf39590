// SPDX-License-Identifier: MIT
/*
 * Words, completion and dispatch. What commands print is tested through the
 * serial line: tests/machines/test_shell.py.
 */
#include <kernel/shell.h>
#include <kernel/test.h>

static int last_argc;
static char last_args[256];

static int cmd_probe(int argc, char **args)
{
	last_argc = argc;
	last_args[0] = '\0';
	for (int i = 0; i < argc; i++) {
		size_t len = strlen(last_args);

		snprintf(last_args + len, sizeof(last_args) - len, "[%s]",
			 args[i]);
	}
	return 42;
}

static void complete_probe(int arg, const char *prefix,
			   void (*offer)(void *ctx, const char *word),
			   void *ctx)
{
	char word[64];

	snprintf(word, sizeof(word), "%s-%d", prefix, arg);
	offer(ctx, word);
}

SHELL_COMMAND(test_probe, cmd_probe, "", "", complete_probe);

static char *argv[SHELL_ARGS_MAX];

static int split(const char *text)
{
	static char line[SHELL_LINE_MAX];

	strscpy(line, text, sizeof(line));
	return shell_split(line, argv);
}

#define EXPECT_WORDS(text, ...)                                                \
	do {                                                                   \
		static const char *const want[] = { __VA_ARGS__ };             \
                                                                               \
		ASSERT_EQ(split(text), (int)ARRAY_SIZE(want));                 \
		for (u32 w = 0; w < ARRAY_SIZE(want); w++)                     \
			EXPECT_STREQ(argv[w], want[w]);                        \
	} while (0)

TEST(shell, words_and_quotes)
{
	EXPECT_WORDS("cat a b", "cat", "a", "b");
	EXPECT_WORDS("  cat\t a  ", "cat", "a");
	EXPECT_WORDS("echo \"a  b\" 'c \"d'", "echo", "a  b", "c \"d");
	EXPECT_WORDS("echo a\"b c\"d", "echo", "ab cd");
	EXPECT_WORDS("echo a\\ b \\\"", "echo", "a b", "\"");
	EXPECT_WORDS("echo \"a\\\"b\" ''", "echo", "a\"b", "");
	EXPECT_WORDS("cat a # b", "cat", "a");
	EXPECT_EQ(split(""), 0);
	EXPECT_EQ(split(" \t "), 0);
	EXPECT_EQ(split("# nothing"), 0);
}

TEST(shell, redirect_is_known_by_its_address)
{
	EXPECT_WORDS("echo 1>/a", "echo", "1", ">", "/a");
	EXPECT_WORDS("echo 1 > /a", "echo", "1", ">", "/a");
	EXPECT_WORDS(">a", ">", "a");
	EXPECT_EQ(split("echo \">\" '>' \\> >x"), 6);
	EXPECT_TRUE(argv[1] != shell_redirect && argv[2] != shell_redirect);
	EXPECT_TRUE(argv[3] != shell_redirect && argv[4] == shell_redirect);
	EXPECT_STREQ(argv[3], ">");
	EXPECT_WORDS("echo 1 >>/a", "echo", "1", ">>", "/a");
	EXPECT_WORDS("echo 1>> /a", "echo", "1", ">>", "/a");
	EXPECT_TRUE(argv[2] == shell_append);
	EXPECT_EQ(split("a >>> b"), 4); /* for echo to refuse */
}

TEST(shell, malformed_lines_are_refused)
{
	char many[2 * SHELL_ARGS_MAX + 3];

	EXPECT_EQ(split("echo \"a"), -1);
	EXPECT_EQ(split("echo 'a"), -1);
	for (u32 i = 0; i < sizeof(many) - 1; i++)
		many[i] = i % 2 ? ' ' : 'x';
	many[sizeof(many) - 1] = '\0';
	EXPECT_EQ(split(many), -1);
	many[2 * SHELL_ARGS_MAX] = '\0';
	EXPECT_EQ(split(many), SHELL_ARGS_MAX);
}

TEST(shell, runs_the_command)
{
	char line[] = "test_probe 'a b' c";
	char unknown[] = "hepl";
	char redirected[] = "test_probe > x";

	EXPECT_EQ(shell_execute(line), 42);
	EXPECT_EQ(last_argc, 3);
	EXPECT_STREQ(last_args, "[test_probe][a b][c]");
	last_argc = 0;
	EXPECT_EQ(shell_execute(unknown), 127);
	EXPECT_EQ(shell_execute(redirected), -1);
	EXPECT_EQ(last_argc, 0);
}

static char offered[512];

static void collect(void *ctx __unused, const char *word)
{
	size_t len = strlen(offered);

	snprintf(offered + len, sizeof(offered) - len, "%s ", word);
}

static const char *complete(const char *line)
{
	offered[0] = '\0';
	shell_complete(NULL, line, strlen(line), collect, NULL);
	return offered;
}

TEST(shell, completes_commands_files_and_arguments)
{
	EXPECT_TRUE(strstr(complete("hel"), "help ") != NULL);
	EXPECT_TRUE(strstr(complete("  hel"), "help ") != NULL);
	EXPECT_STREQ(complete("test_probe ab"), "ab-1 ");
	EXPECT_STREQ(complete("test_probe x  cd"), "cd-2 ");
	EXPECT_TRUE(strstr(complete("test_probe 1 >/"), "/proc/ ") != NULL);
	EXPECT_TRUE(strstr(complete("test_probe > "), "/proc/ ") != NULL);
	EXPECT_TRUE(strstr(complete("cat /proc/me"), "/proc/meminfo ") != NULL);
	EXPECT_TRUE(strstr(complete("cat "), "/proc/ ") != NULL);
	EXPECT_TRUE(strstr(complete("cat pr"), "proc/ ") == offered);
	EXPECT_STREQ(complete("cat /no/such"), "");
	EXPECT_STREQ(complete("no_such_command x"), "");
}

TEST(shell, commands_are_listed_by_name)
{
	const struct shell_command *c = shell_next_command("");
	u32 nr = 0;

	for (; c; c = shell_next_command(c->name)) {
		const struct shell_command *next = shell_next_command(c->name);

		EXPECT_TRUE(!next || strcmp(c->name, next->name) < 0);
		EXPECT_TRUE(shell_find_command(c->name) == c);
		EXPECT_TRUE(c->run && c->args);
		nr++;
	}
	EXPECT_GT(nr, 10);
	EXPECT_TRUE(shell_find_command("test_probe") != NULL); /* hidden */
	EXPECT_TRUE(strstr(complete("test_pr"), "test_probe") == NULL);
}
