// SPDX-License-Identifier: MIT
/*
 * mm/kcompactd.c - one thread a node that compacts before anybody waits for it
 *
 *	who can't wait, or failed	wakeup_kcompactd()	a chunk is missing
 *	an order gets scarce		kcompactd_ask()		so many are
 *	a block was claimed		kcompactd_evacuate()	empty it (evacuate.c)
 *	every 500 ms			free memory is in pieces (compact_score.c)
 *
 * Requests are counted, by order and type, while it works or waits for a CPU; it
 * takes the counts and makes as many chunks as were asked for. So a burst finds
 * its chunks at the second try, and nothing is made that nobody wants.
 *
 * It is not to burn time where nothing can be gained. A wake-up is refused if no
 * zone has a hope. A zone that couldn't be compacted is deferred, as for direct
 * requests. After a run that tried and made nothing, the thread itself rests:
 * REST_NS, twice that after the next one, and so on; wake-ups meanwhile are
 * refused, and what came during that run.
 *
 * It runs at the lowest priority on its node's CPUs. What is only for idle time
 * (compact_trigger.c) it does while no other thread wants its CPU, and stops
 * when one does.
 *
 * Source: Linux's kcompactd (V. Babka, 4.6) and proactive compaction (N. Gupta,
 * 5.9). Counting since the last wake is a wish of V. Babka's talk of 2018.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/printk.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <mm/evacuate.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/watermark.h>
#include <arch/cpu.h>
#include <arch/irq.h>

#include "kcompactd_internal.h"

#define TICK_NS	       (1000000000UL / HZ)
#define PROACTIVE_NS   (500UL * 1000000)
#define IDLE_TICKS     2UL /* until it looks again for an idle CPU */
#define NEVER	       (1UL << 40)
#define REST_NS	       (500UL * 1000000)
#define MAX_REST_SHIFT 6 /* 32 s */

static DEFINE_LOCK_CLASS(kcompactd_class, "kcompactd", true);

/* --- making chunks --- */

/* A run: one demand after the other, zone by zone. */
struct making {
	bool idle;	  /* only while nobody wants the CPU */
	bool interrupted; /* somebody does */
	bool in_vain;	  /* a zone was tried and gave nothing */
	u32 made;	  /* chunks, of all demands */
	/* what is made now */
	struct zone *zone;
	u32 order;
	enum migratetype type;
	u32 wanted; /* chunks; falls to 0 */
};

static enum compact_result make_one(struct making *m, u32 order)
{
	struct compact_control cc = {
		.zone = m->zone,
		.order = (s32)order,
		.type = m->type,
		.gfp = GFP_KERNEL,
		.highest_zone = m->zone->type,
		.mode = m->idle ? MIGRATE_ASYNC : MIGRATE_SYNC_LIGHT,
	};
	enum compact_result ret = compact_zone(&cc);

	m->interrupted |= cc.contended;
	/* It said that there is one, which was here before. */
	if (ret == COMPACT_SUCCESS && !cc.nr_migrated)
		return COMPACT_CONTINUE;
	return ret;
}

/* No block of the type has such a gap to make: a whole one serves any type. */
static enum compact_result make_some(struct making *m, u32 *got)
{
	enum compact_result ret = make_one(m, m->order);

	*got = 1;
	if (ret != COMPACT_NO_SUITABLE_PAGE || m->order >= pageblock_order)
		return ret;
	*got = 1u << (pageblock_order - m->order);
	return make_one(m, pageblock_order);
}

static void note_result(struct making *m, enum compact_result ret, u32 made)
{
	struct zone *zone = m->zone;

	m->in_vain |= ret != COMPACT_SUCCESS && ret != COMPACT_CONTINUE;
	if (made)
		compaction_defer_reset(zone, m->order, false);
	if (ret == COMPACT_COMPLETE || ret == COMPACT_PARTIAL_SKIPPED) {
		drain_all_pages(mm_active, zone);
		defer_compaction(zone, m->order);
	}
}

static bool is_over(const struct making *m)
{
	return m->interrupted || kthread_should_stop();
}

