// SPDX-License-Identifier: MIT
/*
 * tests/exhaustive/two_types.c - types, fallback and isolation on 8 frames
 *
 *	frame  0 1   2 3   4 5   6 7
 *	block  |0|   |1|   |2|   |3|	blocks of 2; 0 and 1 are buddies, 2 and 3
 *
 * A state says of each frame whether it is free, or head of which order for
 * which charge, or tail; of each block its type, whether it is isolated, and
 * whom its free frames are lent to. From each state:
 *	- free each allocated block, change its charge
 *	- take each free place for each charge
 *	- allocate each order for each type by each policy, with and without
 *	  ALLOC_NOFRAGMENT, single frames also by fullness
 *	- retype, isolate and unisolate each block, to each type; lend it
 *
 * Mirror images are one state: the two frames of a block, the two blocks of a
 * pair and the two pairs may change places. (The allocator prefers low
 * addresses, so this folds what it does to them, too; the argument --unfolded
 * walks through all.)
 */
#include <stdio.h>

#include <mm/fallback.h>

#include "exhaust.h"

#define NR_FRAMES 8
#define NR_BLOCKS 4
#define NR_TYPES  2 /* Unmovable, Movable */

/* A head is 1 + order * 2 + charge: 1 to 6. */
#define CELL_FREE 0
#define CELL_TAIL 7

struct model {
	u8 cell[NR_FRAMES];
	u32 map; /* a bit for each free cell */
	u8 type[NR_BLOCKS];
	u8 lent[NR_BLOCKS]; /* type + 1 */
	bool isolated[NR_BLOCKS];
};

static struct model m, before;
static struct pageblock blocks[NR_BLOCKS];
static const pfn_t base = 2 * MAX_ORDER_NR_PAGES;
static u64 nr_transitions;
static bool unfolded;

static bool is_head(u8 c)
{
	return c != CELL_FREE && c != CELL_TAIL;
}

static u32 order_of(u8 c)
{
	return (c - 1u) / 2;
}

static enum migratetype charge_of(u8 c)
{
	return (c - 1u) % 2;
}

/* --- keys: ten bits a block --- */

#define BLOCK_BITS 10
#define ATTR_BITS  4

static u64 attributes(u32 n)
{
	return (u64)(m.type[n] | m.isolated[n] << 1 | m.lent[n] << 2);
}

static u64 encode_block(u32 n)
{
	return (u64)m.cell[2 * n] << 7 | (u64)m.cell[2 * n + 1] << 4 |
	       attributes(n);
}

static u64 encode(void)
{
	u64 state = 0;

	for (u32 n = 0; n < NR_BLOCKS; n++)
		state = state << BLOCK_BITS | encode_block(n);
	return state;
}

static void decode(u64 state)
{
	m.map = 0;
	for (u32 n = NR_BLOCKS; n-- > 0; state >>= BLOCK_BITS) {
		m.cell[2 * n] = state >> 7 & 7;
		m.cell[2 * n + 1] = state >> 4 & 7;
		m.type[n] = state & 1;
		m.isolated[n] = state >> 1 & 1;
		m.lent[n] = state >> 2 & 3;
		m.map |= (u32)(m.cell[2 * n] == CELL_FREE) << 2 * n;
		m.map |= (u32)(m.cell[2 * n + 1] == CELL_FREE) << (2 * n + 1);
	}
}

static u64 join_sorted(u64 a, u64 b, u32 bits)
{
	return a < b ? a << bits | b : b << bits | a;
}

static u64 folded_block(u32 n)
{
	u8 a = m.cell[2 * n], b = m.cell[2 * n + 1];

	if (a != CELL_TAIL && b != CELL_TAIL && a > b)
		return (u64)b << 7 | (u64)a << 4 | attributes(n);
	return encode_block(n);
}

