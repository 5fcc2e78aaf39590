// SPDX-License-Identifier: MIT
/*
 * mm/xarray.c - from index to pointer: a radix tree of 64-slot nodes
 *
 *	head ─► node, shift 6: index bits 11..6
 *	          │ slot 2 ─► node, shift 0: index bits 5..0
 *	          │             │ slot 3 ─► the entry of index 2 * 64 + 3
 *
 * The tree is as high as its largest index needs: one entry at index 0 needs no
 * node at all. Pointers to nodes are marked by bit 1, which entries don't have,
 * so a reader can tell them apart whatever the tree does meanwhile.
 *
 * A reader inside an RCU section descends without a lock. Who changes the tree
 * holds xa->lock, publishes a node when it is complete, and frees one after a
 * grace period; so a reader sees each slot as it was or as it is.
 *
 * Memory is allocated without the lock: a store that lacks a node lets go,
 * fetches one and starts again.
 */
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/point.h>
#include <kernel/rcu.h>
#include <mm/slab.h>
#include <mm/xarray.h>

#define CHUNK_SHIFT 6
#define CHUNK_SIZE  64
#define NODE_MARK   2UL
#define MAX_SHIFT   60

struct xa_node {
	u8 shift;  /* of its slots' index bits */
	u8 offset; /* its slot in the parent */
	u8 count;  /* slots in use */
	struct xa_node *parent;
	struct rcu_head rcu;
	void *slots[CHUNK_SIZE];
};

static struct kmem_cache *node_cache;

int xarray_init(void)
{
	node_cache = kmem_cache_create("xa_node", sizeof(struct xa_node), 0,
				       SLAB_RECLAIM_ACCOUNT, NULL);
	return node_cache ? 0 : -ENOMEM;
}

void xa_init(struct xarray *xa, struct lock_class *class)
{
	*xa = (struct xarray){};
	spin_lock_init(&xa->lock, class);
}

/* --- nodes --- */

static bool is_node(const void *entry)
{
	return ((u64)entry & 3) == NODE_MARK;
}

static struct xa_node *to_node(const void *entry)
{
	return (struct xa_node *)((u64)entry & ~NODE_MARK);
}

static void *mark(struct xa_node *node)
{
	return (void *)((u64)node | NODE_MARK);
}

