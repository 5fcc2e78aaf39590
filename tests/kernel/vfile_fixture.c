// SPDX-License-Identifier: MIT
/*
 * tests/kernel/vfile_fixture.c - a file of /proc or /sys as text
 */
#include <kernel/main.h>
#include <kernel/vfile.h>
#include <mm/mm_state.h>

#include "vfile_fixture.h"

char text[TEXT_SIZE];

static void append(struct seq *s, const char *more, size_t len)
{
	u64 have = s->written - len;

	if (have + len < sizeof(text))
		memcpy(text + have, more, len + 1);
}

bool read_file(struct test *t, const char *path)
{
	struct seq s = { .write = append };
	int err;

	memset(text, 0, sizeof(text));
	err = vfile_read(path, &s);
	EXPECT_EQ(err, 0);
	if (s.written >= sizeof(text))
		test_skip(t, "too many nodes for this test's buffer");
	return !err && s.written < sizeof(text);
}

u32 count_text(const char *what)
{
	u32 nr = 0;

	for (const char *p = strstr(text, what); p; p = strstr(p + 1, what))
		nr++;
	return nr;
}

u64 value_of(struct test *t, const char *label)
{
	const char *p = text, *end;
	bool overflow;

	while (p && strncmp(p, label, strlen(label))) {
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	if (!p) {
		test_fail(t, __FILE__, __LINE__, "no line '%s'", label);
		return 0;
	}
	for (p += strlen(label); *p == ' ';)
		p++;
	return memparse(p, &end, &overflow);
}

u32 nr_populated(void)
{
	u32 nr = 0;

	for (u32 n = 0; n < MAX_NUMNODES; n++)
		for (u32 z = 0; z < MAX_NR_ZONES; z++)
			nr += populated_zone(&kernel_mm()->nodes[n].zones[z]);
	return nr;
}
