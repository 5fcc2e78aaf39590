/* SPDX-License-Identifier: MIT */
/*
 * mm/pte_cursor.h - inside mm/: entries of many addresses, one table locked
 *
 *	struct pte_cursor c = PTE_CURSOR_INIT;
 *	for each address of mm:
 *		if (!pte_cursor_covers(&c, addr))
 *			pte_cursor_move(&c, mm, addr);
 *		ptep = pte_cursor_entry(&c, addr);	NULL: no table there
 *	pte_cursor_end(&c);
 *
 * Addresses near each other share a table, so walk and lock are paid once for
 * a run of them. At most one table is locked, and who walks needs what every
 * walk needs (mm/pgtable.h); the run should be short, as faults wait for it.
 */
#pragma once

#include <mm/pgtable.h>

struct pte_cursor {
	pte_t *table; /* locked, or NULL: there is none */
	struct spinlock *ptl;
	u64 number; /* of the table: what addr >> PMD_SHIFT is */
};

#define PTE_CURSOR_INIT        \
	{                      \
		.number = ~0UL \
	}

static inline bool pte_cursor_covers(const struct pte_cursor *c, vaddr_t addr)
{
	return addr >> PMD_SHIFT == c->number;
}

static inline void pte_cursor_end(struct pte_cursor *c)
{
	if (c->table)
		spin_unlock(c->ptl);
	c->table = NULL;
	c->number = ~0UL;
}

static inline void pte_cursor_move(struct pte_cursor *c, struct mm_struct *mm,
				   vaddr_t addr)
{
	pte_cursor_end(c);
	c->table = pte_offset_map_lock(mm, addr & PMD_MASK, &c->ptl);
	c->number = addr >> PMD_SHIFT;
}

static inline pte_t *pte_cursor_entry(const struct pte_cursor *c, vaddr_t addr)
{
	return likely(c->table) ? &c->table[table_index(addr, 1)] : NULL;
}
