// SPDX-License-Identifier: MIT
/*
 * tests/programs/lib/frames.c - pageblocks by what their frames are used for
 *
 * A frame's 64 bits of /proc/kpageflags put it in one of the sorts of struct
 * block. Zones come from /proc/zoneinfo, which is read line by line: "Node 0,
 * zone DMA32" begins one, its numbers follow, "start_pfn" is the last.
 */
#include "frames.h"
#include <fcntl.h>

#define KPF(bit)   (1ul << (bit))
#define KPF_LRU	   KPF(5)
#define KPF_SLAB   KPF(7)
#define KPF_BUDDY  KPF(10)
#define KPF_MMAP   KPF(11)
#define KPF_ANON   KPF(12)
#define KPF_HUGE   KPF(17)
#define KPF_NOPAGE KPF(20)

#define MAX_BLOCKS (64 * GIB / PAGE / BLOCK_FRAMES)
#define COLUMNS	   64

/* --- small files --- */

bool file_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t length = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return length >= 0;
}

u64 file_number(const char *path)
{
	char text[32];

	return file_text(path, text, sizeof(text)) ? strtoull(text, NULL, 10) :
						     0;
}

bool file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t length = strlen(text);
	bool done = fd >= 0 && write(fd, text, length) == length;

	if (fd >= 0)
		close(fd);
	return done;
}

bool file_write_number(const char *path, u64 value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lu", value);
	return file_write(path, text);
}

u64 proc_number(const char *path, const char *name)
{
	FILE *file = fopen(path, "r");
	char line[256], word[64];
	u64 value, found = 0;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %lu", word, &value) == 2 &&
		    !strcmp(word, name)) {
			found = value;
			break;
		}
	}
	if (file)
		fclose(file);
	return found;
}

u64 frame_of(const void *p)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	u64 entry = 0;

	if (fd < 0)
		return 0;
	if (pread(fd, &entry, 8, (uintptr_t)p / PAGE * 8) != 8)
		entry = 0;
	close(fd);
	return entry & ((1ul << 55) - 1);
}

/* --- pageblocks --- */

void frames_init(struct frames *f)
{
	size_t size = MAX_BLOCKS * sizeof(struct block);

	f->blocks = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (f->blocks == MAP_FAILED) {
		printf("frames: %s\n", strerror(errno));
		exit(1);
	}
	frames_read(f); /* touches what will be needed again */
}

void frames_free(struct frames *f)
{
	munmap(f->blocks, MAX_BLOCKS * sizeof(struct block));
	f->blocks = NULL;
}

static void count_frame(struct block *b, u64 flags)
{
	if (flags & KPF_NOPAGE)
		return;
	if (flags & KPF_BUDDY)
		b->free++;
	else if (flags & KPF_HUGE)
		b->huge++;
	else if ((flags & (KPF_LRU | KPF_ANON | KPF_MMAP)) && !(flags & KPF_SLAB))
		b->movable++;
	else
		b->fixed++;
}

static struct block count_block(const u64 *flags, size_t nr)
{
	struct block b = { 0 };

	for (size_t i = 0; i < nr; i++)
		count_frame(&b, flags[i]);
	return b;
}

void frames_read(struct frames *f)
{
	static u64 flags[BLOCK_FRAMES];
	int fd = open("/proc/kpageflags", O_RDONLY);
	ssize_t length = 0;

	f->nr = 0;
	while (fd >= 0 && f->nr < MAX_BLOCKS &&
	       (length = read(fd, flags, sizeof(flags))) > 0)
		f->blocks[f->nr++] = count_block(flags, length / sizeof(u64));
	if (fd < 0 || length < 0) {
		printf("frames: /proc/kpageflags: %s\n", strerror(errno));
		exit(1);
	}
	close(fd);
}

size_t frames_polluted(const struct frames *f)
{
	size_t nr = 0;

	for (size_t i = 0; i < f->nr; i++)
		nr += f->blocks[i].fixed != 0;
	return nr;
}

size_t frames_mixed(const struct frames *f)
{
	size_t nr = 0;

	for (size_t i = 0; i < f->nr; i++)
		nr += f->blocks[i].fixed && f->blocks[i].movable;
	return nr;
}

static bool can_be_emptied(const struct block *b)
{
	return !b->fixed && !b->huge &&
	       b->free + b->movable == (int)BLOCK_FRAMES;
}

u64 frames_least(const struct frames *f, size_t nr)
{
	size_t with[BLOCK_FRAMES + 1] = { 0 };
	u64 moves = 0;

	for (size_t i = 0; i < f->nr; i++)
		if (can_be_emptied(&f->blocks[i]))
			with[f->blocks[i].movable]++;
	for (size_t used = 0; used <= BLOCK_FRAMES && nr; used++) {
		size_t now = with[used] < nr ? with[used] : nr;

		moves += now * used;
		nr -= now;
	}
	return moves;
}