static void make_in_zone(struct making *m)
{
	u32 before = m->made, got;
	enum compact_result ret = COMPACT_SUCCESS;

	m->wanted -= zone_nr_chunks(m->zone, m->order, m->type, m->wanted);
	if (!m->wanted || compaction_deferred(m->zone, m->order))
		return;
	while (m->wanted && ret == COMPACT_SUCCESS && !is_over(m)) {
		ret = make_some(m, &got);
		if (ret != COMPACT_SUCCESS)
			break;
		m->made += min(got, m->wanted);
		m->wanted -= min(got, m->wanted);
	}
	note_result(m, ret, m->made - before);
}

/* The zone that the requests would look into first comes first. */
static void make_in_node(struct node *node, struct making *m, u32 highest_zone)
{
	for (u32 z = highest_zone + 1; z-- && m->wanted && !is_over(m);) {
		m->zone = &node->zones[z];
		if (m->zone->fl && m->zone->managed_pages)
			make_in_zone(m);
	}
}

/* Chunks of one order and type. */
static void do_one(struct node *node, const struct kcompactd_demand *d,
		   struct making *m)
{
	struct kcompactd *k = &node->kcompactd;

	m->wanted = d->nr[m->order][m->type];
	make_in_node(node, m, d->highest_zone);
	if (!m->wanted)
		return;
	if (m->interrupted)
		kcompactd_put_off(k, m->order, m->type, m->wanted,
				  d->highest_zone);
	else
		kcompactd_count(k, &k->stats.nr_failed, m->wanted);
}

/*
 * What came while it failed is refused as what comes while it rests: else those
 * who fail all the time would keep it awake. A run that tried nothing, as the
 * zones are deferred, says nothing.
 */
static void note_pause(struct kcompactd *k, const struct making *m)
{
	if (m->made) {
		k->rest_shift = 0;
	} else if (m->in_vain && !m->interrupted) {
		WRITE_ONCE(k->rest_until_ns,
			   arch_time_ns() + (REST_NS << k->rest_shift));
		k->rest_shift = min(k->rest_shift + 1, (u32)MAX_REST_SHIFT);
		kcompactd_count(k, &k->stats.nr_failed,
				kcompactd_take(k, &k->now).nr_all);
	}
}

static void do_demand(struct node *node, const struct kcompactd_demand *d,
		      bool idle)
{
	struct kcompactd *k = &node->kcompactd;
	struct making m = { .idle = idle };

	if (!d->nr_all)
		return;
	POINT(mm_compaction_kcompactd_wake, node->nid, kcompactd_max_order(d),
	      d->highest_zone);
	count_vm_event(KCOMPACTD_WAKE);
	kcompactd_count(k, idle ? &k->stats.nr_idle_runs : &k->stats.nr_wakes,
			1);
	for (m.order = MAX_ORDER; m.order; m.order--)
		for (m.type = 0; m.type < MIGRATE_PCPTYPES; m.type++)
			do_one(node, d, &m);
	kcompactd_count(k, &k->stats.nr_made, m.made);
	note_pause(k, &m);
}

/* --- before anybody asks --- */

static void do_proactively(struct node *node)
{
	struct kcompactd *k = &node->kcompactd;
	u32 score;

	if (!mm_active->compact.proactiveness)
		return;
	if (k->proactive_defer) {
		k->proactive_defer--;
		return;
	}
	score = fragmentation_score_node(node);
	if (score <= fragmentation_score_wmark(mm_active, false))
		return;
	kcompactd_count(k, &k->stats.nr_proactive, 1);
	compact_node(mm_active, node->nid, true);
	if (fragmentation_score_node(node) >= score)
		k->proactive_defer = (1u << COMPACT_MAX_DEFER_SHIFT) - 1;
}

/* --- the thread --- */

/* Is it this thread alone that keeps its CPU from idling? */
static bool nobody_wants_the_cpu(void)
{
	return !cpu_is_wanted(smp_processor_id(), PRIO_LOW);
}

static bool has_work(struct kcompactd *k)
{
	return kthread_should_stop() || READ_ONCE(k->now.nr_all) ||
	       READ_ONCE(k->look_now) || READ_ONCE(k->evacuate) ||
	       (READ_ONCE(k->idle.nr_all) && READ_ONCE(k->busy));
}

