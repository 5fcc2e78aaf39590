// SPDX-License-Identifier: MIT
/*
 * arch/host/mmu.c - the software MMU: users' accesses through simulated TLBs
 *
 *	access ──► TLB of this CPU ── no ──► walk cache ──► tables ──► leaf
 *	             │ page, frame, rights     │ table of a prefix       │ A, D set
 *	             ▼                         ▼                         │
 *	           frame            ◄──────────┴────────── remembered ◄──┘
 *
 * The tables are those that mm/pgtable.c makes, in x86-64's format. A CPU
 * remembers leaves and, as real ones do, the upper tables it came through;
 * nothing is forgotten but by order of mm/mmu.c (or because a slot is taken),
 * however often the tables change. So a flush that is missing has effects
 * here that QEMU hides: it remembers no upper levels and forgets more.
 *
 * Rights that were remembered count: an access that they forbid faults, even
 * if the entry has been widened meanwhile (and is then forgotten). A first
 * write through an entry that was read is a new walk, which sets D.
 *
 * A frame that becomes free while an entry names it is misuse, BUG_STALE_TLB;
 * if the CPU has flushes to make up for first (it is lazy), using the entry is.
 * To make that test cheap, `named` counts entries by frame number's low bits.
 *
 * Each TLB is used by its CPU, with interrupts off; its lock is for others who
 * look. Source: SDM volume 3, section 4.10.
 */
#include <pthread.h>
#include <string.h>

#include <kernel/panic.h>
#include <kernel/printk.h>
#include <mm/misuse.h>
#include <mm/mm_struct.h>
#include <mm/page.h>
#include <arch/cpu.h>
#include <arch/host.h>
#include <arch/mmu.h>
#include <arch/percpu.h>

#define TLB_SLOTS  1024
#define WALK_SLOTS 64
#define NAMED_SIZE 65536

#define RIGHTS (_PAGE_RW | _PAGE_USER | _PAGE_NX)

struct tlb_entry {
	bool used;
	bool large; /* a part of a leaf of 2 MiB */
	bool freed; /* its frame, while the CPU was behind: not to be used */
	vaddr_t page;
	pfn_t pfn;
	u64 rights; /* of all levels together, and _PAGE_DIRTY */
};

/* Where to go on for addresses with this prefix, instead of at the top. */
struct walk_entry {
	bool used;
	vaddr_t prefix;
	pfn_t table;
	u64 rights;
};

static struct sim_tlb {
	pthread_mutex_t lock;
	paddr_t root; /* 0: the kernel's own tables, where users have nothing */
	u32 nr_large; /* of `pages` */
	struct tlb_entry pages[TLB_SLOTS];
	struct walk_entry walks[3][WALK_SLOTS]; /* tables of level 1, 2, 3 */
} tlbs[MAX_CPUS] = {
	[0 ... MAX_CPUS - 1] = { .lock = PTHREAD_MUTEX_INITIALIZER },
};

u32 host_mmu_nr_named;
static u32 named[NAMED_SIZE];

/* --- who names what --- */

static void name_frame(pfn_t pfn, s32 nr)
{
	__atomic_add_fetch(&named[pfn % NAMED_SIZE], nr, __ATOMIC_RELAXED);
	__atomic_add_fetch(&host_mmu_nr_named, nr, __ATOMIC_RELAXED);
}

static void drop_page(struct sim_tlb *tlb, struct tlb_entry *e)
{
	if (e->used) {
		name_frame(e->pfn, -1);
		tlb->nr_large -= e->large;
	}
	e->used = false;
}

static void drop_walk(struct walk_entry *w)
{
	if (w->used)
		name_frame(w->table, -1);
	w->used = false;
}

/* --- remembering and forgetting; the TLB's lock held --- */

static struct tlb_entry *page_slot(struct sim_tlb *tlb, vaddr_t page)
{
	return &tlb->pages[(page >> PAGE_SHIFT) % TLB_SLOTS];
}

