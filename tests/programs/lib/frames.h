/* SPDX-License-Identifier: MIT */
/*
 * tests/programs/lib/frames.h - what /proc says about frames and pageblocks
 *
 *	kpageflags	each frame: free, movable, a huge page's, or immovable
 *	zoneinfo	how much of a zone's free memory a request may have
 *	vmstat		events
 *
 * The same text on Tangram and on Linux. Linux says nothing of frames that lie
 * on a CPU's lists or in a pipe: those are taken for immovable.
 */
#pragma once

#include "program.h"

#define BLOCK_FRAMES 512ul

/* How a pageblock's 512 frames are used; the rest of them doesn't exist. */
struct block {
	u16 free;
	u16 movable; /* mapped by programs, or of files: can be moved */
	u16 huge;    /* of a huge page of the pool */
	u16 fixed;   /* the kernel's: can't be moved */
};

struct frames {
	size_t nr;
	struct block *blocks; /* by address */
};

/* Room for all of memory's blocks: ask for it before memory is filled. */
void frames_init(struct frames *f);
void frames_free(struct frames *f);
/* As it is now; exits when the file can't be read. */
void frames_read(struct frames *f);

/*
 * A letter for each block, 64 to a row, with what they mean:
 *	.  all free   1..9  tenths used by movable frames   #  more
 *	a..i, z  the same, and some of it is immovable   X  all immovable
 *	H  a huge page
 */
void frames_print(const struct frames *f, const char *title);

/* Blocks with an immovable frame. */
size_t frames_polluted(const struct frames *f);
/* Of these, the ones that hold movable ones, too. */
size_t frames_mixed(const struct frames *f);
/*
 * The fewest frames to be moved for nr wholly free blocks: the sum over the nr
 * blocks with the fewest used, of those without an immovable frame.
 */
u64 frames_least(const struct frames *f, size_t nr);

struct memory {
	u64 free;	/* frames */
	u64 usable;	/* of these, above the high marks: may all be taken */
	u64 huge_pages; /* that could be made of what may be taken at all */
};

/*
 * huge_pages: sum over the zones of (free - min - protection) / 512, at most
 * their blocks without an immovable frame. f has been read.
 */
void memory_read(struct memory *m, const struct frames *f);

/* The frame of one's own page (/proc/self/pagemap); 0: it can't be told. */
u64 frame_of(const void *p);

/* The blocks of a zone, [first, end). */
struct zone_blocks {
	u64 first, end;
};
/* As many of the zones as there is room for; how many. */
size_t zones_read(struct zone_blocks *zones, size_t most);

/* --- files of numbers --- */

/* The number behind a name in a file of "name number" lines; 0. */
u64 proc_number(const char *path, const char *name);
static inline u64 vm_event(const char *name)
{
	return proc_number("/proc/vmstat", name);
}

/* What a short file says, without its newline; false: there is no such. */
bool file_text(const char *path, char *text, size_t size);
u64 file_number(const char *path);
/* false: it can't be written, or the kernel doesn't take it. */
bool file_write(const char *path, const char *text);
bool file_write_number(const char *path, u64 value);
