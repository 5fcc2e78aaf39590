// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_trace_format.c - what each event prints, letter by letter
 *
 * Linux's texts, from the formats of its include/trace/events/. PAGE stands for
 * the address of the record of pfn 0x200, SYMBOL for a place in the kernel.
 */
#include <kernel/ksyms.h>
#include <mm/compact.h>
#include <mm/fallback.h>
#include <mm/gfp.h>
#include <mm/page.h>
#include <mm/migrate.h>
#include <mm/pgtable.h>
#include <mm/tlb.h>
#include <mm/zone.h>

#include "../../kernel/trace_events.h"
#include "trace_fixture.h"

#define NAME(a, b, c, d, e, f, g, h)                                  \
	((u64)(a) | (u64)(b) << 8 | (u64)(c) << 16 | (u64)(d) << 24 | \
	 (u64)(e) << 32 | (u64)(f) << 40 | (u64)(g) << 48 | (u64)(h) << 56)

#define PLACE ((u64)point_find + 1)

static const struct expected {
	const char *name;
	u64 values[POINT_FIELDS_MAX];
	const char *text;
} linux_events[] = {
	{ "mm_page_alloc",
	  { 0x200, 3, GFP_KERNEL | __GFP_ZERO, MIGRATE_UNMOVABLE },
	  "page=PAGE pfn=0x200 order=3 migratetype=0 gfp_flags=GFP_KERNEL|__GFP_ZERO" },
	{ "mm_page_alloc",
	  { 0x200, 0, 0, MIGRATE_MOVABLE },
	  "page=PAGE pfn=0x200 order=0 migratetype=1 gfp_flags=none" },
	{ "mm_page_free", { 0x200, 9 }, "page=PAGE pfn=0x200 order=9" },
	{ "mm_page_free_batched", { 0x200 }, "page=PAGE pfn=0x200 order=0" },
	{ "mm_page_alloc_zone_locked",
	  { 0x200, 0, MIGRATE_MOVABLE, 1 },
	  "page=PAGE pfn=0x200 order=0 migratetype=1 percpu_refill=1" },
	{ "mm_page_pcpu_drain",
	  { 0x200, 1, MIGRATE_RECLAIMABLE },
	  "page=PAGE pfn=0x200 order=1 migratetype=2" },
	{ "mm_page_alloc_extfrag",
	  { 0x200, 0, 8, 9, MIGRATE_UNMOVABLE, MIGRATE_MOVABLE, 1, 0 },
	  "page=PAGE pfn=0x200 alloc_order=0 fallback_order=8 pageblock_order=9 alloc_migratetype=0 fallback_migratetype=1 fragmenting=1 change_ownership=0" },
	{ "mm_setup_per_zone_wmarks",
	  { 1, ZONE_NORMAL, 100, 125, 150, 175 },
	  "node_id=1 zone name=Normal watermark min=100 low=125 high=150 promo=175" },
	{ "kmem_cache_alloc",
	  { PLACE, 0xffff800000012340, 100, 104, GFP_ATOMIC },
	  "call_site=SYMBOL ptr=ffff800000012340 bytes_req=100 bytes_alloc=104 gfp_flags=GFP_ATOMIC node=-1 accounted=false" },
	{ "kmem_cache_free",
	  { PLACE, 0xffff800000012340,
	    NAME('i', 'n', 'o', 'd', 'e', '_', 'c', 'a'),
	    NAME('c', 'h', 'e', 0, 0, 0, 0, 0) },
	  "call_site=SYMBOL ptr=ffff800000012340 name=inode_cache" },
	{ "kfree",
	  { PLACE, 0xffff800000012340 },
	  "call_site=SYMBOL ptr=ffff800000012340" },

	{ "mm_compaction_isolate_migratepages",
	  { 0x1000, 0x1200, 512, 32 },
	  "range=(0x1000 ~ 0x1200) nr_scanned=512 nr_taken=32" },
	{ "mm_compaction_isolate_freepages",
	  { 0x1000, 0x1200, 512, 32 },
	  "range=(0x1000 ~ 0x1200) nr_scanned=512 nr_taken=32" },
	{ "mm_compaction_fast_isolate_freepages",
	  { 0x1000, 0x1200, 1, 0 },
	  "range=(0x1000 ~ 0x1200) nr_scanned=1 nr_taken=0" },
	{ "mm_compaction_migratepages", { 30, 2 }, "nr_migrated=30 nr_failed=2" },
	{ "mm_compaction_begin",
	  { 0x1000, 0x1200, 0x7e00, 0x8000, 1 },
	  "zone_start=0x1000 migrate_pfn=0x1200 free_pfn=0x7e00 zone_end=0x8000, mode=sync" },
	{ "mm_compaction_end",
	  { 0x1000, 0x1200, 0x7e00, 0x8000, 0, COMPACT_SUCCESS },
	  "zone_start=0x1000 migrate_pfn=0x1200 free_pfn=0x7e00 zone_end=0x8000, mode=async status=success" },
	{ "mm_compaction_try_to_compact_pages",
	  { 9, GFP_HIGHUSER_MOVABLE, 2 },
	  "order=9 gfp_mask=GFP_HIGHUSER_MOVABLE priority=2" },
	{ "mm_compaction_finished",
	  { 0, ZONE_DMA32, 9, COMPACT_PARTIAL_SKIPPED },
	  "node=0 zone=DMA32    order=9 ret=partial_skipped" },
	{ "mm_compaction_suitable",
	  { 1, ZONE_MOVABLE, 9, COMPACT_CONTINUE },
	  "node=1 zone=Movable  order=9 ret=continue" },
	{ "mm_compaction_suitable",
	  { 1, ZONE_DMA, 9, 99 },
	  "node=1 zone=DMA      order=9 ret=0x63" },
	{ "mm_compaction_deferred",
	  { 0, ZONE_NORMAL, 9, 8, 3, 2 },
	  "node=0 zone=Normal   order=9 order_failed=8 consider=3 limit=4" },
	{ "mm_compaction_defer_compaction",
	  { 0, ZONE_NORMAL, 9, 9, 0, 6 },
	  "node=0 zone=Normal   order=9 order_failed=9 consider=0 limit=64" },
	{ "mm_compaction_defer_reset",
	  { 0, ZONE_NORMAL, 9, 10, 0, 0 },
	  "node=0 zone=Normal   order=9 order_failed=10 consider=0 limit=1" },
	{ "mm_compaction_kcompactd_sleep", { 1 }, "nid=1" },
	{ "mm_compaction_wakeup_kcompactd",
	  { 1, 9, ZONE_NORMAL },
	  "nid=1 order=9 classzone_idx=Normal  " },
	{ "mm_compaction_kcompactd_wake",
	  { 0, 4, ZONE_MOVABLE },
	  "nid=0 order=4 classzone_idx=Movable " },

	{ "mm_migrate_pages",
	  { 510, 2, MIGRATE_ASYNC, MR_COMPACTION },
	  "nr_succeeded=510 nr_failed=2 nr_thp_succeeded=0 nr_thp_failed=0 nr_thp_split=0 nr_split=0 mode=MIGRATE_ASYNC reason=compaction" },
	{ "mm_migrate_pages",
	  { 0, 0, MIGRATE_SYNC, MR_SYSCALL },
	  "nr_succeeded=0 nr_failed=0 nr_thp_succeeded=0 nr_thp_failed=0 nr_thp_split=0 nr_split=0 mode=MIGRATE_SYNC reason=syscall_or_cpuset" },
	{ "mm_migrate_pages_start",
	  { MIGRATE_SYNC_LIGHT, MR_CONTIG_RANGE },
	  "mode=MIGRATE_SYNC_LIGHT reason=contig_range" },
	{ "set_migration_pte",
	  { 0x7f0000001000, 0x60, 0 },
	  "addr=7f0000001000, pte=60 order=0" },
	{ "remove_migration_pte",
	  { 0x7f0000001000, 0x200067, 0 },
	  "addr=7f0000001000, pte=200067 order=0" },

	{ "compact_retry",
	  { 9, COMPACT_PRIO_ASYNC, COMPACT_COMPLETE, 0, 16, 1 },
	  "order=9 priority=COMPACT_PRIO_ASYNC compaction_result=failed retries=0 max_retries=16 should_retry=1" },
	{ "compact_retry",
	  { 9, COMPACT_PRIO_SYNC_LIGHT, COMPACT_SUCCESS, 1, 16, 0 },
	  "order=9 priority=COMPACT_PRIO_SYNC_LIGHT compaction_result=progress retries=1 max_retries=16 should_retry=0" },
	{ "compact_retry",
	  { 9, COMPACT_PRIO_SYNC_FULL, COMPACT_DEFERRED, 1, 16, 0 },
	  "order=9 priority=COMPACT_PRIO_SYNC_FULL compaction_result=withdrawn retries=1 max_retries=16 should_retry=0" },
	{ "reclaim_retry_zone",
	  { 0, ZONE_DMA32, 3, 10, 20, 30, 1, 0 },
	  "node=0 zone=DMA32    order=3 reclaimable=10 available=20 min_wmark=30 no_progress_loops=1 wmark_check=0" },
	{ "test_pages_isolated",
	  { 0x1000, 0x1200, 0x1200 },
	  "start_pfn=0x1000 end_pfn=0x1200 fin_pfn=0x1200 ret=success" },
	{ "test_pages_isolated",
	  { 0x1000, 0x1200, 0x11ff },
	  "start_pfn=0x1000 end_pfn=0x1200 fin_pfn=0x11ff ret=fail" },

	{ "mm_filemap_add_to_page_cache",
	  { 2, 0x4d, 0x200, 8192 },
	  "dev 0:2 ino 4d pfn=0x200 ofs=8192 order=0" },
	{ "mm_filemap_delete_from_page_cache",
	  { 2, 0x4d, 0x200, 0 },
	  "dev 0:2 ino 4d pfn=0x200 ofs=0 order=0" },
	{ "vm_unmapped_area",
	  { 0x7f0000001000, 100, 1, 0x2000, 0x1000, 0x7fff00000000, 0, 0 },
	  "addr=0x7f0000001000 err=0 total_vm=0x64 flags=0x1 len=0x2000 lo=0x1000 hi=0x7fff00000000 mask=0x0 ofs=0x0" },
	{ "vm_unmapped_area",
	  { (u64)-12, 100, 1, 0x2000, 0x1000, 0x3000, 0, 0 },
	  "addr=0x0 err=-12 total_vm=0x64 flags=0x1 len=0x2000 lo=0x1000 hi=0x3000 mask=0x0 ofs=0x0" },
	{ "task_newtask",
	  { 12, NAME('s', 'h', 0, 0, 0, 0, 0, 0), 0, 0x1200011, 0 },
	  "pid=12 comm=sh clone_flags=1200011 oom_score_adj=0" },
	{ "tlb_flush",
	  { TLB_MIGRATE, 0x1000, 0x3000 },
	  "pages:2 reason:migrate (8)" },
	{ "tlb_flush", { TLB_UNMAP, 0, TASK_SIZE }, "pages:-1 reason:unmap (0)" },
};

