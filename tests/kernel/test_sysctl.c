// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_sysctl.c - every knob: what it takes, what it refuses, and
 * what the zones do then
 *
 * The running machine's knobs are turned, so each test puts back what it found.
 */
#include <kernel/errno.h>
#include <kernel/main.h>
#include <kernel/params.h>
#include <kernel/test.h>
#include <kernel/vfile.h>
#include <mm/sysctl.h>

#include "mm_fixture.h"

static char saved[32][SYSCTL_TEXT_MAX];
static char shown[256];

static void save_knobs(void)
{
	for (u32 i = 0; i < nr_vm_sysctls; i++)
		sysctl_read(kernel_mm(), &vm_sysctls[i], saved[i]);
}

static int set(const char *name, const char *text)
{
	return sysctl_write(kernel_mm(), sysctl_find(name), text, strlen(text));
}

static void restore_knobs(void)
{
	for (u32 i = 0; i < nr_vm_sysctls; i++)
		set(vm_sysctls[i].name, saved[i]);
}

static const char *get(const char *name)
{
	static char text[SYSCTL_TEXT_MAX];

	sysctl_read(kernel_mm(), sysctl_find(name), text);
	return text;
}

static void append(struct seq *s, const char *more, size_t len)
{
	u64 have = s->written - len;

	if (have + len < sizeof(shown)) {
		memcpy(shown + have, more, len);
		shown[have + len] = '\0';
	}
}

static int read_knob_file(const char *name)
{
	struct seq s = { .write = append };
	char path[80];

	snprintf(path, sizeof(path), "/proc/sys/vm/%s", name);
	return vfile_read(path, &s);
}

TEST(sysctl, every_knob_has_its_file)
{
	char want[SYSCTL_TEXT_MAX + 1];

	for (u32 i = 0; i < nr_vm_sysctls; i++) {
		size_t len = sysctl_read(kernel_mm(), &vm_sysctls[i], want);

		EXPECT_EQ(read_knob_file(vm_sysctls[i].name), 0);
		want[len] = '\n';
		want[len + 1] = '\0';
		EXPECT_STREQ(shown, want);
		EXPECT_TRUE(vm_sysctls[i].help && vm_sysctls[i].range);
	}
	EXPECT_TRUE(sysctl_find("no_such_knob") == NULL);
}

TEST(sysctl, ranges)
{
	static const struct {
		const char *name, *text;
		int err;
	} cases[] = {
		{ "min_free_kbytes", "0", 0 },
		{ "min_free_kbytes", "4096\n", 0 },
		{ "min_free_kbytes", "0x1000", 0 },
		{ "min_free_kbytes", "2147483647", 0 },
		{ "min_free_kbytes", "2147483648", -EINVAL },
		{ "min_free_kbytes", "-1", -EINVAL },
		{ "min_free_kbytes", "", -EINVAL },
		{ "min_free_kbytes", "1 2", -EINVAL },
		{ "min_free_kbytes", "999999999999999999999999999", -EINVAL },
		{ "watermark_scale_factor", "0", -EINVAL },
		{ "watermark_scale_factor", "1", 0 },
		{ "watermark_scale_factor", "3000", 0 },
		{ "watermark_scale_factor", "3001", -EINVAL },
		{ "watermark_boost_factor", "0", 0 },
		{ "watermark_boost_factor", "x", -EINVAL },
		{ "lowmem_reserve_ratio", "1 2 3 4 5", 0 },
		{ "lowmem_reserve_ratio", "1\t2", 0 },
		{ "lowmem_reserve_ratio", "1 2 3 4 5 6", -EINVAL },
		{ "percpu_pagelist_high_fraction", "0", 0 },
		{ "percpu_pagelist_high_fraction", "7", -EINVAL },
		{ "percpu_pagelist_high_fraction", "8", 0 },
		{ "defrag_mode", "1", 0 },
		{ "defrag_mode", "2", -EINVAL },
		{ "fallback_policy", "classic", 0 },
		{ "fallback_policy", "Classic", -EINVAL },
		{ "fallback_policy", "linux mixed", -EINVAL },
		{ "placement", "buddy\n", 0 },
		{ "placement", "fullest", 0 },
		{ "placement", "1", -EINVAL },
	};

	save_knobs();
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		int err = set(cases[i].name, cases[i].text);

		if (err != cases[i].err)
			test_fail(t, __FILE__, __LINE__, "%s = '%s' gave %d",
				  cases[i].name, cases[i].text, err);
	}
	restore_knobs();
	for (u32 i = 0; i < nr_vm_sysctls; i++)
		EXPECT_STREQ(get(vm_sysctls[i].name), saved[i]);
}

