// SPDX-License-Identifier: MIT
/*
 * kernel/slides_compaction.c - the slides on compaction (9 to 16), and `guided`
 *
 *	0 |.M.U.iiii.MM...|	i isolated from the LRU, on its way
 *	        ^ migrate_pfn
 *	3 |..M.M...tttttt.|	t taken by the free scanner
 *	    ^ free_pfn
 *
 * Four pageblocks, a row each, a cell is 8 pages; the pages are a program's. A
 * strategy with two scanners compacts all there is, then `guided` gets the same
 * memory. Neither knows that it is watched: the drawings are made in call-backs
 * of the tracepoints that each passes, of what is in the zone then. So a caption
 * says what the tracepoint said, and the assertions compare it with the frames.
 *
 * Source: V. Babka, 2018, slides 9 to 16.
 */
#include <kernel/oracle.h>
#include <kernel/placed_pages.h>
#include <kernel/point.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <mm/compact.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>
#include <arch/cpu.h>

#include "frame_map.h"
#include "slides_internal.h"

#define NR_ROWS		4
#define NOWHERE		UINT64_MAX
#define SLIDES_TEXT_MAX 320

/* M a program's, U the kernel's; a letter is 8 pages. */
static const char *const memory[NR_ROWS] = {
	".M.U..M.MM..M...M.M..M...MM..M..M.M...M..M....M.M..M...M..M.M..M",
	"M..M.....M..M....M...M....M....M.M.....M...M......M..M...M.....M",
	".M...M.MM..M.M...M..MM...M...M..M..M..M...MM..M....M..M.....M..M",
	"..M.M...M.....M..M....M...M..M....M..M...M..M....M...M..M...M...",
};

enum { FREE, PAGE, ISOLATED, TAKEN, KERNEL, NR_LETTERS };
static const char letters[NR_LETTERS + 1] = ".MitU";

/* What one strategy did, for the table. */
struct outcome {
	const char *name;
	u64 blocks, moved, least, scanned;
};

struct show {
	struct slides *s;
	const struct thread *thread; /* others compact other zones meanwhile */
	struct placed_pages pages;
	bool guided;
	pfn_t source, target;  /* from the zone's first frame; NOWHERE */
	u32 clusters;	       /* moved so far */
	u32 in_vain;	       /* of these: no page of them moved */
	u64 isolated, taken;   /* frames, by what the tracepoints said */
	u64 found[NR_LETTERS]; /* frames, by looking */
	u64 pages_in_row[NR_ROWS];
	struct outcome outcome;
};

static struct show show; /* call-backs have nothing else */

/* --- looking --- */

static u32 state_of(const struct pageblock *b, const struct page *page,
		    u32 offset)
{
	if (block_frame_is_free(b, offset))
		return FREE;
	if (!page->kind_order)
		return TAKEN;
	if (page_kind(page) != PAGE_ANON)
		return KERNEL;
	return page_flag(page, PG_lru) ? PAGE : ISOLATED;
}

/* A cell whose frames differ shows the first used one's letter, small. */
static char cell_letter(u32 row, u32 cell)
{
	const struct pageblock *b = &show.s->zone->fl->blocks[row];
	u32 first = cell * CELL_FRAMES, state = FREE, nr_free = 0;

	for (u32 i = first; i < first + CELL_FRAMES; i++) {
		const struct page *page =
			pfn_to_page(pageblock_pfn(show.s->zone, b) + i);
		u32 one = state_of(b, page, i);

		show.found[one]++;
		show.pages_in_row[row] += one == PAGE;
		nr_free += one == FREE;
		state = state == FREE ? one : state;
	}
	return state == PAGE && nr_free ? 'm' : letters[state];
}

static void look(char cells[NR_ROWS][ROW_CELLS])
{
	memset(show.found, 0, sizeof(show.found));
	memset(show.pages_in_row, 0, sizeof(show.pages_in_row));
	for (u32 row = 0; row < NR_ROWS; row++)
		for (u32 i = 0; i < ROW_CELLS; i++)
			cells[row][i] = cell_letter(row, i);
}

