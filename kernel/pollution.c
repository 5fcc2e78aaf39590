// SPDX-License-Identifier: MIT
/*
 * kernel/pollution.c - workload=pollution: unmovable pages among movable ones
 *
 *	workload=pollution,rounds=60,fill=92,churn=0.3,unmovable=0.2,keep=30,
 *	         seed=1,policy=all|NAME
 *
 *	full	|MMMMMMMM|MMMMMMMM|MMMMMMM.|	fill % of free memory
 *	each round, in per cent of memory:
 *	drop	|MM.MMMMM|M.MMM.MM|MMMMM.M.|	churn %, at random places
 *	take	|MMUMMMMM|MUMMMUMM|MMMMMUM.|	unmovable %, single pages; of these
 *	free	|MMUMMMMM|MUMMM.MM|MMMMM.M.|	keep % stay, by chance
 *	touch	|MMUMMMMM|MUMMMMMM|MMMMMMM.|	what was dropped, if it fits
 *
 * How many blocks hold an unmovable page in the end? At least as many as the
 * pages fill when there were most of them: the sum over zones and types of
 * ceil(most charged / 512). Then all movable memory goes, and huge pages are
 * asked for: every block without an unmovable page is one.
 *
 * All policies of vm.fallback_policy run on the same seed, one after the other;
 * for figures to compare, give each a fresh boot. "If it fits": pages are
 * touched while free memory is above the high marks.
 */
#include <kernel/main.h>
#include <kernel/oracle.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/tenants.h>
#include <kernel/workload.h>
#include <mm/mm_state.h>
#include <mm/vmalloc.h>

#include "procfs/procfs.h"

#define NAME	   "pollution"
#define KNOB	   "fallback_policy"
#define PERCENT	   1000 /* parts of one */
#define SPACES	   4
#define ROWS	   10
#define GFP_CHUNK  (GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_NOWARN)
#define GFP_SINGLE (GFP_KERNEL | __GFP_NOWARN)

struct peak {
	u64 charged[MIGRATE_PCPTYPES];
};

static struct pollution {
	/* options; shares in thousandths of a per cent */
	u64 rounds, fill, churn, unmovable, keep, seed;
	/* what it works with */
	u64 memory; /* frames */
	struct oracle oracle;
	struct tenants tenants;
	struct page **kept; /* unmovable pages, fresh ones at the end */
	u64 nr_kept, max_kept;
	struct peak *peak; /* by zone, as the oracle numbers them */
	u64 debt;	   /* pages that were dropped and not touched again */
	/* what came of it */
	u64 claims, steals, fragmenting; /* at the start; then, how many */
	u64 polluted, mixed, least, refused;
	u64 free, possible, obtained;
} p;

/* --- options --- */

static bool parse(const char *args)
{
	memset(&p, 0, sizeof(p));
	p.rounds = 60;
	p.fill = 92 * PERCENT;
	p.churn = 300;
	p.unmovable = 200;
	p.keep = 30 * PERCENT;
	p.seed = 1;
	return workload_number(NAME, args, "rounds", 1, 10000, &p.rounds) &&
	       workload_percent(NAME, args, "fill", &p.fill) &&
	       workload_percent(NAME, args, "churn", &p.churn) &&
	       workload_percent(NAME, args, "unmovable", &p.unmovable) &&
	       workload_percent(NAME, args, "keep", &p.keep) &&
	       workload_number(NAME, args, "seed", 0, UINT64_MAX, &p.seed);
}

static u64 share(u64 whole, u64 part)
{
	return whole * part / (100 * PERCENT);
}

/* --- sums over zones --- */

static u64 managed_frames(void)
{
	struct zone *zone;
	u64 sum = 0;

	for_each_populated_zone(kernel_mm(), zone)
		sum += zone->managed_pages;
	return sum;
}

static void sum_fallbacks(struct fallback_stats *sum)
{
	struct zone *zone;

	memset(sum, 0, sizeof(*sum));
	for_each_populated_zone(kernel_mm(), zone) {
		sum->nr_claims += zone->fallback.nr_claims;
		sum->nr_steals += zone->fallback.nr_steals;
		sum->nr_fragmenting += zone->fallback.nr_fragmenting;
	}
}

