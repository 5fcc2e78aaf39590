// SPDX-License-Identifier: MIT
/*
 * tests/host/fuzz/fuzz_cpio.c - any bytes as an initramfs
 *
 * The input lies in memory of its own size, so that a byte read beyond it is
 * ASan's. What the parser calls an entry must lie inside and end in NUL.
 */
#include <stdlib.h>
#include <string.h>

#include <arch/host.h>
#include <kernel/fs.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const u8 *bytes;
	size_t size;
	int entries;
};

static bool check(void *arg, const struct cpio_entry *e)
{
	struct input *in = arg;
	const u8 *name = (const u8 *)e->name, *data = e->data;

	if (name < in->bytes || name >= in->bytes + in->size)
		abort();
	if (!memchr(name, 0, (size_t)(in->bytes + in->size - name)))
		abort();
	if (data < in->bytes || data > in->bytes + in->size ||
	    e->size > (u64)(in->bytes + in->size - data))
		abort();
	if (e->offset >= in->size)
		abort();
	in->entries++;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u8 *copy = malloc(size ? size : 1);
	struct input in = { copy, size, 0 };

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	host_console_quiet = true;
	if (cpio_parse(copy, size, check, &in) != in.entries)
		abort();
	free(copy);
	return 0;
}