/* A chunk of both blocks stays where it is, what is said of them may swap. */
static u64 folded_pair(u32 n)
{
	if (is_head(m.cell[2 * n]) && order_of(m.cell[2 * n]) == MAX_ORDER)
		return (u64)m.cell[2 * n] << 12 | 1UL << 19 |
		       join_sorted(attributes(n), attributes(n + 1), ATTR_BITS);
	return join_sorted(folded_block(n), folded_block(n + 1), BLOCK_BITS)
	       << 1;
}

static u64 key(void)
{
	return unfolded ? encode() :
			  join_sorted(folded_pair(0), folded_pair(2),
				      2 * BLOCK_BITS + 1);
}

static void show_model(const char *what, const struct model *model)
{
	static const char letters[] = ".umumUM-";
	static const char *const lent[] = { "", " lent to U", " lent to M" };

	printf("# %s", what);
	for (u32 n = 0; n < NR_BLOCKS; n++)
		printf("  %c%c type %c%s%s", letters[model->cell[2 * n]],
		       letters[model->cell[2 * n + 1]], "UM"[model->type[n]],
		       model->isolated[n] ? " isolated" : "",
		       lent[model->lent[n]]);
	printf("\n");
}

void show_state(void)
{
	show_model("before:", &before);
	show_model("model: ", &m);
}

/* --- building a state by the allocator's own means --- */

/* One block at a time, so that no two free blocks meet and join. */
static void load_chunk(u32 place, u32 order, enum migratetype charge)
{
	u32 part = min(order, (u32)pageblock_order);

	for (u32 i = place; i < place + (1u << order); i += 1u << part) {
		freelist_put_reserved(&zone, base + i, part);
		freelist_take_at(&zone, base + i, part, charge);
	}
}

static void load(u64 state)
{
	now("load", 0, 0);
	decode(state);
	before = m;
	zone_begin(base, NR_FRAMES, blocks);
	for (u32 n = 0; n < NR_BLOCKS; n++)
		pageblock_init(&blocks[n], m.type[n]);
	for (u32 i = 0; i < NR_FRAMES; i++)
		if (is_head(m.cell[i]))
			load_chunk(i, order_of(m.cell[i]), charge_of(m.cell[i]));
	for (u32 n = 0; n < NR_BLOCKS; n++)
		if (m.isolated[n])
			freelist_isolate(&zone, &blocks[n]);
	for (u32 i = 0; i < NR_FRAMES; i++)
		if (m.cell[i] == CELL_FREE)
			freelist_put_reserved(&zone, base + i, 0);
	for (u32 n = 0; n < NR_BLOCKS; n++)
		if (m.lent[n])
			freelist_lend(&zone, &blocks[n], m.lent[n] - 1u);
}

/* --- the comparison --- */

static u8 listed_type(u32 n)
{
	return m.lent[n] ? m.lent[n] - 1u : m.type[n];
}

/* Charge of the chunk that frame i is in; NR_TYPES: it is free. */
static u32 frame_charge(u32 i)
{
	u32 order = 0;

	if (m.cell[i] == CELL_FREE)
		return NR_TYPES;
	for (; m.cell[i] == CELL_TAIL; order++)
		i &= ~(1u << order);
	return charge_of(m.cell[i]);
}

static void check_block(u32 n)
{
	const struct pageblock *b = &blocks[n];
	u32 nr[NR_TYPES + 1] = { 0 };

	for (u32 i = 2 * n; i < 2 * n + 2; i++)
		nr[frame_charge(i)]++;
	agree("free map", b->free_map[0], m.map >> 2 * n & 3);
	agree("block's type", b->bits & BLOCK_TYPE_MASK, m.type[n]);
	agree("isolated", (b->bits & BLOCK_ISOLATE) != 0, m.isolated[n]);
	agree("lent", b->bits >> BLOCK_LENT_SHIFT & 3, m.lent[n]);
	agree("Unmovable", b->nr[FRAME_UNMOVABLE], nr[MIGRATE_UNMOVABLE]);
	agree("Movable", b->nr[FRAME_MOVABLE], nr[MIGRATE_MOVABLE]);
	agree("Reclaimable", b->nr[FRAME_RECLAIMABLE], 0);
	agree("free", b->nr[FRAME_FREE], m.isolated[n] ? 0 : nr[NR_TYPES]);
	agree("fenced", b->nr[FRAME_ISOLATED],
	      m.isolated[n] ? nr[NR_TYPES] : 0);
	agree("reserved", b->nr[FRAME_RESERVED], 0);
}

