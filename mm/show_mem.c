// SPDX-License-Identifier: MIT
/*
 * mm/show_mem.c - the report when there is no memory
 *
 * Three questions are answered for each zone that the request could use:
 *
 *	how much	free against min, low, high: is it short of memory?
 *	for whom	lowmem_reserve, free_highatomic: is it kept for others?
 *	in what pieces	the line by order, with the types that have such
 *			chunks: is it fragmented, or of the wrong type?
 *
 *	Node 0 DMA32: 3*4kB (UM) 2*8kB (E) 0*16kB ... = 28kB
 *
 * The text is Linux's, word by word (it is pasted into bug reports, and tools
 * read it), with 0 for what Tangram does not have. A shortage makes many
 * requests fail at once: one report in ten seconds is enough.
 */
#include <kernel/ksyms.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/mm_state.h>
#include <mm/show_mem.h>
#include <mm/vmstat.h>
#include <arch/cpu.h>

#define REPORT_INTERVAL_NS 10000000000UL
#define STACK_DEPTH	   16
#define LINE_SIZE	   640 /* the line of a zone has about 500 */

#define KB(pages) ((pages) << (PAGE_SHIFT - 10))

/* --- a line in the making --- */

struct line {
	struct report *report;
	size_t len;
	char text[LINE_SIZE];
};

static void __printf(2, 3) add(struct line *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	l->len += (size_t)vsnprintf(l->text + l->len, LINE_SIZE - l->len, fmt,
				    ap);
	va_end(ap);
	l->len = min(l->len, (size_t)LINE_SIZE - 1);
}

static void end_line(struct line *l)
{
	l->report->line(l->report, l->text);
	l->len = 0;
	l->text[0] = '\0';
}

static void show_lines(struct line *l, const char *const *lines, u32 nr)
{
	for (u32 i = 0; i < nr; i++) {
		add(l, "%s", lines[i]);
		end_line(l);
	}
}

/* --- all of memory, in pages --- */

static void show_totals(struct line *l, const struct page_totals *t)
{
	static const char *const above[] = {
		"active_anon:0 inactive_anon:0 isolated_anon:0",
		" active_file:0 inactive_file:0 isolated_file:0",
		" unevictable:0 dirty:0 writeback:0",
	};
	static const char *const below[] = {
		" mapped:0 shmem:0 pagetables:0",
		" sec_pagetables:0 bounce:0",
		" kernel_misc_reclaimable:0",
	};

	show_lines(l, above, ARRAY_SIZE(above));
	add(l, " slab_reclaimable:%lu slab_unreclaimable:%lu",
	    t->slab_reclaimable, t->slab_unreclaimable);
	end_line(l);
	show_lines(l, below, ARRAY_SIZE(below));
	add(l, " free:%lu free_pcp:%lu free_cma:%lu", t->free, t->pcp,
	    t->free_cma);
	end_line(l);
}

/* --- nodes --- */

static bool has_zone_up_to(const struct node *node, u32 highest_zone)
{
	for (u32 z = 0; z <= highest_zone; z++)
		if (node->zones[z].managed_pages)
			return true;
	return false;
}

static void show_node(struct line *l, const struct node *node)
{
	add(l,
	    "Node %d active_anon:0kB inactive_anon:0kB active_file:0kB inactive_file:0kB unevictable:0kB isolated(anon):0kB isolated(file):0kB mapped:0kB dirty:0kB writeback:0kB shmem:0kB shmem_thp:0kB shmem_pmdmapped:0kB anon_thp:0kB kernel_stack:0kB pagetables:0kB sec_pagetables:0kB all_unreclaimable? no Balloon:0kB gpu_active:0kB gpu_reclaim:0kB",
	    node->nid);
	end_line(l);
}

static void show_hugepages(struct line *l, const struct node *node)
{
	struct hugetlb_counts huge = hugetlb_count(mm_active, node->nid);

	add(l,
	    "Node %d hugepages_total=%lu hugepages_free=%lu hugepages_surp=%lu hugepages_size=2048kB",
	    node->nid, huge.nr, huge.free, huge.surplus);
	end_line(l);
}

