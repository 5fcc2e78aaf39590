// SPDX-License-Identifier: MIT
/*
 * mm/lru.c - which list a user page is on
 *
 *	new page -> batch of this CPU (31) -> inactive --used twice--> active
 *	                                          \--VM_LOCKED--> unevictable
 *	isolate: off its list, PG_isolated, one reference more;  putback: back
 *
 * A page's flags say where it is, and both change together under the node's
 * lru_lock: PG_lru (on a list at all), PG_unevictable, PG_active, PG_swapbacked
 * (anonymous kind of list). So who holds the lock and sees PG_lru may unlink.
 *
 * How many entries of VM_LOCKED areas map a page is counted in private_data,
 * without the lock; the list follows that count each time it leaves or reaches
 * 0. So the list is right at the end in whatever order mlock and munlock come.
 *
 * Source: reference of Linux's mm/swap.c; there unevictable pages are on no
 * list, and the count of mlock takes the place of their links.
 */
#include <kernel/panic.h>
#include <kernel/point.h>
#include <kernel/smp.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>

_Static_assert(LRU_NR_ZONES == MAX_NR_ZONES, "a row for each zone of a node");

struct page_batch {
	u32 nr;
	struct page *pages[PAGEVEC_SIZE];
};

static DEFINE_PER_CPU(struct page_batch, lru_batch);
static u32 batches_off; /* atomic */

DEFINE_LOCK_CLASS(lru_lock_class, "lru", true);

void lruvec_init(struct lruvec *lruvec)
{
	*lruvec = (struct lruvec){};
	spin_lock_init(&lruvec->lru_lock, &lru_lock_class);
	for (u32 i = 0; i < NR_LRU_LISTS; i++)
		INIT_LIST_HEAD(&lruvec->lists[i]);
}

struct lruvec *page_lruvec(const struct page *page)
{
	return page_zone(page)->lruvec;
}

u64 lruvec_size(const struct lruvec *lruvec, enum lru_list list)
{
	u64 nr = 0;

	for (u32 zone = 0; zone < LRU_NR_ZONES; zone++)
		nr += READ_ONCE(lruvec->nr[zone][list]);
	return nr;
}

enum lru_list page_lru(const struct page *page)
{
	u32 flags = READ_ONCE(page->flags), list;

	if (flags & 1u << PG_unevictable)
		return LRU_UNEVICTABLE;
	list = flags & 1u << PG_swapbacked ? LRU_INACTIVE_ANON :
					     LRU_INACTIVE_FILE;
	return (enum lru_list)(list + (flags >> PG_active & 1));
}

/* --- under lru_lock --- */

/* Lengths by list, of the type of its zone, which the zone's index ends with. */
static inline u64 *counts_of(struct lruvec *lruvec, const struct page *page)
{
	return lruvec->nr[page->zone_index % MAX_NR_ZONES];
}

static inline void link_counted(struct lruvec *lruvec, u64 *counts,
				struct page *page)
{
	enum lru_list list = page_lru(page);

	list_add(&page->lru, &lruvec->lists[list]);
	ADD_ONCE(counts[list], 1);
}

static inline void unlink_counted(u64 *counts, struct page *page)
{
	SUB_ONCE(counts[page_lru(page)], 1);
	list_del(&page->lru);
}

static void link_page(struct lruvec *lruvec, struct page *page)
{
	link_counted(lruvec, counts_of(lruvec, page), page);
}

static void unlink_page(struct lruvec *lruvec, struct page *page)
{
	unlink_counted(counts_of(lruvec, page), page);
}