static struct walk_entry *walk_slot(struct sim_tlb *tlb, vaddr_t addr, u32 level)
{
	return &tlb->walks[level - 1]
			  [(addr >> (PAGE_SHIFT + 9 * level)) % WALK_SLOTS];
}

static vaddr_t prefix_of(vaddr_t addr, u32 level)
{
	return ALIGN_DOWN(addr, PAGE_SIZE << 9 * level);
}

static void forget_walks(struct sim_tlb *tlb)
{
	for (u32 level = 0; level < 3; level++)
		for (u32 i = 0; i < WALK_SLOTS; i++)
			drop_walk(&tlb->walks[level][i]);
}

static void forget_all(struct sim_tlb *tlb)
{
	for (u32 i = 0; i < TLB_SLOTS; i++)
		drop_page(tlb, &tlb->pages[i]);
	forget_walks(tlb);
}

/* All parts of the leaf go, whichever address of it is named. */
static void forget_large(struct sim_tlb *tlb, vaddr_t addr)
{
	vaddr_t base = addr & PMD_MASK;

	for (u32 i = 0; i < TLB_SLOTS && tlb->nr_large; i++)
		if (tlb->pages[i].used && tlb->pages[i].large &&
		    (tlb->pages[i].page & PMD_MASK) == base)
			drop_page(tlb, &tlb->pages[i]);
}

static struct sim_tlb *lock_own(void)
{
	struct sim_tlb *tlb = &tlbs[smp_processor_id()];

	pthread_mutex_lock(&tlb->lock);
	return tlb;
}

static void unlock(struct sim_tlb *tlb)
{
	pthread_mutex_unlock(&tlb->lock);
}

void arch_pgd_init(pte_t *pgd __unused)
{
}

static void set_root(struct sim_tlb *tlb, paddr_t root)
{
	if (tlb->root)
		name_frame(PFN_DOWN(tlb->root), -1);
	if (root)
		name_frame(PFN_DOWN(root), 1);
	tlb->root = root;
}

void arch_load_pgd(paddr_t pgd)
{
	struct sim_tlb *tlb = lock_own();

	forget_all(tlb);
	set_root(tlb, pgd);
	unlock(tlb);
}

void arch_flush_tlb_page(vaddr_t addr)
{
	struct sim_tlb *tlb = lock_own();
	struct tlb_entry *e = page_slot(tlb, addr);

	forget_large(tlb, addr);
	if (e->page == ALIGN_DOWN(addr, PAGE_SIZE))
		drop_page(tlb, e);
	forget_walks(tlb);
	unlock(tlb);
}

void host_mmu_reset(void)
{
	for (u32 cpu = 0; cpu < MAX_CPUS; cpu++) {
		forget_all(&tlbs[cpu]);
		set_root(&tlbs[cpu], 0);
	}
}

/* --- walking --- */

struct walk {
	vaddr_t addr;
	enum host_access access;
	pfn_t table;
	u32 level;
	u64 rights;
};

static bool permits(u64 rights, enum host_access access)
{
	if (!(rights & _PAGE_USER))
		return false;
	if (access == HOST_EXEC)
		return !(rights & _PAGE_NX);
	return access != HOST_WRITE || (rights & _PAGE_RW);
}

/* Rights of a path: RW and USER where all levels have them, NX where any has. */
static u64 combine(u64 above, u64 entry)
{
	u64 both = above & entry & (_PAGE_RW | _PAGE_USER);

	return both | ((above | entry) & _PAGE_NX);
}

/* The deepest table that is remembered for the address, else the top. */
static void walk_begin(struct sim_tlb *tlb, struct walk *w)
{
	for (u32 level = 1; level <= 3; level++) {
		const struct walk_entry *known = walk_slot(tlb, w->addr, level);

		if (known->used && known->prefix == prefix_of(w->addr, level)) {
			w->table = known->table;
			w->rights = known->rights;
			w->level = level;
			return;
		}
	}
	w->table = PFN_DOWN(tlb->root);
	w->rights = _PAGE_RW | _PAGE_USER;
	w->level = 4;
}