/* What a zone's blocks are charged for. Stacks have been drained. */
static u64 charged(struct zone *zone, enum migratetype type)
{
	u64 flags = spin_lock_irqsave(&zone->lock), sum = 0;

	for (u64 i = 0; i < zone->fl->nr_blocks; i++) {
		const struct pageblock *b = &zone->fl->blocks[i];

		if (freelist_has_block(zone, pageblock_pfn(zone, b)))
			sum += b->nr[type];
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return sum;
}

/* The most that was charged for each type, zone by zone. */
static void note_peak(void)
{
	drain_all_pages(kernel_mm(), NULL);
	for (u32 z = 0; z < p.oracle.nr_zones; z++)
		for (u32 t = 0; t < MIGRATE_PCPTYPES; t++)
			p.peak[z].charged[t] =
				max(p.peak[z].charged[t],
				    charged(p.oracle.zones[z].zone,
					    (enum migratetype)t));
}

static u64 least_blocks(void)
{
	u64 blocks = 0;

	for (u32 z = 0; z < p.oracle.nr_zones; z++)
		for (u32 t = 0; t < MIGRATE_PCPTYPES; t++)
			if (t != MIGRATE_MOVABLE)
				blocks += DIV_ROUND_UP(p.peak[z].charged[t],
						       pageblock_nr_pages);
	return blocks;
}

/* --- a round --- */

/*
 * Rounds stand for minutes, in which stacks are emptied: else what was dropped
 * would wait on this CPU's for those who touch it again, and nobody else could
 * come to lie there.
 */
static void drop_movable(void)
{
	p.debt += tenants_drop(&p.tenants, share(p.memory, p.churn));
	drain_all_pages(kernel_mm(), NULL);
}

/* How many there are of these now. */
static u64 take_unmovable(void)
{
	u64 wanted = share(p.memory, p.unmovable), nr = 0;

	while (nr < wanted && p.nr_kept + nr < p.max_kept) {
		struct page *page = alloc_pages(GFP_SINGLE, 0);

		if (!page)
			break;
		p.kept[p.nr_kept + nr++] = page;
	}
	p.refused += wanted - nr;
	return nr;
}

/* Of nr fresh ones some stay, by chance; the others are freed, too. */
static void free_most(u64 nr)
{
	struct page **fresh = p.kept + p.nr_kept;
	u64 stay = share(nr, p.keep);

	for (; nr > stay; nr--) {
		u64 i = rng_next(&p.tenants.rng) % nr;

		free_pages(fresh[i], 0);
		fresh[i] = fresh[nr - 1];
	}
	p.nr_kept += stay;
}

static void touch_again(void)
{
	p.debt -= tenants_touch(&p.tenants, min(p.debt, tenants_most()));
}

static void show_round(u64 round)
{
	struct fallback_stats now;

	sum_fallbacks(&now);
	console_printf("  %5lu %8lu %8lu %12lu %10lu %8lu %8lu %10lu\n", round,
		       now.nr_claims - p.claims, now.nr_steals - p.steals,
		       now.nr_fragmenting - p.fragmenting,
		       oracle_polluted(&p.oracle), oracle_mixed(&p.oracle),
		       least_blocks(), oracle_possible(&p.oracle, 9));
}

static void play_round(u64 round)
{
	u64 fresh;

	drop_movable();
	fresh = take_unmovable();
	note_peak(); /* when there are most of them */
	free_most(fresh);
	touch_again();
	if (round % max(p.rounds / ROWS, 1UL) && round != p.rounds)
		return;
	oracle_look(&p.oracle);
	show_round(round);
}

/* --- the end: only what can't be moved is left --- */

static void ask_for_chunks(void)
{
	struct list_head chunks = LIST_HEAD_INIT(chunks);
	struct page *page, *next;

	while ((page = alloc_pages(GFP_CHUNK, pageblock_order))) {
		list_add(&page->lru, &chunks);
		p.obtained++;
	}
	list_for_each_entry_safe(page, next, &chunks, lru)
		free_pages(page, pageblock_order);
}

static void take_movable_away(void)
{
	struct fallback_stats now;

	p.polluted = oracle_polluted(&p.oracle);
	p.mixed = oracle_mixed(&p.oracle);
	p.least = least_blocks();
	sum_fallbacks(&now);
	p.claims = now.nr_claims - p.claims;
	p.steals = now.nr_steals - p.steals;
	p.fragmenting = now.nr_fragmenting - p.fragmenting;
	tenants_look(&p.tenants);
	tenants_keep(&p.tenants, 0, false);
	oracle_look(&p.oracle);
	p.free = oracle_nr(&p.oracle, ORACLE_FREE) >> pageblock_order;
	p.possible = oracle_possible(&p.oracle, pageblock_order);
	ask_for_chunks();
}

static void show(const char *policy)
{
	console_printf("  policy %s: %lu blocks with unmovable pages, %lu at "
		       "least; then %lu of %lu\n  huge pages (%lu free)\n",
		       policy, p.polluted, p.least, p.obtained, p.possible,
		       p.free);
	console_printf("RESULT pollution form=kernel policy=%s rounds=%lu "
		       "fill=%lu churn=%lu unmovable=%lu keep=%lu seed=%lu "
		       "claims=%lu steals=%lu fragmenting=%lu polluted=%lu "
		       "mixed=%lu least=%lu refused=%lu free=%lu possible=%lu "
		       "obtained=%lu wrong=%lu\n",
		       policy, p.rounds, p.fill, p.churn, p.unmovable, p.keep,
		       p.seed, p.claims, p.steals, p.fragmenting, p.polluted,
		       p.mixed, p.least, p.refused, p.free, p.possible,
		       p.obtained, p.tenants.wrong);
}

/* --- one policy --- */

static bool prepare(void)
{
	u64 a_round, pages;

	p.memory = managed_frames();
	a_round = share(p.memory, p.unmovable);
	p.max_kept = a_round + p.rounds * share(a_round, p.keep);
	p.kept = vmalloc((p.max_kept + 1) * sizeof(*p.kept));
	if (!p.kept || oracle_open(&p.oracle, NULL))
		return false;
	p.peak = vzalloc(p.oracle.nr_zones * sizeof(*p.peak));
	oracle_look(&p.oracle);
	pages = min(share(oracle_nr(&p.oracle, ORACLE_FREE), p.fill),
		    tenants_most());
	return p.peak && !tenants_open(&p.tenants, SPACES, pages, p.seed) &&
	       !tenants_fill(&p.tenants);
}

static void clean_up(void)
{
	while (p.nr_kept)
		free_pages(p.kept[--p.nr_kept], 0);
	tenants_close(&p.tenants);
	oracle_close(&p.oracle);
	vfree(p.peak);
	vfree(p.kept);
}

static void play(const char *policy)
{
	struct fallback_stats now;

	sum_fallbacks(&now);
	p.claims = now.nr_claims;
	p.steals = now.nr_steals;
	p.fragmenting = now.nr_fragmenting;
	console_printf(NAME ": policy %s, %lu MiB filled\n  %5s %8s %8s %12s "
			    "%10s %8s %8s %10s\n",
		       policy, p.tenants.held >> 8, "round", "claims", "steals",
		       "fragmenting", "unmovable", "mixed", "least", "possible");
	for (u64 r = 1; r <= p.rounds; r++)
		play_round(r);
	take_movable_away();
	show(policy);
}

static bool choose_policy(const char *policy)
{
	if (!sysctl_write(kernel_mm(), sysctl_find(KNOB), policy, strlen(policy)))
		return true;
	console_printf(NAME ": policy=%s: there is no such\n", policy);
	return false;
}

static bool run_policy(const char *args, const char *policy)
{
	bool passed;

	if (!parse(args) || !choose_policy(policy))
		return false;
	passed = prepare();
	if (passed)
		play(policy);
	else
		console_printf(NAME ": no memory for it\n");
	passed &= !p.tenants.wrong;
	clean_up();
	return passed;
}

static bool run_all(const char *args)
{
	bool passed = true;

	for (u32 i = 0; i < nr_fallback_policies && passed; i++)
		passed = run_policy(args, fallback_policies[i].name);
	return passed;
}

static int run_pollution(const char *args)
{
	char policy[24] = "all", before[SYSCTL_TEXT_MAX];
	bool passed;

	workload_arg(args, "policy", policy, sizeof(policy));
	sysctl_read(kernel_mm(), sysctl_find(KNOB), before);
	passed = strcmp(policy, "all") ? run_policy(args, policy) :
					 run_all(args);
	choose_policy(before);
	return passed ? 0 : -1;
}

WORKLOAD(pollution, run_pollution,
	 "unmovable pages among movable ones [rounds,fill,churn,unmovable,keep,seed,policy]");