static void *load(void *const *slot)
{
	return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

static void publish(void **slot, void *entry)
{
	__atomic_store_n(slot, entry, __ATOMIC_RELEASE);
}

static u32 slot_of(const struct xa_node *node, u64 index)
{
	return index >> node->shift & (CHUNK_SIZE - 1);
}

/* Indices that a node at the top reaches: 0 to this. */
static u64 reach(const struct xa_node *node)
{
	u32 bits = node->shift + CHUNK_SHIFT;

	return bits >= 64 ? ~0UL : (1UL << bits) - 1;
}

static struct xa_node *node_alloc(u32 gfp)
{
	if (POINT_FAILS(xa_node_alloc, gfp))
		return NULL;
	return kmem_cache_zalloc(node_cache, gfp);
}

static void free_node_rcu(struct rcu_head *head)
{
	kmem_cache_free(node_cache, container_of(head, struct xa_node, rcu));
}

/* --- loading --- */

void *xa_load(struct xarray *xa, u64 index)
{
	void *entry = load(&xa->head);

	if (!is_node(entry))
		return index ? NULL : entry;
	if (index > reach(to_node(entry)))
		return NULL;
	do {
		const struct xa_node *node = to_node(entry);

		entry = load(&node->slots[slot_of(node, index)]);
	} while (is_node(entry));
	return entry;
}

/* The first entry from *index on in this subtree, whose first index is base. */
static void *find_in(void *entry, u64 base, u64 *index)
{
	const struct xa_node *node;

	if (!is_node(entry))
		return entry && *index <= base ? (*index = base, entry) : NULL;
	node = to_node(entry);
	for (u32 i = 0; i < CHUNK_SIZE; i++) {
		u64 first = base + ((u64)i << node->shift);
		u64 last = first + ((1UL << node->shift) - 1);
		void *found;

		if (last < *index)
			continue;
		found = find_in(load(&node->slots[i]), first, index);
		if (found)
			return found;
	}
	return NULL;
}

void *xa_find(struct xarray *xa, u64 *index, u64 last)
{
	u64 at = *index;
	void *entry;

	rcu_read_lock();
	entry = find_in(load(&xa->head), 0, &at);
	rcu_read_unlock();
	if (!entry || at > last)
		return NULL;
	*index = at;
	return entry;
}

/* --- storing; lock held --- */

/* An empty tree starts as high as it has to be; others grow by a level. */
static u8 new_top_shift(const void *head, u64 index)
{
	u32 shift = 0;

	if (is_node(head))
		return (u8)(to_node(head)->shift + CHUNK_SHIFT);
	while (!head && shift < MAX_SHIFT && index >> shift >= CHUNK_SIZE)
		shift += CHUNK_SHIFT;
	return (u8)shift;
}

/* A node on top of the tree; takes *spare. */
static void grow(struct xarray *xa, u64 index, struct xa_node **spare)
{
	struct xa_node *node = *spare;
	void *head = xa->head;

	*spare = NULL;
	node->shift = new_top_shift(head, index);
	node->slots[0] = head;
	node->count = head != NULL;
	if (is_node(head)) {
		to_node(head)->parent = node;
		to_node(head)->offset = 0;
	}
	publish(&xa->head, mark(node));
}

static struct xa_node *add_child(struct xa_node *node, u32 slot,
				 struct xa_node **spare)
{
	struct xa_node *child = *spare;

	*spare = NULL;
	child->shift = node->shift - CHUNK_SHIFT;
	child->offset = (u8)slot;
	child->parent = node;
	publish(&node->slots[slot], mark(child));
	node->count++;
	return child;
}

static bool head_reaches(const struct xarray *xa, u64 index)
{
	return is_node(xa->head) ? index <= reach(to_node(xa->head)) : !index;
}

/* The node whose slot is index's entry; NULL: *spare is needed and not there. */
static struct xa_node *node_for(struct xarray *xa, u64 index,
				struct xa_node **spare)
{
	struct xa_node *node;

	while (!is_node(xa->head) || !head_reaches(xa, index)) {
		if (!*spare)
			return NULL;
		grow(xa, index, spare);
	}
	node = to_node(xa->head);
	while (node->shift) {
		u32 slot = slot_of(node, index);

		if (!node->slots[slot] && !*spare)
			return NULL;
		node = node->slots[slot] ? to_node(node->slots[slot]) :
					   add_child(node, slot, spare);
	}
	return node;
}

static void drop_node(struct xa_node *node)
{
	call_rcu(&node->rcu, free_node_rcu);
}

/* Nodes without entries go; a top that holds only index 0's slot, too. */
static void shrink(struct xarray *xa, struct xa_node *node)
{
	while (node && !node->count) {
		struct xa_node *parent = node->parent;

		if (parent) {
			publish(&parent->slots[node->offset], NULL);
			parent->count--;
		} else {
			publish(&xa->head, NULL);
		}
		drop_node(node);
		node = parent;
	}
	while (is_node(xa->head)) {
		struct xa_node *top = to_node(xa->head);

		if (top->count != 1 || !top->slots[0])
			return;
		if (is_node(top->slots[0]))
			to_node(top->slots[0])->parent = NULL;
		publish(&xa->head, top->slots[0]);
		drop_node(top);
	}
}

static void **slot_for(struct xarray *xa, u64 index, struct xa_node **node)
{
	void **slot = &xa->head;

	*node = NULL;
	if (!head_reaches(xa, index))
		return NULL;
	while (is_node(*slot)) {
		*node = to_node(*slot);
		slot = &(*node)->slots[slot_of(*node, index)];
	}
	return slot;
}

void *__xa_replace(struct xarray *xa, u64 index, void *entry)
{
	struct xa_node *node;
	void **slot = slot_for(xa, index, &node), *old;

	BUG_ON(!slot || !*slot);
	old = *slot;
	publish(slot, entry);
	return old;
}

void *__xa_erase(struct xarray *xa, u64 index)
{
	struct xa_node *node;
	void **slot = slot_for(xa, index, &node), *old;

	if (!slot || !*slot)
		return NULL;
	old = *slot;
	publish(slot, NULL);
	xa->nr--;
	if (node) {
		node->count--;
		shrink(xa, node);
	}
	return old;
}

/* 0; -ENOMEM: *spare is needed; -EEXIST. */
static int store(struct xarray *xa, u64 index, void *entry, bool insert,
		 struct xa_node **spare)
{
	struct xa_node *node = NULL;
	void **slot = &xa->head;

	if (index || is_node(xa->head)) {
		node = node_for(xa, index, spare);
		if (!node)
			return -ENOMEM;
		slot = &node->slots[slot_of(node, index)];
	}
	if (*slot && insert)
		return -EEXIST;
	if (!*slot) {
		xa->nr++;
		if (node)
			node->count++;
	}
	publish(slot, entry);
	return 0;
}

/* No memory: what was built on the way to index has no entry, and goes. */
static void give_up(struct xarray *xa, u64 index)
{
	struct xa_node *node;

	spin_lock(&xa->lock);
	slot_for(xa, index, &node);
	shrink(xa, node);
	spin_unlock(&xa->lock);
}

static int store_or_allocate(struct xarray *xa, u64 index, void *entry,
			     bool insert, u32 gfp)
{
	struct xa_node *spare = NULL;
	int err;

	for (;;) {
		spin_lock(&xa->lock);
		err = store(xa, index, entry, insert, &spare);
		spin_unlock(&xa->lock);
		if (err != -ENOMEM)
			break;
		spare = node_alloc(gfp);
		if (!spare) {
			give_up(xa, index);
			return -ENOMEM;
		}
	}
	if (spare)
		kmem_cache_free(node_cache, spare);
	return err;
}

int xa_store(struct xarray *xa, u64 index, void *entry, u32 gfp)
{
	if (!entry) {
		xa_erase(xa, index);
		return 0;
	}
	return store_or_allocate(xa, index, entry, false, gfp);
}

int xa_insert(struct xarray *xa, u64 index, void *entry, u32 gfp)
{
	return store_or_allocate(xa, index, entry, true, gfp);
}

void *xa_erase(struct xarray *xa, u64 index)
{
	void *old;

	spin_lock(&xa->lock);
	old = __xa_erase(xa, index);
	spin_unlock(&xa->lock);
	return old;
}

static void destroy(void *entry)
{
	struct xa_node *node = to_node(entry);

	if (!is_node(entry))
		return;
	for (u32 i = 0; i < CHUNK_SIZE; i++)
		destroy(node->slots[i]);
	drop_node(node);
}

void xa_destroy(struct xarray *xa)
{
	void *head;

	spin_lock(&xa->lock);
	head = xa->head;
	publish(&xa->head, NULL);
	xa->nr = 0;
	spin_unlock(&xa->lock);
	destroy(head);
}

/* --- checking --- */

static int check_node(const struct xa_node *node, u64 *entries)
{
	u32 used = 0;
	int findings = 0;

	for (u32 i = 0; i < CHUNK_SIZE; i++) {
		const void *entry = node->slots[i];
		const struct xa_node *child = to_node(entry);

		used += entry != NULL;
		if (!is_node(entry)) {
			*entries += entry != NULL;
			findings += entry && node->shift;
			continue;
		}
		findings += child->parent != node || child->offset != i ||
			    child->shift + CHUNK_SHIFT != node->shift;
		findings += check_node(child, entries);
	}
	return findings + (used != node->count);
}

int xa_check(struct xarray *xa)
{
	u64 entries = 0;
	int findings = 0;

	spin_lock(&xa->lock);
	if (is_node(xa->head))
		findings = check_node(to_node(xa->head), &entries);
	else
		entries = xa->head != NULL;
	findings += entries != xa->nr;
	spin_unlock(&xa->lock);
	return findings;
}
