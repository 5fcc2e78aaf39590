// SPDX-License-Identifier: MIT
/*
 * mm/slab_debug.c - slab_debug=: find what users of objects do wrong
 *
 *	letter  costs                    catches, and when
 *	F       a walk of the list       wild and double free, at once
 *	Z       8 bytes on each side     writes beside the object, at its free
 *	P       writing each byte twice  writes after the free, at the next
 *	                                 allocation; reads of unset memory show 5a
 *	U       two records an object    who allocated and who freed it last
 *
 * Bytes: a free object is 6b 6b ... a5, an allocated one starts as 5a; red
 * zones are bb around free objects and cc around allocated ones. Objects of
 * such a cache skip the CPUs' stacks, so every call is checked.
 *
 * What was damaged is quarantined: it stays in use until its cache ends.
 */
#include <kernel/errno.h>
#include <kernel/ksyms.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/misuse.h>
#include <mm/page_alloc.h>
#include <mm/slab_cache.h>
#include <arch/cpu.h>

#define POISON_INUSE 0x5a
#define POISON_FREE  0x6b
#define POISON_END   0xa5
#define RED_FREE     0xbb
#define RED_USED     0xcc

#define TRACK_DEPTH 12 /* half of them our own */

struct slab_track {
	u64 time_ns; /* since boot; 0: never */
	u32 cpu;
	u32 pad;
	u64 stack[TRACK_DEPTH];
};

enum { TRACK_ALLOC, TRACK_FREE, NR_TRACKS };

u32 slab_track_size(void)
{
	return NR_TRACKS * (u32)sizeof(struct slab_track);
}

/* --- the boot word --- */

static const struct {
	char letter;
	u32 flag;
} letters[] = {
	{ 'F', SLAB_CONSISTENCY_CHECKS },
	{ 'Z', SLAB_RED_ZONE },
	{ 'P', SLAB_POISON },
	{ 'U', SLAB_STORE_USER },
};

static u32 flag_of_letter(char c)
{
	for (u32 i = 0; i < ARRAY_SIZE(letters); i++)
		if (letters[i].letter == (c & ~0x20)) /* either case */
			return letters[i].flag;
	return 0;
}

int slab_param_debug(struct slab_params *params, const char *value)
{
	u32 flags = 0;

	if (!strcmp(value, "-")) {
		params->debug_flags = 0;
		return 0;
	}
	for (; *value && *value != ','; value++) {
		if (!flag_of_letter(*value))
			return -EINVAL;
		flags |= flag_of_letter(*value);
	}
	params->debug_flags = flags ? flags : SLAB_DEBUG_FLAGS;
	return strscpy(params->debug_glob, *value ? value + 1 : "",
		       sizeof(params->debug_glob)) ?
		       0 :
		       -EINVAL;
}

/* --- owners --- */

static struct slab_track *track(const struct kmem_cache *s, const void *object,
				u32 which)
{
	return (struct slab_track *)((char *)object + s->track_offset) + which;
}

static void set_track(const struct kmem_cache *s, void *object, u32 which)
{
	struct slab_track *t = track(s, object, which);
	u32 nr;

	if (!(s->flags & SLAB_STORE_USER))
		return;
	t->time_ns = arch_time_ns();
	t->cpu = smp_processor_id();
	nr = arch_stack_trace(t->stack, TRACK_DEPTH,
			      (u64)__builtin_frame_address(0));
	memset(t->stack + nr, 0, (TRACK_DEPTH - nr) * sizeof(t->stack[0]));
}

static void print_track(const struct kmem_cache *s, const void *object,
			u32 which)
{
	const struct slab_track *t = track(s, object, which);
	char name[KSYM_TEXT_MAX];

	if (!t->time_ns)
		return;
	pr_err("%s on CPU %u, ts %lu ns\n",
	       which == TRACK_ALLOC ? "Allocated" : "Freed", t->cpu, t->time_ns);
	for (u32 i = 0; i < TRACK_DEPTH && t->stack[i]; i++)
		pr_err("  %s\n", ksym_format(t->stack[i] - 1, 1, name));
}

/* --- reports --- */

void slab_bug(struct kmem_cache *s, const struct page *head, const void *object,
	      u32 kind, const char *what)
{
	pr_err("BUG %s: %s: object 0x%016lx: %s\n", s ? s->name : "kfree",
	       bug_names[kind], (u64)object, what);
	if (head)
		pr_err("slab: pfn 0x%lx, order %u, %u objects, %u free, %u quarantined\n",
		       page_to_pfn(head), page_order(head),
		       slab_nr_objects(head), slab_nr_free(head),
		       slab_nr_bad(head));
	if (s && head && (s->flags & SLAB_STORE_USER) &&
	    slab_is_object(s, head, object)) {
		print_track(s, object, TRACK_ALLOC);
		print_track(s, object, TRACK_FREE);
	}
	bug_finish((enum bug_kind)kind);
}