static char out[2 * TRACE_LINE_MAX];

static void add(struct seq *s, const char *more, size_t len)
{
	u64 have = s->written - len;

	if (have + len < sizeof(out)) {
		memcpy(out + have, more, len);
		out[have + len] = '\0';
	}
}

/* What is not the same in each build: one of the two words, at most. */
static const char *with_address(const char *event)
{
	static char full[TRACE_LINE_MAX];
	const char *page = strstr(event, "PAGE");
	const char *at = page ? page : strstr(event, "SYMBOL");
	char name[KSYM_TEXT_MAX];

	if (!at)
		return event;
	if (page)
		snprintf(name, sizeof(name), "%016lx", (u64)pfn_to_page(0x200));
	snprintf(full, sizeof(full), "%.*s%s%s", (int)(at - event), event,
		 page ? name : ksym_format(PLACE, 0, name),
		 at + strlen(page ? "PAGE" : "SYMBOL"));
	return full;
}

static const char *formatted(const struct point *point, const u64 *values,
			     u32 nr)
{
	struct seq s = { .write = add };

	memset(out, 0, sizeof(out));
	trace_format(&s, point, values, nr);
	return out;
}

TEST(trace_format, linux_s_events_print_linux_s_fields)
{
	for (u32 i = 0; i < ARRAY_SIZE(linux_events); i++) {
		const struct expected *e = &linux_events[i];
		struct point point = { .name = e->name, .fields = "" };
		static char expected[TRACE_LINE_MAX];

		snprintf(expected, sizeof(expected), "%s: %s", e->name,
			 with_address(e->text));
		EXPECT_STREQ(formatted(&point, e->values, POINT_FIELDS_MAX),
			     expected);
	}
}

