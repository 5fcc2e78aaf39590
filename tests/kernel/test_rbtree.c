// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_rbtree.c - trees against a sorted array
 *
 * Nodes have keys and weights; the tree's value is the largest weight of a
 * subtree. After each step of a random run the tree must hold the array's
 * keys in order, forwards and backwards, with right values at every node.
 */
#include <kernel/rbtree.h>
#include <kernel/test.h>

#include "mm_fixture.h"

#define NR_NODES 300

struct item {
	struct rb_node rb;
	u64 key, weight, heaviest;
	bool in;
};

static struct item items[NR_NODES];
static struct item *sorted[NR_NODES];
static u32 nr_sorted;
static struct rb_root tree;

static u64 heaviest_of(const struct rb_node *node)
{
	return node ? rb_entry(node, struct item, rb)->heaviest : 0;
}

static u64 compute(const struct item *item)
{
	u64 below = max(heaviest_of(item->rb.left), heaviest_of(item->rb.right));

	return max(item->weight, below);
}

static bool update(struct rb_node *node)
{
	struct item *item = rb_entry(node, struct item, rb);
	u64 heaviest = compute(item);

	if (item->heaviest == heaviest)
		return false;
	item->heaviest = heaviest;
	return true;
}

static void tree_insert(struct item *item, rb_update_t fn)
{
	struct rb_node **link = &tree.node, *parent = NULL;

	while (*link) {
		parent = *link;
		if (item->key < rb_entry(parent, struct item, rb)->key)
			link = &parent->left;
		else
			link = &parent->right;
	}
	rb_link_node(&item->rb, parent, link);
	rb_insert_augmented(&item->rb, &tree, fn);
}

static void model_insert(struct item *item)
{
	u32 at = nr_sorted++;

	for (; at && sorted[at - 1]->key > item->key; at--)
		sorted[at] = sorted[at - 1];
	sorted[at] = item;
}

static void model_erase(struct item *item)
{
	u32 at = 0;

	while (sorted[at] != item)
		at++;
	for (nr_sorted--; at < nr_sorted; at++)
		sorted[at] = sorted[at + 1];
}

static void begin(void)
{
	tree = RB_ROOT;
	nr_sorted = 0;
	memset(items, 0, sizeof(items));
}

static bool same_order(void)
{
	struct rb_node *node = rb_first(&tree);

	for (u32 i = 0; i < nr_sorted; i++, node = rb_next(node))
		if (node != &sorted[i]->rb)
			return false;
	if (node)
		return false;
	node = rb_last(&tree);
	for (u32 i = nr_sorted; i-- > 0; node = rb_prev(node))
		if (node != &sorted[i]->rb)
			return false;
	return !node;
}

static bool values_right(void)
{
	for (u32 i = 0; i < nr_sorted; i++)
		if (sorted[i]->heaviest != compute(sorted[i]))
			return false;
	return true;
}

static void toggle(struct item *item, u64 *seed, rb_update_t fn)
{
	item->in = !item->in;
	if (!item->in) {
		rb_erase_augmented(&item->rb, &tree, fn);
		model_erase(item);
		return;
	}
	item->key = fixture_random(seed) % 100000 * NR_NODES +
		    (u64)(item - items); /* no two alike */
	item->weight = fixture_random(seed) % 1000;
	item->heaviest = fixture_random(seed) % 1000; /* garbage */
	tree_insert(item, fn);
	model_insert(item);
}

/* Few nodes make every shape near the root, many make deep trees. */
static void random_run(struct test *t, u32 nr, u32 steps, rb_update_t fn)
{
	u64 seed = nr;

	begin();
	for (u32 i = 0; i < steps; i++) {
		toggle(&items[fixture_random(&seed) % nr], &seed, fn);
		ASSERT_EQ(rb_check(&tree), 0);
		ASSERT_TRUE(same_order());
		if (fn)
			ASSERT_TRUE(values_right());
	}
}

TEST(rbtree, holds_what_a_sorted_array_holds)
{
	random_run(t, 3, 200, NULL);
	random_run(t, 7, 1000, NULL);
	random_run(t, 20, 1000, NULL);
	random_run(t, NR_NODES, 300 * test_scale(), NULL);
}

TEST(rbtree, values_of_subtrees_are_kept)
{
	random_run(t, 3, 200, update);
	random_run(t, 7, 1000, update);
	random_run(t, 20, 1000, update);
	random_run(t, NR_NODES, 300 * test_scale(), update);
}

TEST(rbtree, a_changed_weight_reaches_the_root)
{
	u64 seed = 5;

	begin();
	for (u32 i = 0; i < 100; i++)
		toggle(&items[i], &seed, update);
	for (u32 i = 0; i < 500; i++) {
		struct item *item = &items[fixture_random(&seed) % 100];

		item->weight = fixture_random(&seed) % 1000;
		rb_propagate(&item->rb, update);
		ASSERT_TRUE(values_right());
	}
}

/* In order and against it: what an unbalanced tree cannot bear. */
TEST(rbtree, sorted_input_stays_flat)
{
	begin();
	for (u32 i = 0; i < NR_NODES; i++) {
		items[i].key = i < 150 ? i : 1000 - i;
		tree_insert(&items[i], NULL);
		model_insert(&items[i]);
	}
	EXPECT_EQ(rb_check(&tree), 0);
	EXPECT_TRUE(same_order());
	for (u32 i = 0; i < NR_NODES; i++) {
		rb_erase(rb_first(&tree), &tree);
		ASSERT_EQ(rb_check(&tree), 0);
	}
	EXPECT_TRUE(RB_EMPTY_ROOT(&tree));
	EXPECT_TRUE(!rb_first(&tree) && !rb_last(&tree));
}

/* --- what rb_check() finds --- */

static void seven(void)
{
	begin();
	for (u32 i = 0; i < 7; i++) {
		items[i].key = i;
		tree_insert(&items[i], NULL);
	}
}

TEST(rbtree, check_finds_a_red_root)
{
	seven();
	tree.node->parent_color &= ~1UL;
	EXPECT_EQ(rb_check(&tree), 1);
}

TEST(rbtree, check_finds_a_wrong_parent)
{
	seven();
	rb_first(&tree)->parent_color ^= 64;
	EXPECT_EQ(rb_check(&tree), 1);
}

/*
 *	    1b
 *	   /  \
 *	 0b    3r
 *	      /  \
 *	    2b    5b
 *	         /  \
 *	        4r   6r
 */
TEST(rbtree, check_finds_red_below_red)
{
	seven();
	items[5].rb.parent_color &= ~1UL;
	EXPECT_EQ(rb_check(&tree), 3); /* below 3, and 4, 6 below 5 */
	items[5].rb.parent_color |= 1;
	items[2].rb.parent_color &= ~1UL;
	EXPECT_EQ(rb_check(&tree), 1);
}

TEST(rbtree, check_finds_a_path_that_is_short_of_black)
{
	seven();
	items[4].rb.parent_color |= 1;
	EXPECT_EQ(rb_check(&tree), 1);
}