/* The flags follow the count of mlocked entries. */
static void update_unevictable(struct page *page)
{
	bool locked = READ_ONCE(page->private_data) != 0;

	if (locked == page_flag(page, PG_mlocked))
		return;
	mod_page_state(page, NR_MLOCK, locked ? 1 : -1);
	count_vm_event(locked ? UNEVICTABLE_PGS_MLOCKED :
				UNEVICTABLE_PGS_MUNLOCKED);
	if (locked)
		page_flags_set(page, 1u << PG_mlocked | 1u << PG_unevictable);
	else
		page_flags_clear(page, 1u << PG_mlocked | 1u << PG_unevictable);
}

static inline void add_counted(struct lruvec *lruvec, u64 *counts,
			       struct page *page)
{
	if (unlikely(READ_ONCE(page->private_data) ||
		     page_flag(page, PG_mlocked)))
		update_unevictable(page);
	page_flag_set(page, PG_lru);
	link_counted(lruvec, counts, page);
}

static void add_page(struct lruvec *lruvec, struct page *page)
{
	add_counted(lruvec, counts_of(lruvec, page), page);
}

static void del_page(struct lruvec *lruvec, struct page *page)
{
	unlink_page(lruvec, page);
	page_flag_clear(page, PG_lru);
}

/* --- batches --- */

/*
 * Neighbours mostly are of one zone: its node's lock is kept from page to page.
 * Interrupts off.
 */
struct lru_hold {
	struct lruvec *lruvec; /* locked; NULL: none yet */
	u64 *counts;
	u16 zone_index;
};

static inline void hold_lruvec_of(struct lru_hold *h, const struct page *page)
{
	struct lruvec *lruvec;

	if (likely(h->lruvec && page->zone_index == h->zone_index))
		return;
	lruvec = page_lruvec(page);
	if (lruvec != h->lruvec) {
		if (h->lruvec)
			spin_unlock(&h->lruvec->lru_lock);
		spin_lock(&lruvec->lru_lock);
	}
	h->lruvec = lruvec;
	h->counts = counts_of(lruvec, page);
	h->zone_index = page->zone_index;
}

static inline void hold_end(const struct lru_hold *h)
{
	if (h->lruvec)
		spin_unlock(&h->lruvec->lru_lock);
}

/* Interrupts off. */
static void add_pages(struct page *const *pages, u32 nr)
{
	struct lru_hold h = {};

	for (u32 i = 0; i < nr; i++) {
		hold_lruvec_of(&h, pages[i]);
		add_counted(h.lruvec, h.counts, pages[i]);
	}
	hold_end(&h);
}

static void drain_batch(struct page_batch *batch)
{
	add_pages(batch->pages, batch->nr);
	release_pages(batch->pages, batch->nr);
	WRITE_PLAIN(batch->nr, 0);
}

void lru_cache_add(struct page *page)
{
	u64 flags = arch_irq_save();
	struct page_batch *batch = this_cpu_ptr(&lru_batch);

	get_page(page);
	batch->pages[batch->nr] = page;
	ADD_ONCE(batch->nr, 1);
	if (batch->nr == PAGEVEC_SIZE || unlikely(READ_ONCE(batches_off)))
		drain_batch(batch);
	arch_irq_restore(flags);
}

void lru_add_drain(void)
{
	u64 flags = arch_irq_save();

	drain_batch(this_cpu_ptr(&lru_batch));
	arch_irq_restore(flags);
}

static void drain_here(void *unused __unused)
{
	lru_add_drain();
}

void lru_add_drain_all(void)
{
	u64 cpus = 0;
	u32 cpu;

	for_each_online_cpu(cpu)
		if (READ_ONCE(per_cpu_ptr(&lru_batch, cpu)->nr))
			cpus |= 1UL << cpu;
	on_each_cpu_mask(cpus, drain_here, NULL, true);
}

/*
 * A CPU that read batches_off before it was raised has its interrupts off until
 * its page is in the batch: so every CPU is asked, also one with none in it.
 */
void lru_cache_disable(void)
{
	__atomic_add_fetch(&batches_off, 1, __ATOMIC_SEQ_CST);
	on_each_cpu(drain_here, NULL, true);
}

