// SPDX-License-Identifier: MIT
/*
 * kernel/slides.c - workload=slides: the talk's slides on real pages
 *
 *	workload=slides,policy=classic|linux|mixed,strategy=classic|linux,pause=MS
 *
 * Part 1 (slides_buddy.c) splits and coalesces in a zone of 16 pages. Part 2
 * (slides_grouping.c) is about four pageblocks and what happens when a type
 * has none left; it is played once for each fallback policy: `classic`, which
 * is the talk's, then `linux`, which is today's. Part 3 (slides_compaction.c)
 * compacts four pageblocks with two scanners, as in the talk, then by `guided`.
 *
 * What is drawn is read from the allocator, and each step asserts what its
 * caption claims: a wrong claim makes the workload fail.
 *
 * Source: V. Babka, "The hard work behind large physical memory allocations in
 * the kernel", 2018.
 */
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/workload.h>
#include <mm/compact.h>
#include <mm/mm_state.h>
#include <mm/zone_check.h>
#include <mm/zone_private.h>
#include <arch/cpu.h>

#include "slides_internal.h"

#define CAPTION_COLUMNS 74

/* --- telling --- */

/* How much of the text fits a line: up to a blank, or all of it. */
static size_t line_length(const char *text)
{
	size_t len = strnlen(text, CAPTION_COLUMNS + 1);

	if (len <= CAPTION_COLUMNS)
		return len;
	while (len && text[len - 1] != ' ')
		len--;
	return len;
}

static void print_wrapped(const char *text)
{
	while (*text) {
		size_t len = line_length(text);

		console_printf("    %.*s\n", (int)len, text);
		text += len;
	}
}

void slides_say(struct slides *s, const char *caption)
{
	s->step++;
	if (s->options->quiet)
		return;
	console_printf("\n(%u)\n", s->step);
	print_wrapped(caption);
}

void slides_add(const struct slides *s, const char *text)
{
	if (!s->options->quiet)
		print_wrapped(text);
}

void slides_expect(struct slides *s, const char *what, s64 is, s64 should)
{
	char line[SLIDES_FAILURE_MAX];

	if (is == should)
		return;
	snprintf(line, sizeof(line), "step %u: %s is %ld, should be %ld",
		 s->step, what, is, should);
	if (!s->failures++)
		strscpy(s->failure, line, SLIDES_FAILURE_MAX);
	if (!s->options->quiet)
		console_printf("slides: %s\n", line);
}

void slides_pause(const struct slides *s)
{
	u64 end = arch_time_ns() + s->options->pause_ms * 1000000UL;

	while (s->options->pause_ms && arch_time_ns() < end)
		;
}

/* --- the zone --- */

bool slides_open(struct slides *s, u32 nr_blocks, u32 nr_frames)
{
	s->zone = private_zone_create(nr_blocks, 0, nr_frames);
	if (!s->zone)
		return false;
	/* A refill takes more than was asked for; the slides count pages. */
	this_pcp(s->zone->index)->off = 1;
	return true;
}

s64 slides_take(struct slides *s, u32 order, enum migratetype type)
{
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN | (u32)type << GFP_MOVABLE_SHIFT;
	struct page *page = alloc_pages_zone(s->zone, gfp, order, 0);

	return page ? (s64)(page_to_pfn(page) - s->zone->zone_start_pfn) : -1;
}

void slides_give(struct slides *s, u32 first, u32 nr)
{
	struct page *page = pfn_to_page(s->zone->zone_start_pfn + first);

	for (u32 i = 0; i < nr; i++, page++)
		if (page->kind_order)
			free_pages(page, page_order(page));
	drain_local_pages(s->zone);
}

void slides_close(struct slides *s)
{
	slides_give(s, 0, (u32)s->zone->spanned_pages);
	slides_expect(s, "findings of the zone's check",
		      zone_check_all(mm_active, s->zone), 0);
	slides_expect(s, "free pages at the end",
		      (s64)s->zone->nr_free_pages,
		      (s64)s->zone->managed_pages);
	private_zone_destroy(s->zone);
}

