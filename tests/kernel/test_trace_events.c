// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_trace_events.c - files of /sys/kernel/tracing that list
 * events, switch them, and tell what they hold
 */
#include <kernel/errno.h>

#include "../../kernel/trace_kinds.h"
#include "trace_fixture.h"

TEST(trace_events, every_event_is_listed_once)
{
	struct trace_event event;
	struct point *point;
	u32 nr = 0;

	if (!read_file(t, TRACING "available_events"))
		return;
	for_each_trace_event(n, point, event) {
		char line[128];

		nr++;
		snprintf(line, sizeof(line), "\n%s:%s\n", event.system,
			 event.name);
		EXPECT_EQ(count_text(line) +
				  !strncmp(text, line + 1, strlen(line) - 1),
			  1);
	}
	EXPECT_EQ(count_text("\n"), nr);
	EXPECT_GT(nr, 30);
}

TEST(trace_events, set_event_lists_what_is_on)
{
	TRACE_BEGIN(8);
	EXPECT_TRUE(read_file(t, TRACING "set_event"));
	EXPECT_STREQ(text, "");
	EXPECT_EQ(vfile_append(TRACING "set_event", "kfree", 5), 0);
	EXPECT_EQ(vfile_append(TRACING "set_event", "trace_test_one\n", 15), 0);
	EXPECT_TRUE(read_file(t, TRACING "set_event"));
	EXPECT_STREQ(text, "kmem:kfree\ntangram:trace_test_one\n");
	/* With > these, and no others. */
	EXPECT_EQ(trace_write_file(TRACING "set_event", "trace_test_two\n"), 0);
	EXPECT_TRUE(read_file(t, TRACING "set_event"));
	EXPECT_STREQ(text, "tangram:trace_test_two\n");
	EXPECT_EQ(trace_write_file(TRACING "set_event", "bad\n"), -EINVAL);
	EXPECT_EQ(trace_write_file(TRACING "set_event", "\n"), 0);
	EXPECT_TRUE(read_file(t, TRACING "set_event"));
	EXPECT_STREQ(text, "");
	TRACE_END();
}

TEST(trace_events, enable_files_switch_an_event_or_a_system)
{
	TRACE_BEGIN(8);
	EXPECT_FILE(TRACING "events/kmem/kfree/enable", "0\n");
	EXPECT_EQ(trace_write_file(TRACING "events/kmem/kfree/enable", "1\n"),
		  0);
	EXPECT_FILE(TRACING "events/kmem/kfree/enable", "1\n");
	EXPECT_FILE(TRACING "events/kmem/enable", "X\n");
	EXPECT_FILE(TRACING "events/enable", "X\n");
	EXPECT_FILE(TRACING "events/migrate/enable", "0\n");
	EXPECT_EQ(trace_write_file(TRACING "events/migrate/enable", "1"), 0);
	EXPECT_TRUE(trace_event_is_on("remove_migration_pte"));
	EXPECT_FILE(TRACING "events/migrate/enable", "1\n");
	EXPECT_EQ(trace_write_file(TRACING "events/enable", "2"), -EINVAL);
	EXPECT_EQ(trace_write_file(TRACING "events/enable", "x"), -EINVAL);
	EXPECT_EQ(trace_write_file(TRACING "events/enable", "0"), 0);
	EXPECT_FILE(TRACING "events/enable", "0\n");
	EXPECT_FALSE(trace_event_is_on("kfree"));
	EXPECT_TRUE(vfile_is_dir(TRACING "events/tangram"));
	EXPECT_EQ(trace_write_file(
			  TRACING "events/tangram/trace_test_one/enable", "1"),
		  0);
	EXPECT_TRUE(trace_event_is_on("trace_test_one") &&
		    !trace_event_is_on("trace_test_two"));
	EXPECT_FILE(TRACING "events/tangram/trace_test_one/enable", "1\n");
	EXPECT_FALSE(vfile_is_dir(TRACING "events/kmem/trace_test_one"));
	EXPECT_FALSE(vfile_is_dir(TRACING "events/tangram/trace_test_on"));
	/* Not for what nothing passes. */
	EXPECT_EQ(vfile_rights(TRACING "events/kmem/mm_page_free_batched/enable"),
		  -ENOENT);
	EXPECT_FALSE(vfile_is_dir(TRACING "events/kmem/mm_page_free_batched"));
	TRACE_END();
}

static void count_name(void *ctx, const char *name)
{
	*(u32 *)ctx += name[strlen(name) - 1] == '/';
}