/* --- the map --- */

static char letter_of(const struct block *b)
{
	size_t all = b->free + b->movable + b->fixed + b->huge;
	size_t used = b->movable + b->fixed;

	if (!all)
		return ' ';
	if (b->huge)
		return 'H';
	if (b->fixed == all)
		return 'X';
	if (!used)
		return '.';
	/* Tenths, of which the last may not be full. */
	return (b->fixed ? "abcdefghiz" : "123456789#")[(used * 10 - 1) / all];
}

static bool print_row(const struct frames *f, size_t first)
{
	char row[COLUMNS + 1];
	bool any = false;

	memset(row, ' ', COLUMNS);
	row[COLUMNS] = '\0';
	for (size_t i = 0; i < COLUMNS && first + i < f->nr; i++) {
		row[i] = letter_of(&f->blocks[first + i]);
		any = any || row[i] != ' ';
	}
	if (any)
		printf("  %6zu MiB |%s|\n", first * 2, row);
	return any;
}

void frames_print(const struct frames *f, const char *title)
{
	printf("%s; a letter is a pageblock of 2 MiB:\n", title);
	for (size_t i = 0; i < f->nr; i += COLUMNS)
		print_row(f, i);
	printf("  . free  1-9# tenths used  a-iz also used by the kernel  "
	       "X by it alone  H huge\n");
	fflush(stdout);
}

/* --- zones --- */

struct zone {
	u64 free, boost, min, high, spanned, start, protection;
	u64 stacked; /* free, on CPUs' lists */
};

static u64 pure_blocks(const struct frames *f, const struct zone *z)
{
	u64 end = (z->start + z->spanned) / BLOCK_FRAMES, nr = 0;

	for (u64 i = (z->start + BLOCK_FRAMES - 1) / BLOCK_FRAMES;
	     i < end && i < f->nr; i++)
		nr += can_be_emptied(&f->blocks[i]);
	return nr;
}

static void add_zone(struct memory *m, const struct frames *f,
		     const struct zone *z)
{
	/* Asking for much takes the boost back. */
	u64 kept = z->min - z->boost + z->protection;
	u64 free = z->free + z->stacked;
	u64 fit = free > kept ? (free - kept) / BLOCK_FRAMES : 0;
	u64 pure = pure_blocks(f, z);

	m->free += free;
	m->huge_pages += fit < pure ? fit : pure;
	if (free > z->high + z->protection)
		m->usable += free - z->high - z->protection;
}

/* Protection from requests for movable memory: the fourth of the numbers. */
static u64 protection_of(const char *line)
{
	u64 value[4] = { 0 };

	if (sscanf(line, " protection: (%lu, %lu, %lu, %lu", &value[0],
		   &value[1], &value[2], &value[3]) < 4)
		return 0;
	return value[3];
}

static void read_zone_line(struct zone *z, const char *line)
{
	static const char *const formats[] = {
		" pages free %lu", " boost %lu",   " min %lu",
		" high %lu",	   " spanned %lu",
	};
	u64 *const fields[] = { &z->free, &z->boost, &z->min, &z->high,
				&z->spanned };
	u64 stacked;

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (sscanf(line, formats[i], fields[i]) == 1)
			return;
	if (strstr(line, "protection:"))
		z->protection = protection_of(line);
	else if (sscanf(line, " count: %lu", &stacked) == 1)
		z->stacked += stacked;
}

void memory_read(struct memory *m, const struct frames *f)
{
	FILE *file = fopen("/proc/zoneinfo", "r");
	struct zone z = { 0 };
	char line[256];

	memset(m, 0, sizeof(*m));
	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "Node ", 5))
			memset(&z, 0, sizeof(z));
		else if (sscanf(line, " start_pfn: %lu", &z.start) == 1)
			add_zone(m, f, &z);
		else
			read_zone_line(&z, line);
	}
	if (file)
		fclose(file);
}

size_t zones_read(struct zone_blocks *zones, size_t most)
{
	FILE *file = fopen("/proc/zoneinfo", "r");
	struct zone z = { 0 };
	char line[256];
	size_t nr = 0;

	while (file && nr < most && fgets(line, sizeof(line), file)) {
		if (sscanf(line, " start_pfn: %lu", &z.start) != 1) {
			read_zone_line(&z, line);
			continue;
		}
		zones[nr++] = (struct zone_blocks){
			z.start / BLOCK_FRAMES,
			(z.start + z.spanned + BLOCK_FRAMES - 1) / BLOCK_FRAMES
		};
	}
	if (file)
		fclose(file);
	return nr;
}