/* One bad number, and none is taken. */
TEST(sysctl, refused_values_change_nothing)
{
	save_knobs();
	EXPECT_EQ(set("lowmem_reserve_ratio", "7 8 9 bad"), -EINVAL);
	restore_knobs();
	EXPECT_EQ(set("lowmem_reserve_ratio", "64"), 0);
	EXPECT_TRUE(str_has_prefix(get("lowmem_reserve_ratio"), "64\t256\t32"));
	EXPECT_EQ(vfile_write("/proc/sys/vm/defrag_mode", "9\n", 2), -EINVAL);
	EXPECT_STREQ(get("defrag_mode"), saved[5]);
	restore_knobs();
}

static u64 lowmem(void)
{
	struct zone *zone;
	u64 sum = 0;

	for_each_populated_zone(kernel_mm(), zone)
		if (zone->type <= ZONE_NORMAL)
			sum += zone->managed_pages;
	return sum;
}

/* pages on one CPU of the machine's, but at least four batches */
static u32 high(const struct zone *zone, u64 pages)
{
	u64 each = pages / max(kernel_mm()->nr_cpus, 1u);

	return (u32)max(each, 4UL * zone->pcp[0]->batch);
}

/* min by share, delta by the larger of a quarter of it and the scale. */
TEST(sysctl, marks_follow)
{
	struct zone *zone;

	save_knobs();
	for_each_populated_zone(kernel_mm(), zone)
		zone->watermark_boost = 512;
	EXPECT_EQ(set("min_free_kbytes", "2000"), 0);
	EXPECT_EQ(set("watermark_scale_factor", "500"), 0);
	for_each_populated_zone(kernel_mm(), zone) {
		u64 share = zone->managed_pages * 500 / lowmem();
		u64 delta = max(share / 4, zone->managed_pages * 500 / 10000);

		EXPECT_EQ(zone->watermark_boost, 0);
		if (zone->type == ZONE_MOVABLE)
			continue;
		EXPECT_EQ(zone->watermark[WMARK_MIN], share);
		EXPECT_EQ(zone->watermark[WMARK_LOW], share + delta);
		EXPECT_EQ(zone->watermark[WMARK_HIGH], share + 2 * delta);
		EXPECT_EQ(zone->pcp[0]->high_min, high(zone, share + delta));
	}
	restore_knobs();
}

TEST(sysctl, reserves_follow)
{
	const struct node *node = kernel_mm()->nodes;

	save_knobs();
	EXPECT_EQ(set("lowmem_reserve_ratio", "4 8 16 0 0"), 0);
	for (; node < kernel_mm()->nodes + MAX_NUMNODES; node++) {
		const struct zone *z = node->zones;
		u64 above = z[1].managed_pages + z[2].managed_pages;

		if (z[0].managed_pages)
			EXPECT_EQ(z[0].lowmem_reserve[2], above / 4);
		if (z[1].managed_pages)
			EXPECT_EQ(z[1].lowmem_reserve[2],
				  z[2].managed_pages / 8);
	}
	EXPECT_EQ(set("lowmem_reserve_ratio", "0 0 0"), 0);
	EXPECT_EQ(kernel_mm()->nodes[0].zones[0].lowmem_reserve[2], 0);
	restore_knobs();
}

