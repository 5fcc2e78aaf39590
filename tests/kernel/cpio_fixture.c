// SPDX-License-Identifier: MIT
/*
 * tests/kernel/cpio_fixture.c - the one archive that tests build
 */
#include <kernel/string.h>

#include "cpio_fixture.h"

struct archive archive;

static void pad(void)
{
	while (archive.size & 3)
		archive.bytes[archive.size++] = '\0';
}

void archive_begin(void)
{
	memset(&archive, 0, sizeof(archive));
}

void archive_add(const char *name, u32 mode, const char *data, u64 len)
{
	archive.size +=
		(u64)snprintf(archive.bytes + archive.size,
			      ARCHIVE_SIZE - archive.size,
			      "070701%08X%08X%08X%08X%08X%08X%08lX%08X%08X"
			      "%08X%08X%08lX%08X%s",
			      1, mode, 0, 0, 1, 77, len, 0, 0, 0, 0,
			      strlen(name) + 1, 0, name) +
		1;
	pad();
	memcpy(archive.bytes + archive.size, data, len);
	archive.size += len;
	pad();
}

void archive_end(void)
{
	archive_add("TRAILER!!!", 0, "", 0);
}