/* The first byte of [from, from + nr) that isn't `byte`; NULL: all are. */
static const u8 *first_other(const u8 *from, u8 byte, u32 nr)
{
	for (u32 i = 0; i < nr; i++)
		if (from[i] != byte)
			return from + i;
	return NULL;
}

static bool bytes_are(struct kmem_cache *s, struct page *head,
		      const void *object, s64 offset, u8 byte, u32 nr, u32 kind)
{
	const u8 *wrong = first_other((const u8 *)object + offset, byte, nr);
	char text[64];

	if (!wrong)
		return true;
	snprintf(text, sizeof(text), "byte %ld is 0x%02x, not 0x%02x",
		 (long)(wrong - (const u8 *)object), *wrong, byte);
	slab_bug(s, head, object, kind, text);
	return false;
}

/* --- marks --- */

static void set_red_zones(const struct kmem_cache *s, void *object, u8 byte)
{
	if (!(s->flags & SLAB_RED_ZONE))
		return;
	memset((char *)object - s->red_left, byte, s->red_left);
	memset((char *)object + s->object_size, byte, s->inuse - s->object_size);
}

static bool red_zones_are(struct kmem_cache *s, struct page *head,
			  const void *object, u8 byte)
{
	if (!(s->flags & SLAB_RED_ZONE))
		return true;
	return bytes_are(s, head, object, -(s64)s->red_left, byte, s->red_left,
			 BUG_SLAB_REDZONE) &&
	       bytes_are(s, head, object, s->object_size, byte,
			 s->inuse - s->object_size, BUG_SLAB_REDZONE);
}

static void poison(const struct kmem_cache *s, void *object)
{
	if (!(s->flags & SLAB_POISON))
		return;
	memset(object, POISON_FREE, s->object_size - 1);
	((u8 *)object)[s->object_size - 1] = POISON_END;
}

static bool poison_is_intact(struct kmem_cache *s, struct page *head,
			     const void *object)
{
	if (!(s->flags & SLAB_POISON))
		return true;
	return bytes_are(s, head, object, 0, POISON_FREE, s->object_size - 1,
			 BUG_SLAB_POISON) &&
	       bytes_are(s, head, object, s->object_size - 1, POISON_END, 1,
			 BUG_SLAB_POISON);
}

void slab_debug_setup(struct kmem_cache *s, struct page *head)
{
	char *first = (char *)page_address(head) + s->red_left;

	memset(page_address(head), POISON_INUSE, PAGE_SIZE << page_order(head));
	for (u32 i = 0; i < slab_nr_objects(head); i++) {
		void *object = first + (u64)i * s->size;

		set_red_zones(s, object, RED_FREE);
		poison(s, object);
		if (s->flags & SLAB_STORE_USER)
			memset(track(s, object, 0), 0, slab_track_size());
	}
}

/* --- each allocation, each free --- */

bool slab_debug_alloc(struct kmem_cache *s, struct page *head, void *object)
{
	if (!red_zones_are(s, head, object, RED_FREE) ||
	    !poison_is_intact(s, head, object))
		return false;
	set_red_zones(s, object, RED_USED);
	if (s->flags & SLAB_POISON)
		memset(object, POISON_INUSE, s->object_size);
	set_track(s, object, TRACK_ALLOC);
	return true;
}

static bool is_on_list(const struct kmem_cache *s, const struct page *head,
		       const void *object)
{
	void *at = (void *)head->private_data;

	for (u32 i = 0; at && i < slab_nr_free(head); i++) {
		if (at == object)
			return true;
		if (!slab_is_object(s, head, at))
			return false;
		at = *slab_free_pointer(s, at);
	}
	return false;
}

bool slab_debug_free(struct kmem_cache *s, struct page *head, void *object,
		     bool *bad)
{
	if (!slab_is_object(s, head, object)) {
		slab_bug(s, head, object, BUG_SLAB_WILD,
			 "no object begins there");
		return false;
	}
	if (is_on_list(s, head, object)) {
		slab_bug(s, head, object, BUG_SLAB_DOUBLE_FREE,
			 "it is on its slab's list");
		return false;
	}
	*bad = !red_zones_are(s, head, object, RED_USED);
	if (*bad)
		return false;
	set_track(s, object, TRACK_FREE);
	set_red_zones(s, object, RED_FREE);
	poison(s, object);
	return true;
}