/* No event of Linux's is left out above. */
TEST(trace_format, every_event_is_tried)
{
#define EVENT(system, name, format) #name,
	static const char *const names[] = { TRACE_EVENTS(EVENT) };
#undef EVENT

	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		bool found = false;

		for (u32 j = 0; j < ARRAY_SIZE(linux_events); j++)
			found |= !strcmp(names[i], linux_events[j].name);
		if (!found)
			test_fail(t, __FILE__, __LINE__, "%s is not tried",
				  names[i]);
	}
}

TEST(trace_format, ours_print_the_names_of_their_fields)
{
	struct point p = { .name = "test_own",
			   .fields = "page_to_pfn(src), max(a, b), x->order, "
				     "*len, 0" };

	EXPECT_STREQ(formatted(&p, (u64[]){ 0x200, 7, 3, 0, 1 }, 5),
		     "test_own: src=0x200 b=0x7 order=0x3 len=0x0 0=0x1");
	p.fields = "page_to_pfn(b->src[i]), mark[WMARK_LOW]";
	EXPECT_STREQ(formatted(&p, (u64[]){ 1, 2 }, 2),
		     "test_own: src=0x1 mark=0x2");
	p.fields = "pfn";
	EXPECT_STREQ(formatted(&p, (u64[]){ 1 }, 1), "test_own: pfn=0x1");
}

