// SPDX-License-Identifier: MIT
/*
 * tests/kernel/kcompactd_fixture.c - memory in pieces, and a kcompactd to watch
 */
#include "kcompactd_fixture.h"

#include <kernel/main.h>
#include <kernel/preempt.h>
#include <mm/isolate.h>
#include <mm/lru.h>
#include <mm/mempolicy.h>
#include <mm/page_alloc.h>
#include <mm/zone_check.h>
#include <uapi/mempolicy.h>

struct stage st;
struct fake fake;

/* --- the stage --- */

static void hold_whole_blocks(struct zone *zone)
{
	struct page *page;

	while (zone->fl &&
	       (page = alloc_pages_zone(
			zone, GFP_HIGHUSER_MOVABLE | __GFP_NOWARN, ORDER, 0)))
		list_add(&page->lru, &st.held);
}

static struct zone *largest_zone(void)
{
	struct zone *zone, *largest = NULL;

	for_each_populated_zone(kernel_mm(), zone)
		if (!largest || zone->managed_pages > largest->managed_pages)
			largest = zone;
	return largest;
}

static void map_sparsely(void)
{
	st.start = space_map(st.mm, PAGES);
	do_mbind(st.mm, st.start, PAGES * PAGE_SIZE, st.pol);
	for (u64 i = 0; i < PAGES; i++)
		mm_write(st.mm, st.start + i * PAGE_SIZE, i);
	for (u64 i = 0; i < PAGES; i++)
		if (i % 4)
			do_madvise(st.mm, st.start + i * PAGE_SIZE, PAGE_SIZE,
				   MADV_DONTNEED);
	lru_add_drain_all();
	drain_all_pages(kernel_mm(), NULL);
}

static bool bind_here(void)
{
	return !set_cpus_allowed(st.k->thread, 1UL << smp_processor_id());
}

bool is_asleep(void)
{
	return !READ_ONCE(st.k->busy);
}

bool until(bool (*what)(void))
{
	return sleep_until(what());
}

bool stage_begin(void)
{
	struct mm_state *mm = kernel_mm();
	int err;

	st.params = mm->compact;
	mm->compact.proactiveness = 0;
	st.zone = largest_zone();
	/* Before frames are counted: its cache may need one. */
	st.pol = mpol_new(MPOL_BIND, 0, 1UL << st.zone->nid, &err);
	st.mm = mm_begin();
	if (!st.mm)
		return false;
	map_sparsely();
	st.zone->compact.defer_shift = st.zone->compact.considered = 0;
	st.zone->compact.next_watch_ns = 0;
	INIT_LIST_HEAD(&st.held);
	for (u32 z = 0; z < MAX_NR_ZONES; z++)
		hold_whole_blocks(&st.zone->node->zones[z]);
	st.k = &st.zone->node->kcompactd;
	return !kcompactd_run(mm) && bind_here() && until(is_asleep);
}

void stage_end(struct test *t)
{
	struct mm_state *mm = kernel_mm();
	struct page *page, *next;

	kcompactd_stop(mm);
	mm->compact = st.params;
	compact_renew_watch(mm);
	list_for_each_entry_safe(page, next, &st.held, lru)
		free_pages(page, ORDER);
	for (u64 i = 0; i < PAGES; i += 4)
		EXPECT_EQ(*(u64 *)space_touch(st.mm, st.start + i * PAGE_SIZE,
					      false),
			  i);
	EXPECT_EQ(zone_check_all(mm, st.zone) + migrate_check(), 0);
	mm_end(t, st.mm);
	mpol_put(st.pol);
}

u32 nr_blocks(void)
{
	return zone_nr_chunks(st.zone, ORDER, MIGRATE_MOVABLE, 64);
}

/* --- a strategy that moves nothing --- */

static enum compact_result fake_compact(struct compact_control *cc)
{
	if (cc->zone != st.zone)
		return COMPACT_CONTINUE; /* neither success nor failure */
	fake.nr_calls++;
	fake.nr_proactive += cc->proactive;
	fake.order = cc->order;
	fake.mode = cc->mode;
	if (cc->order >= 0)
		fake.orders |= 1u << cc->order;
	cc->migrate_scanned = 1;
	if (fake.meanwhile)
		fake.meanwhile();
	cc->contended = fake.contended;
	cc->nr_migrated = fake.result == COMPACT_SUCCESS && !fake.moves_nothing;
	return fake.result;
}

static bool always(struct zone *zone __unused, u32 order __unused,
		   u32 highest_zone __unused)
{
	return true;
}

static const struct compact_strategy fake_strategy = { "fake",
						       "says what it is told",
						       fake_compact, always };

void use_fake(enum compact_result result)
{
	memset(&fake, 0, sizeof(fake));
	fake.result = result;
	kernel_mm()->compact.strategy = &fake_strategy;
}

/* --- asking --- */

u32 ask_for(u32 nr, u32 order)
{
	u32 accepted = 0;

	preempt_disable();
	for (u32 i = 0; i < nr; i++)
		accepted += wakeup_kcompactd(st.zone, order, MIGRATE_MOVABLE,
					     st.zone->type);
	preempt_enable();
	return accepted;
}

int set_knob(const char *name, const char *value)
{
	return sysctl_write(kernel_mm(), sysctl_find(name), value,
			    strlen(value));
}
