/* SPDX-License-Identifier: MIT */
/*
 * kernel/trace_events.h - Linux's tracepoints: system, name, how they print
 *
 *	EVENT(system, name, "order={1} page={0:page} ...")
 *
 * {n} stands for the point's field n, a signed number; {n:kind} prints it in
 * another way:
 *
 *	x, page, ptr	hex; the record of that pfn; an address
 *	symbol, text	a place in the kernel; POINT_TEXT()'s fields n and n + 1
 *	gfp, zone, zone8	GFP_KERNEL|__GFP_ZERO; DMA32, in 8 columns
 *	sync		sync, async
 *	status, result	of enum compact_result: success; what it means: progress
 *	priority	COMPACT_PRIO_ASYNC
 *	mode, reason	of migration: MIGRATE_SYNC, compaction
 *	limit		1 << n
 *	isolated	success if field n is not beyond field n + 1, else fail
 *	pages, tlb	from address n to n + 1, -1: all; why
 *	err, addr	one is 0: an address, or 0 for "none"
 *
 * A name without a point is a tracepoint that nothing here passes yet: it is
 * not listed and can't be switched on. Fields that Tangram can't know print 0.
 */
#define TRACE_EVENTS(EVENT)                                                    \
	EVENT(kmem, mm_page_alloc,                                             \
	      "page={0:page} pfn=0x{0:x} order={1} migratetype={3} "           \
	      "gfp_flags={2:gfp}")                                             \
	EVENT(kmem, mm_page_free, "page={0:page} pfn=0x{0:x} order={1}")       \
	EVENT(kmem, mm_page_free_batched,                                      \
	      "page={0:page} pfn=0x{0:x} order=0")                             \
	EVENT(kmem, mm_page_alloc_zone_locked,                                 \
	      "page={0:page} pfn=0x{0:x} order={1} migratetype={2} "           \
	      "percpu_refill={3}")                                             \
	EVENT(kmem, mm_page_pcpu_drain,                                        \
	      "page={0:page} pfn=0x{0:x} order={1} migratetype={2}")           \
	EVENT(kmem, mm_page_alloc_extfrag,                                     \
	      "page={0:page} pfn=0x{0:x} alloc_order={1} fallback_order={2} "  \
	      "pageblock_order={3} alloc_migratetype={4} "                     \
	      "fallback_migratetype={5} fragmenting={6} "                      \
	      "change_ownership={7}")                                          \
	EVENT(kmem, mm_setup_per_zone_wmarks,                                  \
	      "node_id={0} zone name={1:zone} watermark min={2} low={3} "      \
	      "high={4} promo={5}")                                            \
	EVENT(kmem, kmem_cache_alloc,                                          \
	      "call_site={0:symbol} ptr={1:ptr} bytes_req={2} "                \
	      "bytes_alloc={3} gfp_flags={4:gfp} node=-1 accounted=false")     \
	EVENT(kmem, kmem_cache_free,                                           \
	      "call_site={0:symbol} ptr={1:ptr} name={2:text}")                \
	EVENT(kmem, kfree, "call_site={0:symbol} ptr={1:ptr}")                 \
	EVENT(compaction, mm_compaction_isolate_migratepages,                  \
	      "range=(0x{0:x} ~ 0x{1:x}) nr_scanned={2} nr_taken={3}")         \
	EVENT(compaction, mm_compaction_isolate_freepages,                     \
	      "range=(0x{0:x} ~ 0x{1:x}) nr_scanned={2} nr_taken={3}")         \
	EVENT(compaction, mm_compaction_fast_isolate_freepages,                \
	      "range=(0x{0:x} ~ 0x{1:x}) nr_scanned={2} nr_taken={3}")         \
	EVENT(compaction, mm_compaction_migratepages,                          \
	      "nr_migrated={0} nr_failed={1}")                                 \
	EVENT(compaction, mm_compaction_begin,                                 \
	      "zone_start=0x{0:x} migrate_pfn=0x{1:x} free_pfn=0x{2:x} "       \
	      "zone_end=0x{3:x}, mode={4:sync}")                               \
	EVENT(compaction, mm_compaction_end,                                   \
	      "zone_start=0x{0:x} migrate_pfn=0x{1:x} free_pfn=0x{2:x} "       \
	      "zone_end=0x{3:x}, mode={4:sync} status={5:status}")             \
	EVENT(compaction, mm_compaction_try_to_compact_pages,                  \
	      "order={0} gfp_mask={1:gfp} priority={2}")                       \
	EVENT(compaction, mm_compaction_finished,                              \
	      "node={0} zone={1:zone8} order={2} ret={3:status}")              \
	EVENT(compaction, mm_compaction_suitable,                              \
	      "node={0} zone={1:zone8} order={2} ret={3:status}")              \
	EVENT(compaction, mm_compaction_deferred,                              \
	      "node={0} zone={1:zone8} order={2} order_failed={3} "            \
	      "consider={4} limit={5:limit}")                                  \
	EVENT(compaction, mm_compaction_defer_compaction,                      \
	      "node={0} zone={1:zone8} order={2} order_failed={3} "            \
	      "consider={4} limit={5:limit}")                                  \
	EVENT(compaction, mm_compaction_defer_reset,                           \
	      "node={0} zone={1:zone8} order={2} order_failed={3} "            \
	      "consider={4} limit={5:limit}")                                  \
	EVENT(compaction, mm_compaction_kcompactd_sleep, "nid={0}")            \
	EVENT(compaction, mm_compaction_wakeup_kcompactd,                      \
	      "nid={0} order={1} classzone_idx={2:zone8}")                     \
	EVENT(compaction, mm_compaction_kcompactd_wake,                        \
	      "nid={0} order={1} classzone_idx={2:zone8}")                     \
	EVENT(migrate, mm_migrate_pages,                                       \
	      "nr_succeeded={0} nr_failed={1} nr_thp_succeeded=0 "             \
	      "nr_thp_failed=0 nr_thp_split=0 nr_split=0 mode={2:mode} "       \
	      "reason={3:reason}")                                             \
	EVENT(migrate, mm_migrate_pages_start,                                 \
	      "mode={0:mode} reason={1:reason}")                               \
	EVENT(migrate, set_migration_pte,                                      \
	      "addr={0:x}, pte={1:x} order={2}")                               \
	EVENT(migrate, remove_migration_pte,                                   \
	      "addr={0:x}, pte={1:x} order={2}")                               \
	EVENT(oom, compact_retry,                                              \
	      "order={0} priority={1:priority} compaction_result={2:result} "  \
	      "retries={3} max_retries={4} should_retry={5}")                  \
	EVENT(oom, reclaim_retry_zone,                                         \
	      "node={0} zone={1:zone8} order={2} reclaimable={3} "             \
	      "available={4} min_wmark={5} no_progress_loops={6} "             \
	      "wmark_check={7}")                                               \
	EVENT(page_isolation, test_pages_isolated,                             \
	      "start_pfn=0x{0:x} end_pfn=0x{1:x} fin_pfn=0x{2:x} "             \
	      "ret={1:isolated}")                                              \
	EVENT(filemap, mm_filemap_add_to_page_cache,                           \
	      "dev 0:{0} ino {1:x} pfn=0x{2:x} ofs={3} order=0")               \
	EVENT(filemap, mm_filemap_delete_from_page_cache,                      \
	      "dev 0:{0} ino {1:x} pfn=0x{2:x} ofs={3} order=0")               \
	EVENT(mmap, vm_unmapped_area,                                          \
	      "addr=0x{0:addr} err={0:err} total_vm=0x{1:x} flags=0x{2:x} "    \
	      "len=0x{3:x} lo=0x{4:x} hi=0x{5:x} mask=0x{6:x} ofs=0x{7:x}")    \
	EVENT(task, task_newtask,                                              \
	      "pid={0} comm={1:text} clone_flags={3:x} oom_score_adj={4}")     \
	EVENT(tlb, tlb_flush, "pages:{1:pages} reason:{0:tlb} ({0})")

/* Each of the above once, for their folders; what is not Linux's is ours. */
#define TRACE_SYSTEMS(SYSTEM)                                                  \
	SYSTEM(kmem)                                                           \
	SYSTEM(compaction)                                                     \
	SYSTEM(migrate)                                                        \
	SYSTEM(oom)                                                            \
	SYSTEM(page_isolation)                                                 \
	SYSTEM(filemap)                                                        \
	SYSTEM(mmap)                                                           \
	SYSTEM(task)                                                           \
	SYSTEM(tlb)                                                            \
	SYSTEM(tangram)