typedef void (*show_node_fn)(struct line *l, const struct node *node);

static void for_nodes(struct mm_state *mm, struct line *l, u32 highest_zone,
		      show_node_fn show)
{
	for (u32 n = 0; n < MAX_NUMNODES; n++)
		if (mm->nodes[n].online &&
		    has_zone_up_to(&mm->nodes[n], highest_zone))
			show(l, &mm->nodes[n]);
}

/* --- zones --- */

static u64 local_pcp(const struct zone *zone)
{
	const struct per_cpu_pages *pcp = this_pcp(zone->index);

	return pcp ? pcp_count_cpu(pcp) : 0;
}

static void show_zone(struct line *l, struct zone *zone)
{
	u64 boost = zone->watermark_boost;

	add(l,
	    "Node %u %s free:%lukB boost:%lukB min:%lukB low:%lukB high:%lukB",
	    zone->nid, zone->name, KB(zone->nr_free_pages), KB(boost),
	    KB(zone->watermark[WMARK_MIN] + boost),
	    KB(zone->watermark[WMARK_LOW] + boost),
	    KB(zone->watermark[WMARK_HIGH] + boost));
	add(l, " reserved_highatomic:%luKB free_highatomic:%luKB",
	    KB(zone->nr_reserved_highatomic), KB(zone_nr_free_highatomic(zone)));
	add(l,
	    " active_anon:0kB inactive_anon:0kB active_file:0kB inactive_file:0kB unevictable:0kB writepending:0kB zspages:0kB");
	add(l, " present:%lukB managed:%lukB mlocked:0kB bounce:0kB",
	    KB(zone->present_pages), KB(zone->managed_pages));
	add(l, " free_pcp:%lukB local_pcp:%lukB free_cma:%lukB",
	    KB(pcp_count(zone)), KB(local_pcp(zone)),
	    KB(zone_nr_free_cma(zone)));
	end_line(l);
	add(l, "lowmem_reserve[]:");
	for (u32 i = 0; i < MAX_NR_ZONES; i++)
		add(l, " %lu", zone->lowmem_reserve[i]);
	end_line(l);
}

/* "(UM) ": the types that have a free chunk of the order. */
static void add_letters(struct line *l, const struct free_chunks *chunks,
			u32 order)
{
	add(l, "(");
	for (u32 t = 0; t < MIGRATE_TYPES; t++)
		if (chunks->nr[t][order])
			add(l, "%c", migratetype_letters[t]);
	add(l, ") ");
}

static void show_orders(struct line *l, struct zone *zone)
{
	struct free_chunks chunks;
	u64 pages = 0;

	zone_free_chunks(zone, &chunks);
	add(l, "Node %u %s: ", zone->nid, zone->name);
	for (u32 o = 0; o < NR_PAGE_ORDERS; o++) {
		u64 nr = 0;

		for (u32 t = 0; t < MIGRATE_TYPES; t++)
			nr += chunks.nr[t][o];
		add(l, "%lu*%lukB ", nr, KB(1UL << o));
		if (nr)
			add_letters(l, &chunks, o);
		pages += nr << o;
	}
	add(l, "= %lukB", KB(pages));
	end_line(l);
}

typedef void (*show_zone_fn)(struct line *l, struct zone *zone);

static void for_zones(struct mm_state *mm, struct line *l, u32 highest_zone,
		      show_zone_fn show)
{
	struct zone *zone;

	for_each_populated_zone(mm, zone)
		if (zone->type <= highest_zone)
			show(l, zone);
}

/* --- the whole report --- */

static void show_ram(struct line *l, const struct page_totals *t)
{
	static const char *const zeros[] = {
		"0 total pagecache pages",
		"0 pages in swap cache",
		"Free swap  = 0kB",
		"Total swap = 0kB",
	};

	show_lines(l, zeros, ARRAY_SIZE(zeros));
	add(l, "%lu pages RAM", t->present);
	end_line(l);
	add(l, "0 pages HighMem/MovableOnly");
	end_line(l);
	add(l, "%lu pages reserved", t->present - t->managed);
	end_line(l);
	add(l, "%lu pages cma reserved", t->cma);
	end_line(l);
	add(l, "0 pages hwpoisoned");
	end_line(l);
}