TEST(sysctl, stacks_follow)
{
	struct zone *zone;

	save_knobs();
	EXPECT_EQ(set("percpu_pagelist_high_fraction", "8"), 0);
	for_each_populated_zone(kernel_mm(), zone) {
		const struct per_cpu_pages *pcp = zone->pcp[0];

		EXPECT_EQ(pcp->high_min, high(zone, zone->managed_pages / 8));
		EXPECT_EQ(pcp->high_max, pcp->high_min);
	}
	EXPECT_EQ(set("percpu_pagelist_high_fraction", "0"), 0);
	for_each_populated_zone(kernel_mm(), zone)
		EXPECT_EQ(zone->pcp[0]->high_max,
			  high(zone, zone->managed_pages / 8));
	restore_knobs();
}

TEST(sysctl, zones_copies_follow)
{
	struct zone *zone;

	save_knobs();
	EXPECT_EQ(set("fallback_policy", "mixed"), 0);
	EXPECT_EQ(set("placement", "buddy"), 0);
	EXPECT_EQ(set("watermark_boost_factor", "123"), 0);
	for_each_populated_zone(kernel_mm(), zone) {
		EXPECT_STREQ(zone->policy->name, "mixed");
		EXPECT_FALSE(zone->place_fullest);
		EXPECT_EQ(zone->boost_factor, 123);
	}
	restore_knobs();
}

static void failures_end_with(struct test *t, const char *knob,
			      const char *value)
{
	struct zone *zone = next_populated_zone(kernel_mm(), NULL);
	struct pageblock *b = pfn_pageblock(zone, zone->zone_start_pfn);

	save_knobs();
	for (u32 i = 0; i < 4; i++)
		defer_compaction(zone, 9);
	b->bits |= BLOCK_SKIP;
	EXPECT_TRUE(compaction_deferred(zone, 9));
	set(knob, value);
	EXPECT_FALSE(compaction_deferred(zone, 9));
	EXPECT_FALSE(b->bits & BLOCK_SKIP);
	restore_knobs();
}

TEST(sysctl, a_new_strategy_forgets_what_another_failed_at)
{
	failures_end_with(t, "compact_strategy", "guided");
}

TEST(sysctl, what_locked_pages_hindered_is_tried_again)
{
	failures_end_with(t, "compact_unevictable_allowed", "1");
}

TEST(sysctl, words_of_the_command_line)
{
	save_knobs();
	EXPECT_EQ(params_parse("vm.watermark_scale_factor=20 "
			       "vm.lowmem_reserve_ratio=\"11 12\" "
			       "vm.placement=buddy"),
		  0);
	EXPECT_STREQ(get("watermark_scale_factor"), "20");
	EXPECT_TRUE(str_has_prefix(get("lowmem_reserve_ratio"), "11\t12\t"));
	EXPECT_STREQ(get("placement"), "buddy");
	/* Out of range is told, but the word is known. */
	EXPECT_EQ(params_parse("vm.watermark_scale_factor=3001"), 0);
	EXPECT_STREQ(get("watermark_scale_factor"), "20");
	EXPECT_EQ(params_parse("vm.nonsense=1 vm.=1 vm"), 3);
	restore_knobs();
}

/* A value below the formula's 8000 counts when it was asked for. */
TEST(sysctl, set_before_there_are_zones)
{
	struct mm_state *mm = fixture_mm();
	struct zone *zone = &mm->nodes[0].zones[ZONE_NORMAL];

	memblock_init(&mm->memblock);
	zone_params_init(&mm->params);
	EXPECT_EQ(sysctl_write(mm, sysctl_find("min_free_kbytes"), "4000", 4),
		  0);
	EXPECT_EQ(sysctl_write(mm, sysctl_find("watermark_scale_factor"), "20",
			       2),
		  0);
	free_area_init(mm);
	zone->present_pages = zone->managed_pages = 1000000;
	init_per_zone_wmark_min(mm);
	EXPECT_EQ(mm->min_free_kbytes, 8000);
	sysctl_apply_early(mm);
	EXPECT_EQ(mm->min_free_kbytes, 4000);
	EXPECT_EQ(zone->watermark[WMARK_MIN], 1000);
	EXPECT_EQ(zone->watermark[WMARK_LOW], 3000);
}

/* --- defrag_mode --- */

#define MAX_WHOLE 4096

static struct page *whole[MAX_WHOLE];
static u32 nr_whole, nr_reclaims;