void lru_cache_enable(void)
{
	__atomic_sub_fetch(&batches_off, 1, __ATOMIC_RELEASE);
}

/* --- use --- */

void activate_page(struct page *page)
{
	struct lruvec *lruvec = page_lruvec(page);
	u64 flags = spin_lock_irqsave(&lruvec->lru_lock);

	if (page_flag(page, PG_lru) && !page_flag(page, PG_active) &&
	    !page_flag(page, PG_unevictable)) {
		unlink_page(lruvec, page);
		page_flag_set(page, PG_active);
		link_page(lruvec, page);
		count_vm_event(PGACTIVATE);
	}
	spin_unlock_irqrestore(&lruvec->lru_lock, flags);
}

void mark_page_accessed(struct page *page)
{
	if (!page_flag(page, PG_referenced)) {
		page_flag_set(page, PG_referenced);
	} else if (!page_flag(page, PG_active) &&
		   !page_flag(page, PG_unevictable) && page_flag(page, PG_lru)) {
		activate_page(page);
		page_flag_clear(page, PG_referenced);
	}
}

static void mlock_changed(struct page *page)
{
	struct lruvec *lruvec = page_lruvec(page);
	u64 flags = spin_lock_irqsave(&lruvec->lru_lock);

	if (page_flag(page, PG_lru)) {
		unlink_page(lruvec, page);
		update_unevictable(page);
		link_page(lruvec, page);
	} else {
		update_unevictable(page);
	}
	spin_unlock_irqrestore(&lruvec->lru_lock, flags);
}

void mlock_page(struct page *page)
{
	if (__atomic_add_fetch(&page->private_data, 1, __ATOMIC_RELAXED) == 1)
		mlock_changed(page);
}

void munlock_page(struct page *page)
{
	u64 left = __atomic_sub_fetch(&page->private_data, 1, __ATOMIC_RELAXED);

	BUG_ON(left == ~0UL);
	if (!left)
		mlock_changed(page);
}

void lru_add_pages(struct page **pages, u32 nr)
{
	u64 flags = arch_irq_save();

	add_pages(pages, nr);
	arch_irq_restore(flags);
	release_pages(pages, nr);
}

/* --- isolation --- */

/* It is off its list, or will be at once. */
static inline void isolate_page(u64 *counts, struct page *page)
{
	SUB_ONCE(counts[page_lru(page)], 1);
	/* Both at once; nobody else has a word in these two under lru_lock. */
	__atomic_xor_fetch(&page->flags, 1u << PG_lru | 1u << PG_isolated,
			   __ATOMIC_RELAXED);
	POINT(mm_lru_isolate, page_to_pfn(page));
}

bool isolate_lru_page_locked(struct lruvec *lruvec, struct page *page)
{
	const struct zone *zone;

	/* PG_lru first: without it the record may be anything's. */
	if (!page_flag(page, PG_lru))
		return false;
	zone = page_zone(page);
	if (zone->lruvec != lruvec || !get_page_unless_zero(page))
		return false;
	list_del(&page->lru);
	isolate_page(lruvec->nr[zone->type], page);
	mod_node_page_state(zone->nid, isolated_item(page), 1);
	return true;
}

/* Found by pfn: what it is, its flags and its zone tell. */
static inline bool may_isolate(const struct page *page, u16 zone_index,
			       u32 unwanted)
{
	u32 flags = READ_ONCE(page->flags) & (1u << PG_lru | unwanted);

	return flags == 1u << PG_lru && page->zone_index == zone_index &&
	       !page_pinned(page);
}