/* --- drawing --- */

static void draw_position(u32 row, pfn_t place, const char *name)
{
	u32 cell = (u32)(place % pageblock_nr_pages) / CELL_FRAMES;

	if (place / pageblock_nr_pages == row)
		console_printf("       %*s^ %s %lu\n", (int)cell, "", name,
			       place);
}

static void draw(void)
{
	char cells[NR_ROWS][ROW_CELLS];
	const struct slides *s = show.s;

	look(cells);
	for (u32 row = 0; row < NR_ROWS && !s->options->quiet; row++) {
		console_printf("    %u |", row);
		frame_map_print(cells[row], ROW_CELLS);
		console_printf("|\n");
		draw_position(row, show.source,
			      show.guided ? "source" : "migrate_pfn");
		draw_position(row, show.target,
			      show.guided ? "target" : "free_pfn");
	}
	slides_expect(show.s, "isolated pages", (s64)show.found[ISOLATED],
		      (s64)show.isolated);
	slides_expect(show.s, "frames taken to move to", (s64)show.found[TAKEN],
		      (s64)show.taken);
	slides_expect(show.s, "the program's pages",
		      (s64)(show.found[PAGE] + show.found[ISOLATED]),
		      (s64)show.pages.nr_pages);
	slides_pause(s);
}

static void say_numbers(const char *fmt, u64 a, u64 b)
{
	char text[SLIDES_TEXT_MAX];

	snprintf(text, sizeof(text), fmt, a, b);
	slides_say(show.s, text);
}

/* --- the two scanners --- */

/* start_pfn, end_pfn, nr_scanned, nr_taken */
static void scanner_isolated(void *ctx __unused, const u64 *v, u32 nr __unused)
{
	if (current != show.thread)
		return;
	show.source = v[1] - show.s->zone->zone_start_pfn;
	show.isolated += v[3];
	if (show.clusters || !v[3])
		return;
	say_numbers("The migration scanner: free pages are skipped (slide 11), "
		    "%lu pages of the program leave the LRU (12), a page "
		    "that is none's can't (13). That is enough: switch to "
		    "the free scanner (14).",
		    v[3], 0);
	draw();
}

static void scanner_took_frames(void *ctx __unused, const u64 *v,
				u32 nr __unused)
{
	if (current != show.thread)
		return;
	show.target = v[0] - show.s->zone->zone_start_pfn;
	show.taken += v[3];
	if (show.clusters || !v[3])
		return;
	say_numbers("The free scanner, from the other end: free chunks are "
		    "split to base pages and isolated (slide 15), %lu of "
		    "them.",
		    v[3], 0);
	draw();
}

/* New pages wait in a batch for the LRU, old frames on a stack. */
static void let_settle(void)
{
	lru_add_drain();
	drain_local_pages(show.s->zone);
}

static void say_moved(u64 moved)
{
	if (!moved)
		say_numbers("No free frame is left above for cluster %lu: its "
			    "pages go back to the LRU. So do those of all that "
			    "follow (not drawn).",
			    show.clusters, 0);
	else if (show.clusters > 1)
		say_numbers("Cluster %lu: %lu pages have moved.", show.clusters,
			    moved);
	else
		say_numbers("We have enough, time to migrate (slide 16): %lu "
			    "pages have moved up, and left free memory "
			    "behind.",
			    moved, 0);
}

/* nr_migrated, nr_failed */
static void scanner_moved(void *ctx __unused, const u64 *v, u32 nr __unused)
{
	if (current != show.thread)
		return;
	let_settle();
	show.isolated = v[1];
	show.taken -= v[0];
	show.clusters++;
	show.in_vain += !v[0];
	if (show.in_vain < 2) {
		say_moved(v[0]);
		draw();
	}
	show.isolated = 0; /* those that failed are put back next */
}

/* --- guided --- */