/* A frame's record knows its charge, and whether it may go to a stack. */
static void check_records(void)
{
	for (u32 i = 0; i < NR_FRAMES; i++) {
		const struct page *page = pfn_to_page(base + i);

		if (is_head(m.cell[i]))
			agree("charge in the record", page_charge(page),
			      charge_of(m.cell[i]));
		if (is_head(m.cell[i]) && order_of(m.cell[i]) < MAX_ORDER)
			agree("bypasses stacks",
			      (page->charge & CHARGE_BYPASS) != 0,
			      m.isolated[i / 2]);
	}
}

static u32 map_of_type(u8 type)
{
	u32 map = m.map;

	for (u32 n = 0; n < NR_BLOCKS; n++)
		if (m.isolated[n] || listed_type(n) != type)
			map &= ~(3u << 2 * n);
	return map;
}

static void check_types(void)
{
	u64 is[NR_PAGE_ORDERS], should[NR_PAGE_ORDERS], all = 0;

	for (u8 t = 0; t < NR_TYPES; t++) {
		u32 map = map_of_type(t);

		freelist_count(&zone, t, is);
		count_chunks(map, NR_FRAMES, should);
		for (u32 o = 0; o < NR_PAGE_ORDERS; o++)
			agree("chunks of a type", is[o], should[o]);
		agree("frames of a type", lists.nr_free[t],
		      (u64)__builtin_popcount(map));
		all += lists.nr_free[t];
	}
	agree("frames of no other type", lists.nr_free[MIGRATE_ISOLATE], 0);
	agree("free frames", zone.nr_free_pages, all);
}

static void check(void)
{
	agree("freelist_check()", (u64)freelist_check(&zone), 0);
	for (u32 n = 0; n < NR_BLOCKS; n++)
		check_block(n);
	check_records();
	check_types();
}

static void arrived(void)
{
	nr_transitions++;
	check();
	state_add(key(), encode());
}

static void back(void)
{
	zone_restore();
	m = before;
}

/* --- the model's rules --- */

static bool is_free(u32 place, u32 order)
{
	u32 mask = run_mask(place, order);

	return (m.map & mask) == mask;
}

static bool block_may_pair(u32 n)
{
	return is_free(2 * n, pageblock_order) && !m.isolated[n];
}

/* Block n has become free or changed: a free buddy takes its type. */
static void model_pair(u32 n)
{
	if (block_may_pair(n) && block_may_pair(n ^ 1))
		m.type[n ^ 1] = m.type[n];
}

static void model_take(u32 place, u32 order, enum migratetype charge)
{
	memset(&m.cell[place], CELL_TAIL, 1u << order);
	m.cell[place] = (u8)(1 + order * 2 + charge);
	m.map &= ~run_mask(place, order);
}

static void model_free(u32 place, u32 order)
{
	u32 last = place + (1u << order) - 1;

	memset(&m.cell[place], CELL_FREE, 1u << order);
	m.map |= run_mask(place, order);
	for (u32 n = place / 2; n <= last / 2; n++)
		m.lent[n] = 0;
	/* Of two blocks the upper one comes first, the lower one joins it. */
	model_pair(place / 2);
}

/* --- operations on chunks --- */

static void try_free(u32 place)
{
	u32 order = order_of(m.cell[place]);

	now("freelist_put", place, order);
	freelist_put(&zone, base + place, order, charge_of(m.cell[place]));
	model_free(place, order);
	arrived();
	back();
}