/* Idle work waits for a CPU: look often. The tick that runs now isn't whole. */
static u64 ticks_to_sleep(struct kcompactd *k, u64 next_look_ns)
{
	u64 now = arch_time_ns();

	if (READ_ONCE(k->idle.nr_all))
		return IDLE_TICKS;
	if (!mm_active->compact.proactiveness)
		return NEVER;
	return now < next_look_ns ? (next_look_ns - now) / TICK_NS + 1 : 0;
}

static void work(struct node *node)
{
	struct kcompactd *k = &node->kcompactd;
	struct kcompactd_demand d;

	if (kcompactd_take_flag(k, &k->look_now)) {
		k->proactive_defer = 0;
		do_proactively(node);
	}
	if (kcompactd_take_flag(k, &k->evacuate))
		kcompactd_count(k, &k->stats.nr_evacuated, evacuate_node(node));
	d = kcompactd_take(k, &k->now);
	do_demand(node, &d, false);
	if (!READ_ONCE(k->idle.nr_all) || !nobody_wants_the_cpu())
		return;
	d = kcompactd_take(k, &k->idle);
	do_demand(node, &d, true);
}

/* What came after it looked last keeps it awake. */
static void go_to_sleep(struct node *node)
{
	struct kcompactd *k = &node->kcompactd;
	u64 flags = spin_lock_irqsave(&k->lock);
	bool was_busy = k->busy,
	     is_busy = k->now.nr_all || k->look_now || k->evacuate;

	k->busy = is_busy;
	spin_unlock_irqrestore(&k->lock, flags);
	if (was_busy && !is_busy)
		POINT(mm_compaction_kcompactd_sleep, node->nid);
}

static int kcompactd(void *arg)
{
	struct node *node = arg;
	struct kcompactd *k = &node->kcompactd;
	u64 next_look_ns = arch_time_ns() + PROACTIVE_NS;

	go_to_sleep(node);
	while (!kthread_should_stop()) {
		if (wait_event_timeout(&k->wait, has_work(k),
				       ticks_to_sleep(k, next_look_ns)) ||
		    READ_ONCE(k->idle.nr_all)) {
			work(node);
			go_to_sleep(node);
		}
		if (arch_time_ns() < next_look_ns)
			continue;
		next_look_ns = arch_time_ns() + PROACTIVE_NS;
		do_proactively(node);
	}
	return 0;
}

/* --- starting and stopping --- */

/* 0: it has none. */
static u64 cpus_of_node(u32 nid)
{
	u64 cpus = 0;
	u32 cpu;

	for_each_online_cpu(cpu)
		if (*per_cpu_ptr(&cpu_nid, cpu) == (s32)nid)
			cpus |= 1UL << cpu;
	return cpus;
}

static int run_on(struct node *node)
{
	struct kcompactd *k = &node->kcompactd;
	char name[THREAD_NAME_MAX];
	struct thread *t;
	u64 cpus = cpus_of_node((u32)node->nid);

	snprintf(name, sizeof(name), "kcompactd%d", node->nid);
	t = POINT_FAILS(kcompactd_run, node->nid) ?
		    NULL :
		    kthread_create(kcompactd, node, name);
	if (!t) {
		pr_warn("kcompactd: no memory for the thread of node %d\n",
			node->nid);
		return -ENOMEM;
	}
	memset(k, 0, sizeof(*k));
	spin_lock_init(&k->lock, &kcompactd_class);
	wait_queue_init(&k->wait);
	kcompactd_clear(&k->now);
	kcompactd_clear(&k->idle);
	k->busy = true; /* until it first sleeps */
	set_thread_prio(t, PRIO_LOW);
	if (cpus)
		set_cpus_allowed(t, cpus);
	WRITE_ONCE(k->thread, t);
	wake_up_thread(t);
	return 0;
}

int kcompactd_run(struct mm_state *mm)
{
	int err = 0;

	for (u32 n = 0; n < MAX_NUMNODES; n++) {
		struct node *node = &mm->nodes[n];

		if (node->online && node->node_present_pages &&
		    !node->kcompactd.thread && run_on(node))
			err = -ENOMEM;
	}
	return err;
}

void kcompactd_stop(struct mm_state *mm)
{
	for (u32 n = 0; n < MAX_NUMNODES; n++) {
		struct kcompactd *k = &mm->nodes[n].kcompactd;
		struct thread *t = k->thread;

		if (!t)
			continue;
		WRITE_ONCE(k->thread, NULL);
		kthread_stop(t);
	}
}