/* start, end, cost */
static void guided_chose(void *ctx __unused, const u64 *v, u32 nr __unused)
{
	if (current != show.thread)
		return;
	show.source = v[0] - show.s->zone->zone_start_pfn;
	show.target = NOWHERE;
	say_numbers("The block that costs least: %lu of its pages have to go, "
		    "which its counts say before anything is moved. It is "
		    "fenced off.",
		    v[2], 0);
	draw();
	slides_expect(show.s, "the cost of the block", (s64)v[2],
		      (s64)show.pages_in_row[show.source / pageblock_nr_pages]);
}

static void guided_took_frames(void *ctx __unused, const u64 *v, u32 nr __unused)
{
	if (current != show.thread)
		return;
	if (v[3])
		show.target = v[0] - show.s->zone->zone_start_pfn;
}

static void guided_moved(void *ctx __unused, const u64 *v, u32 nr __unused)
{
	if (current != show.thread)
		return;
	let_settle();
	show.clusters++;
	say_numbers("%lu pages have moved to the fullest blocks, those first "
		    "that will never be whole. Frames to move to are known, "
		    "not searched.",
		    v[0], 0);
	draw();
	slides_expect(show.s, "pages that would not move", (s64)v[1], 0);
}

static void listen(void)
{
	if (show.guided)
		point_callback("compact_guided_source", guided_chose, NULL);
	else
		point_callback("mm_compaction_isolate_migratepages",
			       scanner_isolated, NULL);
	point_callback("mm_compaction_isolate_freepages",
		       show.guided ? guided_took_frames : scanner_took_frames,
		       NULL);
	point_callback("mm_compaction_migratepages",
		       show.guided ? guided_moved : scanner_moved, NULL);
}

static void stop_listening(void)
{
	point_disable("mm_compaction_isolate_migratepages");
	point_disable("mm_compaction_isolate_freepages");
	point_disable("mm_compaction_migratepages");
	point_disable("compact_guided_source");
}

/* --- the memory --- */

static bool is_page(void *ctx __unused, u64 place)
{
	return memory[place / pageblock_nr_pages]
		     [place % pageblock_nr_pages / CELL_FRAMES] == 'M';
}

static void place_kernel_pages(struct zone *zone)
{
	for (u64 place = 0; place < zone->spanned_pages; place++)
		if (memory[place / pageblock_nr_pages]
			  [place % pageblock_nr_pages / CELL_FRAMES] == 'U')
			placed_frame(zone, place, MIGRATE_UNMOVABLE);
}

static bool open_memory(struct slides *s)
{
	struct mm_struct *mm = mm_alloc();

	if (!mm || !slides_open(s, NR_ROWS, 0)) {
		if (mm)
			mmput(mm);
		return false;
	}
	show.s = s;
	show.pages = (struct placed_pages){ .zone = s->zone,
					    .mm = mm,
					    .wanted = is_page };
	place_kernel_pages(s->zone);
	slides_expect(s, "the memory could be laid out",
		      placed_pages_fill(&show.pages), true);
	return true;
}

static void close_memory(struct slides *s)
{
	slides_expect(s, "pages with wrong contents",
		      (s64)placed_pages_wrong(&show.pages), 0);
	placed_pages_drop(&show.pages);
	mmput(show.pages.mm);
	slides_close(s);
}

/* --- one strategy --- */

static u64 whole_blocks(const struct zone *zone)
{
	u64 nr = 0;

	for (u32 row = 0; row < NR_ROWS; row++)
		nr += zone->fl->blocks[row].nr[FRAME_FREE] == pageblock_nr_pages;
	return nr;
}

static void run(const struct compact_strategy *strategy)
{
	struct compact_control cc = { .zone = show.s->zone,
				      .order = -1,
				      .type = MIGRATE_MOVABLE,
				      .gfp = GFP_HIGHUSER_MOVABLE,
				      .highest_zone = show.s->zone->type,
				      .mode = MIGRATE_SYNC,
				      .whole_zone = true,
				      .ignore_skip_hint = true };

	listen();
	slides_expect(show.s, "all was looked at", strategy->compact_zone(&cc),
		      COMPACT_COMPLETE);
	stop_listening();
	drain_all_pages(mm_active, show.s->zone);
	lru_add_drain_all();
	show.isolated = show.taken = 0;
	show.outcome.moved = cc.nr_migrated;
	show.outcome.scanned = cc.migrate_scanned + cc.free_scanned;
	show.outcome.blocks = whole_blocks(show.s->zone);
}