static void try_recharge(u32 place)
{
	u32 order = order_of(m.cell[place]);
	enum migratetype to = !charge_of(m.cell[place]);

	now("freelist_recharge", place, order);
	freelist_recharge(&zone, base + place, order, to);
	model_take(place, order, to);
	arrived();
	back();
}

/* A pair of which one block is fenced is no chunk. */
static bool may_take_at(u32 place, u32 order)
{
	return is_free(place, order) &&
	       m.isolated[place / 2] ==
		       m.isolated[(place + (1u << order) - 1) / 2];
}

static void try_take_at(u32 place, u32 order, enum migratetype charge)
{
	now("freelist_take_at", place, order);
	freelist_take_at(&zone, base + place, order, charge);
	model_take(place, order, charge);
	arrived();
	back();
}

/* --- allocation --- */

/* Is there a chunk for anybody? Types differ in a chunk of no pair. */
static bool model_has(u32 order)
{
	for (u32 i = 0; i < NR_FRAMES; i += 1u << order)
		if (is_free(i, order) && !m.isolated[i / 2] &&
		    !m.isolated[(i + (1u << order) - 1) / 2])
			return true;
	return false;
}

static bool model_has_of_type(u32 order, u8 type)
{
	u64 nr[NR_PAGE_ORDERS];

	count_chunks(map_of_type(type), NR_FRAMES, nr);
	for (; order <= MAX_ORDER; order++)
		if (nr[order])
			return true;
	return false;
}

/*
 * A policy has chosen block n for `type`. It may have left it alone (a theft),
 * claimed it, with its buddy if both were free, or lent it; nothing else.
 */
static void adopt_choice(u32 n, u8 type, u32 flags)
{
	u8 bits = blocks[n].bits;
	bool was_free = is_free(2 * n, pageblock_order);

	m.lent[n] = bits >> BLOCK_LENT_SHIFT & 3;
	agree("lent to who asked", m.lent[n] == 0 || m.lent[n] == type + 1 ||
					   m.lent[n] == before.lent[n],
	      1);
	if ((bits & BLOCK_TYPE_MASK) != m.type[n]) {
		agree("claimed for who asked", bits & BLOCK_TYPE_MASK, type);
		agree("lent and claimed", m.lent[n], 0);
		m.type[n] = type;
		model_pair(n);
	}
	if (flags & ALLOC_NOFRAGMENT)
		agree("claimed a free block", was_free && m.type[n] == type, 1);
	if (was_free)
		agree("a free block is claimed", m.type[n], type);
}

static struct pageblock *choose(u32 order, enum migratetype type,
				const struct fallback_policy *policy,
				u32 flags, bool fullest)
{
	struct pageblock *b = fullest ? freelist_find_fullest(&zone, type) :
					freelist_find(&zone, order, type);

	agree("whether its own type serves it", b != NULL,
	      model_has_of_type(order, type));
	if (b) {
		agree("the block's list", listed_type((u32)(b - blocks)), type);
		return b;
	}
	b = policy->pick(&zone, order, type, flags);
	if (b)
		adopt_choice((u32)(b - blocks), type, flags);
	else if (!(flags & ALLOC_NOFRAGMENT))
		agree("refused", model_has(order), false);
	return b;
}

static void try_alloc(u32 order, enum migratetype type,
		      const struct fallback_policy *policy, u32 flags,
		      bool fullest)
{
	struct pageblock *b;
	u32 place;

	now(policy->name, fullest << 1 | type, order);
	b = choose(order, type, policy, flags, fullest);
	if (b) {
		place = (u32)(freelist_take(&zone, b, order, type) - base);
		agree("in the chosen block", place / 2, (u64)(b - blocks));
		agree("aligned", place % (1u << order), 0);
		agree("free and not fenced",
		      is_free(place, order) && !m.isolated[place / 2], 1);
		model_take(place, order, type);
	}
	arrived();
	back();
}