TEST(trace_format, a_line_is_linux_s)
{
	struct trace_record r = {
		.time_ns = 12345678999, .pid = 42, .cpu = 3, .comm = "swapper"
	};
	struct seq s = { .write = add };

	trace_test_pass(1, 2); /* it exists */
	for (u32 i = 0; point_nth(i); i++)
		if (!strcmp(point_nth(i)->name, "trace_test_one"))
			r.point = (u16)i;
	r.nr = 2;
	r.values[0] = 0x200;
	r.values[1] = 3;
	memset(out, 0, sizeof(out));
	trace_format_line(&s, &r);
	EXPECT_STREQ(out, "         swapper-42      [003] .....    12.345679: "
			  "trace_test_one: pfn=0x200 order=0x3\n");
	r.flags = TRACE_IRQS_OFF | TRACE_NEED_RESCHED | TRACE_HARDIRQ;
	r.preempt_depth = 11;
	r.time_ns = 123456UL * 1000000000;
	r.pid = 1234567;
	s.written = 0;
	trace_format_line(&s, &r);
	EXPECT_STREQ(out, "         swapper-1234567 [003] dNhb. 123456.000000: "
			  "trace_test_one: pfn=0x200 order=0x3\n");
}

/* The longest there can be: a line is never cut. */
TEST(trace_format, no_line_is_too_long)
{
	u64 values[POINT_FIELDS_MAX];
	struct seq s = { .write = add };

	memset(values, 0xff, sizeof(values));
	values[0] = 0x200; /* a frame */
	for (u32 i = 0; i < ARRAY_SIZE(linux_events); i++) {
		struct point point = { .name = linux_events[i].name };

		s.written = 0;
		trace_format(&s, &point, values, POINT_FIELDS_MAX);
		EXPECT_LT(s.written + 128, TRACE_LINE_MAX);
	}
}