static void remember_walk(struct sim_tlb *tlb, const struct walk *w)
{
	struct walk_entry *slot = walk_slot(tlb, w->addr, w->level);

	drop_walk(slot);
	slot->prefix = prefix_of(w->addr, w->level);
	slot->table = w->table;
	slot->rights = w->rights;
	slot->used = true;
	name_frame(slot->table, 1);
}

static struct tlb_entry *remember_page(struct sim_tlb *tlb,
				       const struct walk *w, u64 entry)
{
	struct tlb_entry *slot = page_slot(tlb, w->addr);

	drop_page(tlb, slot);
	slot->page = ALIGN_DOWN(w->addr, PAGE_SIZE);
	slot->pfn = pte_pfn(__pte(entry));
	slot->large = w->level == 2;
	if (slot->large)
		slot->pfn += table_index(w->addr, 1);
	slot->rights = w->rights | (entry & _PAGE_DIRTY);
	slot->used = true;
	tlb->nr_large += slot->large;
	slot->freed = false;
	name_frame(slot->pfn, 1);
	return slot;
}

static u64 *entry_at(const struct walk *w)
{
	u64 *table = phys_to_virt(PFN_PHYS(w->table));

	return &table[table_index(w->addr, w->level)];
}

/* Set bits that the CPU sets, unless the entry has changed since it was read. */
static bool set_used(u64 *entry, u64 *value, u64 bits)
{
	u64 used = *value | bits;

	if (used == *value)
		return true;
	if (!__atomic_compare_exchange_n(entry, value, used, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return false;
	*value = used;
	return true;
}

/* NULL: a fault. */
static struct tlb_entry *walk(struct sim_tlb *tlb, vaddr_t addr,
			      enum host_access access)
{
	struct walk w = { .addr = addr, .access = access };

	walk_begin(tlb, &w);
	for (;;) {
		u64 *entry = entry_at(&w);
		u64 value = __atomic_load_n(entry, __ATOMIC_ACQUIRE);
		bool leaf = w.level == 1 ||
			    (w.level == 2 && (value & _PAGE_PSE));
		u64 rights = combine(w.rights, value);
		u64 bits = _PAGE_ACCESSED;

		if (!(value & _PAGE_PRESENT) ||
		    (leaf && !permits(rights, access)))
			return NULL;
		if (leaf && access == HOST_WRITE)
			bits |= _PAGE_DIRTY;
		if (!set_used(entry, &value, bits))
			continue;
		w.rights = rights;
		if (leaf)
			return remember_page(tlb, &w, value);
		w.table = pte_pfn(__pte(value));
		w.level--;
		remember_walk(tlb, &w);
	}
}

static struct mm_struct *mm_of(const struct sim_tlb *tlb)
{
	return tlb->root ? pfn_to_page(PFN_DOWN(tlb->root))->mapping : NULL;
}

static const char *dropped_reason(void)
{
	enum tlb_flush_reason reason = tlb_last_skipped();

	return reason < NR_TLB_REASONS ? tlb_reason_names[reason] : "none";
}

static void report(const struct sim_tlb *tlb, vaddr_t addr, pfn_t pfn,
		   const char *what)
{
	const struct mm_struct *mm = mm_of(tlb);

	pr_err("BUG stale TLB: CPU %u, mm %lu, address 0x%012lx: %s pfn 0x%lx, which is free; flush dropped last: %s\n",
	       (u32)(tlb - tlbs), mm ? mm->tlb.ctx_id : 0, addr, what, pfn,
	       dropped_reason());
	bug_finish(BUG_STALE_TLB);
}

static struct tlb_entry *translate(struct sim_tlb *tlb, vaddr_t addr,
				   enum host_access access)
{
	struct tlb_entry *e = page_slot(tlb, addr);

	if (!tlb->root || addr >= 1UL << 47)
		return NULL;
	if (!e->used || e->page != ALIGN_DOWN(addr, PAGE_SIZE))
		return walk(tlb, addr, access);
	if (e->freed)
		report(tlb, e->page, e->pfn, "used is the entry of");
	if (!permits(e->rights, access)) {
		drop_page(tlb, e);
		return NULL;
	}
	if (access == HOST_WRITE && !(e->rights & _PAGE_DIRTY))
		return walk(tlb, addr, access);
	return e;
}

bool host_mmu_translate(vaddr_t addr, enum host_access access, void **ptr)
{
	struct sim_tlb *tlb = lock_own();
	const struct tlb_entry *e = translate(tlb, addr, access);

	if (e)
		*ptr = (u8 *)phys_to_virt(PFN_PHYS(e->pfn)) +
		       (addr & (PAGE_SIZE - 1));
	unlock(tlb);
	return e != NULL;
}

void *host_mmu_user_ptr(u64 addr, bool write)
{
	void *ptr;

	if (!host_mmu_translate(addr, write ? HOST_WRITE : HOST_READ, &ptr))
		return NULL;
	return ptr;
}

/* --- ring 3 --- */

bool arch_user_peek(vaddr_t addr, u64 *value)
{
	void *ptr;
	u64 flags = arch_irq_save();
	bool ok = host_mmu_translate(addr, HOST_READ, &ptr);

	if (ok)
		*value = READ_ONCE(*(u64 *)ptr);
	arch_irq_restore(flags);
	return ok;
}

bool arch_user_poke(vaddr_t addr, u64 value)
{
	void *ptr;
	u64 flags = arch_irq_save();
	bool ok = host_mmu_translate(addr, HOST_WRITE, &ptr);

	if (ok)
		WRITE_ONCE(*(u64 *)ptr, value);
	arch_irq_restore(flags);
	return ok;
}

bool (*host_user_fault)(vaddr_t addr, enum host_access access);

/* Until the end of a page; no call is served between looking and touching. */
static bool touch(vaddr_t addr, enum host_access access, u8 *buf, u64 len)
{
	u64 flags = arch_irq_save();
	void *ptr;
	bool ok = host_mmu_translate(addr, access, &ptr);

	if (ok && access == HOST_WRITE)
		memcpy(ptr, buf, len);
	else if (ok)
		memcpy(buf, ptr, len);
	arch_irq_restore(flags);
	return ok;
}

static u64 user_access(vaddr_t addr, enum host_access access, u8 *buf, u64 len)
{
	u64 done = 0;

	while (done < len) {
		vaddr_t at = addr + done;
		u64 part = min(len - done, PAGE_SIZE - (at & (PAGE_SIZE - 1)));

		if (touch(at, access, buf + done, part))
			done += part;
		else if (!host_user_fault || !host_user_fault(at, access))
			break;
	}
	return done;
}

u64 host_user_read(vaddr_t addr, void *buf, u64 len)
{
	return user_access(addr, HOST_READ, buf, len);
}

u64 host_user_write(vaddr_t addr, const void *buf, u64 len)
{
	return user_access(addr, HOST_WRITE, (u8 *)buf, len);
}

u64 host_user_exec(vaddr_t addr, void *buf, u64 len)
{
	return user_access(addr, HOST_EXEC, buf, len);
}

/* --- a frame becomes free --- */

/* A lazy CPU uses no user's page, and forgets before it does again. */
static bool may_be_old(const struct sim_tlb *tlb)
{
	const struct mm_struct *mm = mm_of(tlb);

	return mm && arch_cpu_is_behind((u32)(tlb - tlbs), mm);
}

static void check_pages(struct sim_tlb *tlb, pfn_t pfn, u32 order)
{
	for (u32 i = 0; i < TLB_SLOTS; i++) {
		struct tlb_entry *e = &tlb->pages[i];

		if (!e->used || e->pfn >> order != pfn >> order)
			continue;
		if (may_be_old(tlb)) {
			e->freed = true;
			continue;
		}
		report(tlb, e->page, e->pfn, "still translated to");
		drop_page(tlb, e);
	}
}

static void check_walks(struct sim_tlb *tlb, pfn_t pfn, u32 order)
{
	for (u32 i = 0; i < 3 * WALK_SLOTS; i++) {
		struct walk_entry *w =
			&tlb->walks[i / WALK_SLOTS][i % WALK_SLOTS];

		if (!w->used || w->table >> order != pfn >> order)
			continue;
		report(tlb, w->prefix, w->table, "walks still begin at table");
		drop_walk(w);
	}
}

static void check_root(struct sim_tlb *tlb, pfn_t pfn, u32 order)
{
	if (!tlb->root || PFN_DOWN(tlb->root) >> order != pfn >> order)
		return;
	report(tlb, 0, PFN_DOWN(tlb->root), "loaded is the top,");
	forget_all(tlb);
	set_root(tlb, 0);
}

static bool any_named(pfn_t pfn, u32 order)
{
	for (u32 i = 0; i < 1u << order; i++)
		if (__atomic_load_n(&named[(pfn + i) % NAMED_SIZE],
				    __ATOMIC_RELAXED))
			return true;
	return false;
}

void host_mmu_check_free(pfn_t pfn, u32 order)
{
	if (order > 20 || !any_named(pfn, order))
		return;
	for (u32 cpu = 0; cpu < MAX_CPUS; cpu++) {
		struct sim_tlb *tlb = &tlbs[cpu];

		pthread_mutex_lock(&tlb->lock);
		check_pages(tlb, pfn, order);
		check_walks(tlb, pfn, order);
		check_root(tlb, pfn, order);
		pthread_mutex_unlock(&tlb->lock);
	}
}

/* --- at rest --- */

static bool is_stale(const struct sim_tlb *tlb, const struct tlb_entry *e)
{
	struct walk w = { .addr = e->page,
			  .table = PFN_DOWN(tlb->root),
			  .level = 4,
			  .rights = _PAGE_RW | _PAGE_USER };
	u64 value;
	pfn_t pfn;

	for (;;) {
		value = __atomic_load_n(entry_at(&w), __ATOMIC_ACQUIRE);
		if (!(value & _PAGE_PRESENT))
			return true;
		w.rights = combine(w.rights, value);
		if (w.level == 1 || (value & _PAGE_PSE))
			break;
		w.table = pte_pfn(__pte(value));
		w.level--;
	}
	pfn = pte_pfn(__pte(value));
	if (w.level == 2)
		pfn += table_index(e->page, 1);
	/* What a TLB allows must be allowed; D may not be behind, either. */
	return e->large != (w.level == 2) || pfn != e->pfn ||
	       combine(w.rights, e->rights) != (e->rights & RIGHTS) ||
	       ((e->rights & _PAGE_DIRTY) && !(value & _PAGE_DIRTY));
}

static int check_tlb(struct sim_tlb *tlb)
{
	int findings = 0;

	for (u32 i = 0; i < TLB_SLOTS; i++) {
		const struct tlb_entry *e = &tlb->pages[i];

		if (!e->used || !is_stale(tlb, e))
			continue;
		pr_err("TLB of CPU %u: address 0x%012lx, pfn 0x%lx, rights 0x%lx: the tables say otherwise\n",
		       (u32)(tlb - tlbs), e->page, e->pfn, e->rights);
		findings++;
	}
	return findings;
}

int host_tlb_check(void)
{
	int findings = 0;

	for (u32 cpu = 0; cpu < MAX_CPUS; cpu++) {
		pthread_mutex_lock(&tlbs[cpu].lock);
		findings += check_tlb(&tlbs[cpu]);
		pthread_mutex_unlock(&tlbs[cpu].lock);
	}
	return findings;
}