/* The policy is asked only when the type itself has nothing. */
static void try_allocs(enum migratetype type, u32 order)
{
	u32 nr = model_has_of_type(order, type) ? 1 : nr_fallback_policies;

	for (u32 p = 0; p < nr; p++)
		try_alloc(order, type, &fallback_policies[p], 0, false);
	for (u32 p = 0; nr > 1 && p < nr; p++)
		try_alloc(order, type, &fallback_policies[p], ALLOC_NOFRAGMENT,
			  false);
}

/* --- operations on blocks --- */

static void try_retype(u32 n, enum migratetype type)
{
	now("freelist_retype", n, type);
	freelist_retype(&zone, &blocks[n], type);
	m.type[n] = (u8)type;
	m.lent[n] = 0;
	model_pair(n);
	arrived();
	back();
}

/* What policy classic does: lend the block, take a frame of it. */
static void try_lend(u32 n)
{
	enum migratetype type = !m.type[n];
	u32 place;

	now("freelist_lend", n, type);
	freelist_lend(&zone, &blocks[n], type);
	m.lent[n] = type + 1;
	check();
	place = (u32)(freelist_take(&zone, &blocks[n], 0, type) - base);
	agree("in the lent block", place / 2, n);
	model_take(place, 0, type);
	arrived();
	back();
}

static void try_fence(u32 n)
{
	now("freelist_isolate", n, 0);
	freelist_isolate(&zone, &blocks[n]);
	m.isolated[n] = true;
	arrived();
	back();
}

static void try_unfence(u32 n, enum migratetype type)
{
	now("freelist_unisolate", n, type);
	freelist_unisolate(&zone, &blocks[n], type);
	m.isolated[n] = false;
	m.type[n] = (u8)type;
	m.lent[n] = 0;
	model_pair(n);
	arrived();
	back();
}

/* --- the walk --- */

static void expand_places(u32 order)
{
	for (u32 i = 0; i < NR_FRAMES; i += 1u << order)
		for (enum migratetype t = 0; may_take_at(i, order) &&
					     t < NR_TYPES; t++)
			try_take_at(i, order, t);
}

static void expand_block(u32 n)
{
	if (!m.isolated[n])
		try_fence(n);
	if (!m.isolated[n] && blocks[n].nr[FRAME_FREE] == 1)
		try_lend(n);
	for (enum migratetype t = 0; t < NR_TYPES; t++) {
		if (m.isolated[n])
			try_unfence(n, t);
		try_retype(n, t);
	}
}

static void expand(u64 state)
{
	load(state);
	check();
	zone_save();
	for (u32 i = 0; i < NR_FRAMES; i++)
		if (is_head(m.cell[i])) {
			try_free(i);
			try_recharge(i);
		}
	for (u32 o = 0; o <= MAX_ORDER; o++)
		expand_places(o);
	for (enum migratetype t = 0; t < NR_TYPES; t++) {
		for (u32 o = 0; o <= MAX_ORDER; o++)
			try_allocs(t, o);
		try_alloc(0, t, &fallback_policies[0], 0, true);
	}
	for (u32 n = 0; n < NR_BLOCKS; n++)
		expand_block(n);
}

static void walk(void)
{
	u64 state;

	m.type[0] = m.type[1] = m.type[2] = m.type[3] = MIGRATE_MOVABLE;
	state_add(key(), encode());
	while (state_next(&state))
		expand(state);
}

int main(int argc, char **argv)
{
	unfolded = argc > 1 && !strcmp(argv[1], "--unfolded");
	printf("KTAP version 1\n1..1\n");
	walk();
	printf("# %lu states%s, %lu transitions\n", states_seen(),
	       unfolded ? "" : " (mirror images once)", nr_transitions);
	printf("ok 1 types_fallback_isolation\n");
	return 0;
}