/* All whole blocks are taken; what is left is in pieces of Movable blocks. */
static bool take_whole_blocks(void)
{
	for (u32 order = MAX_ORDER; order >= pageblock_order; order--)
		while (nr_whole < MAX_WHOLE) {
			struct page *page =
				alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);

			if (!page)
				break;
			whole[nr_whole++] = page;
		}
	return nr_whole < MAX_WHOLE;
}

static void give_whole_block(void)
{
	struct page *page = whole[--nr_whole];

	free_pages(page, page_order(page));
	drain_all_pages(kernel_mm(), NULL);
}

static bool reclaim_one_block(struct mm_state *mm __unused, gfp_t gfp __unused,
			      u32 order __unused)
{
	if (!nr_whole || nr_reclaims == 1)
		return false;
	nr_reclaims++;
	give_whole_block();
	return true;
}

static u64 nr_fragmenting(void)
{
	struct zone *zone;
	u64 sum = 0;

	for_each_populated_zone(kernel_mm(), zone)
		sum += zone->fallback.nr_fragmenting;
	return sum;
}

/* What other tests left as Reclaimable would serve our request. */
static void make_reclaimable_blocks_movable(void)
{
	struct zone *zone;

	for_each_populated_zone(kernel_mm(), zone) {
		u64 flags = spin_lock_irqsave(&zone->lock);
		struct pageblock *b;

		while ((b = freelist_find(zone, 0, MIGRATE_RECLAIMABLE)))
			freelist_retype(zone, b, MIGRATE_MOVABLE);
		spin_unlock_irqrestore(&zone->lock, flags);
	}
}

/* No reserves, no reclaim, no whole block, whatever the boot had set. */
static bool fill_memory(void)
{
	save_knobs();
	set("defrag_mode", "0");
	set("fallback_policy", "linux");
	set("min_free_kbytes", "0");
	set("lowmem_reserve_ratio", "0 0 0 0 0");
	kernel_mm()->slowpath = (struct slowpath_ops){ 0 };
	nr_whole = nr_reclaims = 0;
	drain_all_pages(kernel_mm(), NULL);
	make_reclaimable_blocks_movable();
	return take_whole_blocks();
}

static u64 fragmenting_of_one_page(struct test *t)
{
	u64 before = nr_fragmenting();
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_RECLAIMABLE, 0);

	EXPECT_TRUE(page != NULL);
	if (page)
		free_pages(page, 0);
	drain_all_pages(kernel_mm(), NULL);
	return nr_fragmenting() - before;
}

/*
 *	default      mixes types in a block before it reclaims
 *	defrag_mode  reclaims first: the freed block is claimed whole
 *	             without reclaim: mixes, rather than fail
 */
TEST(sysctl, defrag_mode_reclaims_before_it_mixes)
{
	struct slowpath_ops ops = kernel_mm()->slowpath;

	if (!fill_memory()) {
		test_skip(t, "memory is too large");
		goto out;
	}
	kernel_mm()->slowpath.reclaim = reclaim_one_block;
	set("defrag_mode", "1");
	EXPECT_EQ(fragmenting_of_one_page(t), 0);
	EXPECT_EQ(nr_reclaims, 1);
	/* Its block is Reclaimable now, and would serve the next request. */
	kernel_mm()->slowpath.reclaim = NULL;
	if (!take_whole_blocks())
		goto out;
	EXPECT_GT(fragmenting_of_one_page(t), 0);
	EXPECT_EQ(nr_reclaims, 1);
out:
	kernel_mm()->slowpath = ops;
	while (nr_whole)
		give_whole_block();
	restore_knobs();
}

TEST(sysctl, default_mode_mixes_before_it_reclaims)
{
	struct slowpath_ops ops = kernel_mm()->slowpath;

	if (!fill_memory()) {
		test_skip(t, "memory is too large");
	} else {
		kernel_mm()->slowpath.reclaim = reclaim_one_block;
		EXPECT_GT(fragmenting_of_one_page(t), 0);
		EXPECT_EQ(nr_reclaims, 0);
	}
	kernel_mm()->slowpath = ops;
	while (nr_whole)
		give_whole_block();
	restore_knobs();
}