void report_mem(struct mm_state *mm, u32 highest_zone, struct report *report)
{
	struct line l = { .report = report };
	struct page_totals totals;

	count_pages(mm, NUMA_NO_NODE, &totals);
	add(&l, "Mem-Info:");
	end_line(&l);
	show_totals(&l, &totals);
	for_nodes(mm, &l, highest_zone, show_node);
	for_zones(mm, &l, highest_zone, show_zone);
	for_zones(mm, &l, highest_zone, show_orders);
	for_nodes(mm, &l, highest_zone, show_hugepages);
	show_ram(&l, &totals);
}

/* "0-1,3": the nodes with memory, as there are no cpusets to say less. */
static void add_nodes(struct line *l, const struct mm_state *mm)
{
	const char *comma = "";

	for (u32 first = 0; first < MAX_NUMNODES; first++) {
		u32 last = first;

		if (!mm->nodes[first].node_present_pages)
			continue;
		while (last + 1 < MAX_NUMNODES &&
		       mm->nodes[last + 1].node_present_pages)
			last++;
		add(l, last > first ? "%s%u-%u" : "%s%u", comma, first, last);
		comma = ",";
		first = last;
	}
}

static void show_stack(struct line *l)
{
	u64 trace[STACK_DEPTH];
	char name[KSYM_TEXT_MAX];
	u32 nr = arch_stack_trace(trace, STACK_DEPTH,
				  (u64)__builtin_frame_address(0));

	add(l, "CPU: %u UID: 0 PID: 0 Comm: swapper/%u Not tainted",
	    smp_processor_id(), smp_processor_id());
	end_line(l);
	add(l, "Call Trace:");
	end_line(l);
	add(l, " <TASK>");
	end_line(l);
	for (u32 i = 0; i < nr; i++) {
		add(l, " %s", ksym_format(trace[i] - 1, 1, name));
		end_line(l);
	}
	add(l, " </TASK>");
	end_line(l);
}

static void show_request(struct mm_state *mm, gfp_t gfp, u32 order,
			 struct report *report)
{
	struct line l = { .report = report };
	char mask[160];

	add(&l,
	    "swapper/%u: page allocation failure: order:%u, mode:%#x(%s), nodemask=(null),cpuset=/,mems_allowed=",
	    smp_processor_id(), order, gfp, gfp_text(gfp, mask, sizeof(mask)));
	add_nodes(&l, mm);
	end_line(&l);
	show_stack(&l);
}

void report_alloc(struct mm_state *mm, gfp_t gfp, u32 order,
		  struct report *report)
{
	show_request(mm, gfp, order, report);
	report_mem(mm, gfp_zone(gfp), report);
}

/* --- to the log --- */

static void line_to_log(struct report *report __unused, const char *text)
{
	pr_warn("%s\n", text);
}

static bool has_managed_dma(const struct mm_state *mm)
{
	for (u32 n = 0; n < MAX_NUMNODES; n++)
		if (mm->nodes[n].zones[ZONE_DMA].managed_pages)
			return true;
	return false;
}

void show_mem(struct mm_state *mm)
{
	struct report to_log = { .line = line_to_log };

	report_mem(mm, MAX_NR_ZONES - 1, &to_log);
}

/* Who asks for DMA memory on a machine without expects to be refused. */
void warn_alloc(struct mm_state *mm, gfp_t gfp, u32 order)
{
	struct report to_log = { .line = line_to_log };
	u64 now = arch_time_ns();

	if ((gfp & __GFP_NOWARN) || now < mm->next_alloc_report_ns ||
	    ((gfp & __GFP_DMA) && !has_managed_dma(mm)))
		return;
	mm->next_alloc_report_ns = now + REPORT_INTERVAL_NS;
	report_alloc(mm, gfp, order, &to_log);
}