/* What as many blocks would have cost at least, by looking before. */
static void run_judged(const struct compact_strategy *strategy)
{
	static struct oracle oracle;
	int err = oracle_open(&oracle, show.s->zone);

	slides_expect(show.s, "the oracle", err, 0);
	if (err)
		return;
	oracle_look(&oracle);
	oracle_possible(&oracle, pageblock_order);
	run(strategy);
	show.outcome.least =
		oracle_least(&oracle, pageblock_order, show.outcome.blocks);
	oracle_close(&oracle);
}

static void begin_scanners(void)
{
	show.source = 0;
	show.target = show.s->zone->spanned_pages - pageblock_nr_pages;
	slides_say(show.s, "A fragmented zone, and the scanners' initial "
			   "positions (slides 9, 10): the migration scanner "
			   "looks for pages to move, from the zone's start; the "
			   "free scanner for frames to move them to, from its "
			   "end.");
	slides_add(show.s, "A cell is 8 pages: . free, M a program's, U the "
			   "kernel's, i isolated, t taken to move to");
	draw();
}

static void begin_guided(void)
{
	show.source = show.target = NOWHERE;
	slides_say(show.s, "The same memory for strategy guided, which scans "
			   "nothing: each block counts what it holds.");
	draw();
}

/* The program's pages and the kernel's are all there; what is whole now? */
static void end_strategy(void)
{
	if (!show.guided)
		slides_say(show.s, "The scanners have met. What lay above the "
				   "meeting point was never emptied, and one "
				   "page of the kernel's keeps block 0.");
	else
		slides_say(show.s, "What is free in pieces doesn't make one "
				   "more block.");
	show.source = show.target = NOWHERE;
	draw();
}

static void run_and_tell(const struct compact_strategy *strategy)
{
	u64 allowed = current->allowed;

	/* Stacks and batches are settled on this CPU only. */
	set_cpus_allowed(current, 1UL << smp_processor_id());
	show.outcome.name = strategy->name;
	if (show.guided)
		begin_guided();
	else
		begin_scanners();
	run_judged(strategy);
	end_strategy();
	set_cpus_allowed(current, allowed);
}

static bool play_strategy(struct slides *s,
			  const struct compact_strategy *strategy)
{
	show = (struct show){ .thread = current,
			      .guided = strategy->compact_zone ==
					compact_guided };
	if (!open_memory(s))
		return false;
	run_and_tell(strategy);
	close_memory(s);
	return true;
}

/* --- side by side --- */

static void print_outcome(const struct outcome *o)
{
	console_printf("    %-10s%8lu%8lu%8lu%10lu\n", o->name, o->blocks,
		       o->moved, o->least, o->scanned);
}

static void compare(struct slides *s, const struct outcome *scanners,
		    const struct outcome *guided)
{
	slides_say(s, "Side by side: free blocks of 2 MiB, pages moved for "
		      "them, the least that so many blocks cost, frames "
		      "looked at.");
	if (!s->options->quiet) {
		console_printf("    strategy    blocks   moved   least   "
			       "scanned\n");
		print_outcome(scanners);
		print_outcome(guided);
	}
	slides_expect(s, "blocks by guided", (s64)guided->blocks, 2);
	slides_expect(s, "pages moved by guided", (s64)guided->moved,
		      (s64)guided->least);
	slides_expect(s, "blocks by two scanners", (s64)scanners->blocks, 1);
	slides_expect(s, "scanners moved more", scanners->moved > guided->moved,
		      true);
}

int slides_compaction(struct slides *s)
{
	const struct compact_strategy *scanners =
		compact_strategy_find(s->options->strategy);
	struct outcome first;

	if (!play_strategy(s, scanners))
		return -1;
	first = show.outcome;
	if (!play_strategy(s, compact_strategy_find("guided")))
		return -1;
	compare(s, &first, &show.outcome);
	return (int)s->failures;
}