u32 isolate_lru_frames(struct zone *zone, struct page *first, u64 mask,
		       bool unevictable, struct list_head *pages)
{
	struct lruvec *lruvec = zone->lruvec;
	u64 *counts = lruvec->nr[zone->type];
	u32 unwanted = unevictable ? 0 : 1u << PG_unevictable;
	u32 taken = 0, anon = 0;
	u64 flags = spin_lock_irqsave(&lruvec->lru_lock);

	for (; mask; mask &= mask - 1) {
		struct page *page = first + (u64)__builtin_ctzl(mask);

		if (!may_isolate(page, zone->index, unwanted) ||
		    !get_page_unless_zero(page))
			continue;
		isolate_page(counts, page);
		list_move_tail(&page->lru, pages);
		anon += page_flag(page, PG_swapbacked);
		taken++;
	}
	spin_unlock_irqrestore(&lruvec->lru_lock, flags);
	mod_node_page_state(zone->nid, NR_ISOLATED_ANON, anon);
	mod_node_page_state(zone->nid, NR_ISOLATED_FILE, taken - anon);
	return taken;
}

u64 isolate_lru_pages(struct page *const *pages, u32 nr)
{
	u64 flags = arch_irq_save(), done = 0;
	struct isolated_sum sum = {};
	struct lru_hold h = {};

	for (u32 i = 0; i < nr; i++) {
		hold_lruvec_of(&h, pages[i]);
		if (!page_flag(pages[i], PG_lru))
			continue;
		list_del(&pages[i]->lru);
		isolate_page(h.counts, pages[i]);
		isolated_sum_add(&sum, pages[i], 1);
		done |= 1UL << i;
	}
	hold_end(&h);
	isolated_sum_end(&sum);
	arch_irq_restore(flags);
	return done;
}

bool isolate_lru_page(struct page *page)
{
	struct lruvec *lruvec = page_lruvec(page);
	u64 flags = spin_lock_irqsave(&lruvec->lru_lock);
	bool ok = isolate_lru_page_locked(lruvec, page);

	spin_unlock_irqrestore(&lruvec->lru_lock, flags);
	return ok;
}

bool get_lru_page(struct page *page)
{
	struct zone *zone = page_zone(page);
	bool ok;
	u64 flags;

	if (!zone)
		return false;
	flags = spin_lock_irqsave(&zone->lruvec->lru_lock);
	ok = page_flag(page, PG_lru) && get_page_unless_zero(page);
	spin_unlock_irqrestore(&zone->lruvec->lru_lock, flags);
	return ok;
}

static void end_isolation(struct page *page)
{
	BUG_ON(!page_flag(page, PG_isolated));
	mod_page_state(page, isolated_item(page), -1);
	page_flag_clear(page, PG_isolated);
}

/* Not by the batch: who looks for pages to move wants to find it soon. */
void putback_lru_page(struct page *page)
{
	struct lruvec *lruvec = page_lruvec(page);
	u64 flags;

	end_isolation(page);
	flags = spin_lock_irqsave(&lruvec->lru_lock);
	add_page(lruvec, page);
	spin_unlock_irqrestore(&lruvec->lru_lock, flags);
	put_page(page);
}

void putback_lru_pages(struct list_head *list)
{
	while (!list_empty(list)) {
		struct page *page = list_first_entry(list, struct page, lru);

		list_del(&page->lru);
		putback_lru_page(page);
	}
}

void isolated_page_put(struct page *page)
{
	end_isolation(page);
	put_page(page);
}

void lru_pages_released(struct page *const *pages, u32 nr)
{
	struct lruvec *locked = NULL;
	u64 flags = 0;

	for (u32 i = 0; i < nr; i++) {
		struct lruvec *lruvec;

		if (!page_flag(pages[i], PG_lru))
			continue;
		lruvec = page_lruvec(pages[i]);
		if (lruvec != locked) {
			if (locked)
				spin_unlock_irqrestore(&locked->lru_lock, flags);
			flags = spin_lock_irqsave(&lruvec->lru_lock);
			locked = lruvec;
		}
		del_page(lruvec, pages[i]);
	}
	if (locked)
		spin_unlock_irqrestore(&locked->lru_lock, flags);
}