/* Each with its own number. */
TEST(trace_events, every_event_has_a_folder)
{
	u64 seen[16] = { 0 };
	struct trace_event event;
	struct point *point;
	u32 nr = 0, nr_listed = 0;

	for_each_trace_event(n, point, event) {
		char path[128];
		u64 id;

		nr++;
		snprintf(path, sizeof(path), TRACING "events/%s/%s/id",
			 event.system, event.name);
		if (!read_file(t, path))
			continue;
		EXPECT_EQ(vfile_number(text, strlen(text), 10, &id), 0);
		EXPECT_TRUE(id && id < 1024 && !(seen[id / 64] >> id % 64 & 1));
		seen[id / 64 % 16] |= 1UL << id % 64;
	}
	EXPECT_EQ(vfile_list(TRACING "events/kmem", count_name, &nr_listed), 0);
	EXPECT_GT(nr_listed, 5);
	EXPECT_LT(nr_listed, nr);
}

#define COMMON                                                                 \
	"format:\n"                                                            \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n" \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n" \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;"      \
	"\tsigned:0;\n"                                                        \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
#define FIELD(name, offset)                                            \
	"\tfield:unsigned long " name ";\toffset:" offset ";\tsize:8;" \
	"\tsigned:0;\n"

static bool format_ends_with(struct test *t, const char *event,
			     const char *expected)
{
	char path[96];
	const char *at;

	snprintf(path, sizeof(path), TRACING "events/%s/format", event);
	if (!read_file(t, path))
		return false;
	at = strstr(text, "format:\n");
	EXPECT_STREQ(at, expected);
	return at && !strncmp(text, "name: ", 6) && strstr(text, "\nID: ");
}

TEST(trace_events, formats_tell_fields_and_text)
{
	EXPECT_TRUE(format_ends_with(
		t, "kmem/mm_page_free",
		COMMON FIELD("pfn", "8") FIELD(
			"order",
			"16") "\nprint fmt: \"page=%p pfn=0x%lx order=%ld\", "
			      "pfn_to_page(REC->pfn), REC->pfn, REC->order\n"));
	EXPECT_TRUE(format_ends_with(
		t, "kmem/kmem_cache_free",
		COMMON FIELD("call_site", "8") FIELD(
			"ptr",
			"16") "\tfield:char name[16];\toffset:24;\tsize:16;\tsigned:0;\n"
			      "\nprint fmt: \"call_site=%pS ptr=%p name=%s\", "
			      "REC->call_site, REC->ptr, REC->name\n"));
	EXPECT_TRUE(format_ends_with(
		t, "migrate/mm_migrate_pages_start",
		COMMON FIELD("mode", "8") FIELD(
			"reason",
			"16") "\nprint fmt: \"mode=%s reason=%s\", "
			      "__print_symbolic(REC->mode, { 0, \"MIGRATE_ASYNC\" }, "
			      "{ 1, \"MIGRATE_SYNC_LIGHT\" }, { 2, \"MIGRATE_SYNC\" }), "
			      "__print_symbolic(REC->reason, { 0, \"compaction\" }, "
			      "{ 1, \"memory_failure\" }, { 2, \"memory_hotplug\" }, "
			      "{ 3, \"syscall_or_cpuset\" }, { 4, \"mempolicy_mbind\" }, "
			      "{ 5, \"numa_misplaced\" }, { 6, \"contig_range\" }, "
			      "{ 7, \"longterm_pin\" }, { 8, \"demotion\" })\n"));
	EXPECT_TRUE(format_ends_with(
		t, "tangram/trace_test_one",
		COMMON FIELD("pfn", "8") FIELD(
			"order", "16") "\nprint fmt: \"pfn=0x%lx order=0x%lx\", "
				       "REC->pfn, REC->order\n"));
}

/* "field:unsigned long pfn;" */
static struct trace_word next_name(const char **at)
{
	const char *end = strchr(*at, ';'), *name = end;

	while (name[-1] != ' ')
		name--;
	*at = end;
	return (struct trace_word){ name, (size_t)(end - name) };
}

static u32 nr_names_twice(struct test *t, const char *event)
{
	u32 nr = 0;

	for (const char *a = text; (a = strstr(a, "\tfield:"));) {
		struct trace_word name = next_name(&a), other;

		for (const char *b = a; (b = strstr(b, "\tfield:"));) {
			other = next_name(&b);
			if (other.len != name.len ||
			    strncmp(other.text, name.text, name.len))
				continue;
			test_note(t, "%s: %.*s twice", event, (int)name.len,
				  name.text);
			nr++;
		}
	}
	return nr;
}

/* One name for each value that a record has, and no name twice. */
TEST(trace_events, every_format_names_its_fields)
{
	struct trace_event event;
	struct point *point;

	for_each_trace_event(n, point, event) {
		char path[128];

		snprintf(path, sizeof(path), TRACING "events/%s/%s/format",
			 event.system, event.name);
		if (!read_file(t, path))
			continue;
		EXPECT_GE(count_text("\tfield:unsigned long ") +
				  count_text("\tfield:char "),
			  1);
		EXPECT_EQ(count_text("unsigned long ;"), 0);
		EXPECT_EQ(count_text("REC->,") + count_text("?"),
			  count_text("REC->fin_pfn ?"));
		EXPECT_EQ(count_text("print fmt: \""), 1);
		EXPECT_EQ(nr_names_twice(t, event.name), 0);
	}
}