int slides_play(const struct slides_options *options,
		char failure[static SLIDES_FAILURE_MAX])
{
	struct slides s = { .options = options, .failure = failure };
	bool grouping = options->policy;

	*failure = '\0';
	if (options->strategy)
		return slides_compaction(&s);
	if (!slides_open(&s, grouping ? 4 : 2, grouping ? 0 : 16))
		return -1;
	if (grouping) {
		s.zone->policy = fallback_policy_find(options->policy);
		slides_grouping(&s);
	} else {
		slides_buddy(&s);
	}
	slides_close(&s);
	return (int)s.failures;
}

/* --- the workload --- */

static int play(const char *part, const struct slides_options *options)
{
	char failure[SLIDES_FAILURE_MAX];
	int failed = slides_play(options, failure);

	if (failed < 0)
		console_printf("slides: no memory for a zone of 4 pageblocks\n");
	console_printf("RESULT slides part=%s failed=%d\n", part, failed);
	return failed;
}

static int play_buddy(u32 pause_ms)
{
	console_printf("\n=== The buddy allocator, in a zone of 16 pages ===\n");
	return play("buddy",
		    &(struct slides_options){ .pause_ms = pause_ms });
}

static int play_policy(const char *policy, u32 pause_ms)
{
	console_printf("\n=== Grouping by mobility, fallback policy %s: %s "
		       "===\n", policy, fallback_policy_find(policy)->help);
	return play(policy, &(struct slides_options){ .policy = policy,
						      .pause_ms = pause_ms });
}

static int play_strategy(const char *strategy, u32 pause_ms)
{
	console_printf("\n=== Compaction, strategy %s: %s; then guided ===\n",
		       strategy, compact_strategy_find(strategy)->what);
	return play("compaction",
		    &(struct slides_options){ .strategy = strategy,
					      .pause_ms = pause_ms });
}

/* Which are played; policy "": two of them. */
struct selection {
	char policy[16], strategy[16];
	u64 pause_ms;
};

static bool has_scanners(const char *strategy)
{
	return compact_strategy_find(strategy) && strcmp(strategy, "guided");
}

static bool select(const char *args, struct selection *sel)
{
	char text[16];

	*sel = (struct selection){ .strategy = "classic" };
	if (workload_arg(args, "pause", text, sizeof(text)) &&
	    (kstrtou64(text, 10, &sel->pause_ms) || sel->pause_ms > 60000)) {
		console_printf("slides: pause=%s: milliseconds, 0 to 60000\n",
			       text);
		return false;
	}
	if (workload_arg(args, "policy", sel->policy, sizeof(text)) &&
	    !slides_know_policy(sel->policy)) {
		console_printf("slides: no policy '%s': linux, classic or "
			       "mixed\n", sel->policy);
		return false;
	}
	if (workload_arg(args, "strategy", sel->strategy, sizeof(text)) &&
	    !has_scanners(sel->strategy)) {
		console_printf("slides: strategy=%s: linux or classic\n",
			       sel->strategy);
		return false;
	}
	return true;
}

static int run_slides(const char *args)
{
	struct selection sel;
	int failed;

	if (!select(args, &sel))
		return -1;
	failed = play_buddy((u32)sel.pause_ms);
	if (*sel.policy) {
		failed |= play_policy(sel.policy, (u32)sel.pause_ms);
	} else {
		failed |= play_policy("classic", (u32)sel.pause_ms);
		failed |= play_policy("linux", (u32)sel.pause_ms);
	}
	return failed | play_strategy(sel.strategy, (u32)sel.pause_ms);
}

WORKLOAD(slides, run_slides,
	 "the talk's slides on real pages "
	 "[policy=classic|linux|mixed,strategy=classic|linux,pause=MS]");
