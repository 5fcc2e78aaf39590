// SPDX-License-Identifier: MIT
/*
 * kernel/base/rbtree.c - red-black trees: rebalancing and checking
 *
 * The rules, from which it follows that no path from the root is more than
 * twice as long as another:
 *
 *	1. the root is black;
 *	2. a red node has no red child;
 *	3. from a node down to each missing child: the same number of black ones.
 *
 * A new node is red, which may break rule 2 at its parent; a black node that
 * is taken out breaks rule 3 where it was. Both are mended on the way up, by
 * recolouring, which moves the damage two or one levels higher, or by at most
 * three rotations, which end it:
 *
 *	    top                up
 *	   /   \    rotate    /  \
 *	 up     c   ----->   a   top
 *	/  \                    /   \
 *	a   b                  b     c
 *
 * What is below `top` before is below `up` after, so a value kept for subtrees
 * is computed anew for these two nodes and for nobody above them. Left and
 * right are alike but for the name: code that has a side takes it as an
 * argument.
 *
 * Source: Cormen et al., chapter 13; their sentinel is a NULL with the parent
 * handed along.
 */
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/rbtree.h>

#define RB_BLACK 1UL

enum side { LEFT, RIGHT };

static inline struct rb_node **child(struct rb_node *node, enum side side)
{
	return side == LEFT ? &node->left : &node->right;
}

static inline enum side other(enum side side)
{
	return side == LEFT ? RIGHT : LEFT;
}

/* A missing node is black. */
static inline bool is_red(const struct rb_node *node)
{
	return node && !(node->parent_color & RB_BLACK);
}

static inline void set_black(struct rb_node *node)
{
	node->parent_color |= RB_BLACK;
}

static inline void set_red(struct rb_node *node)
{
	node->parent_color &= ~RB_BLACK;
}

static inline void set_parent(struct rb_node *node, struct rb_node *parent)
{
	node->parent_color = (u64)parent | (node->parent_color & RB_BLACK);
}

static inline enum side side_of(const struct rb_node *node,
				const struct rb_node *parent)
{
	return parent->left == node ? LEFT : RIGHT;
}

/* What parent (NULL: the root) has instead of old is now new. */
static inline void replace_child(struct rb_root *root, struct rb_node *parent,
				 struct rb_node *old, struct rb_node *new)
{
	if (parent)
		*child(parent, side_of(old, parent)) = new;
	else
		root->node = new;
}

/* The child of top on `side` comes up to its place. Colours stay. */
static void rotate(struct rb_node *top, enum side side, struct rb_root *root,
		   rb_update_t update)
{
	struct rb_node *up = *child(top, side);
	struct rb_node *middle = *child(up, other(side));

	*child(top, side) = middle;
	if (middle)
		set_parent(middle, top);
	replace_child(root, rb_parent(top), top, up);
	set_parent(up, rb_parent(top));
	*child(up, other(side)) = top;
	set_parent(top, up);
	if (update) {
		update(top);
		update(up);
	}
}

void rb_propagate(struct rb_node *node, rb_update_t update)
{
	while (node && update(node))
		node = rb_parent(node);
}

/* A node that never had a value has one now: its parent is told regardless. */
static void update_placed(struct rb_node *node, rb_update_t update)
{
	update(node);
	rb_propagate(rb_parent(node), update);
}

/* --- inserting --- */

/* node and parent are red, grand's other child is black: two turns at most. */
static void end_red_pair(struct rb_node *node, struct rb_node *parent,
			 struct rb_node *grand, struct rb_root *root,
			 rb_update_t update)
{
	enum side side = side_of(parent, grand);

	if (side_of(node, parent) != side) {
		rotate(parent, other(side), root, update);
		parent = node;
	}
	set_black(parent);
	set_red(grand);
	rotate(grand, side, root, update);
}

void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			 rb_update_t update)
{
	struct rb_node *parent;

	if (update)
		update_placed(node, update);
	while (is_red(parent = rb_parent(node))) {
		/* It is red, so it isn't the root. */
		struct rb_node *grand = rb_parent(parent);
		struct rb_node *uncle =
			*child(grand, other(side_of(parent, grand)));

		if (!is_red(uncle)) {
			end_red_pair(node, parent, grand, root, update);
			break;
		}
		set_black(parent);
		set_black(uncle);
		set_red(grand);
		node = grand;
	}
	set_black(root->node);
}

/* --- erasing --- */

/*
 * Paths through node (may be NULL), which is parent's child on `side`, are one
 * black short. Its sibling exists: else rule 3 had been broken before.
 */
static struct rb_node *black_sibling(struct rb_node *parent, enum side side,
				     struct rb_root *root, rb_update_t update)
{
	struct rb_node *sibling = *child(parent, other(side));

	if (!is_red(sibling))
		return sibling;
	set_black(sibling);
	set_red(parent);
	rotate(parent, other(side), root, update);
	return *child(parent, other(side));
}

/* The sibling has a red child, which pays for what is missing. */
static void end_short_path(struct rb_node *parent, struct rb_node *sibling,
			   enum side side, struct rb_root *root,
			   rb_update_t update)
{
	struct rb_node *near = *child(sibling, side);
	struct rb_node *far = *child(sibling, other(side));

	if (is_red(near) && !is_red(far)) {
		set_black(near);
		set_red(sibling);
		rotate(sibling, side, root, update);
		far = sibling;
		sibling = near;
	}
	if (is_red(parent))
		set_red(sibling);
	else
		set_black(sibling);
	set_black(parent);
	set_black(far);
	rotate(parent, other(side), root, update);
}

static void mend_short_path(struct rb_node *node, struct rb_node *parent,
			    struct rb_root *root, rb_update_t update)
{
	while (parent && !is_red(node)) {
		enum side side = side_of(node, parent);
		struct rb_node *sibling =
			black_sibling(parent, side, root, update);

		if (is_red(sibling->left) || is_red(sibling->right)) {
			end_short_path(parent, sibling, side, root, update);
			return;
		}
		set_red(sibling);
		node = parent;
		parent = rb_parent(node);
	}
	if (node)
		set_black(node);
}

/* next, the node after `node` and below it, takes its place and colour. */
static void take_place(struct rb_node *next, struct rb_node *node,
		       struct rb_root *root)
{
	replace_child(root, rb_parent(node), node, next);
	next->parent_color = node->parent_color;
	next->left = node->left;
	set_parent(next->left, next);
	next->right = node->right;
	if (next->right)
		set_parent(next->right, next);
}

/* A node with one child at most goes, the child comes up. */
static void unhook(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *below = node->left ? node->left : node->right;

	replace_child(root, rb_parent(node), node, below);
	if (below)
		set_parent(below, rb_parent(node));
}

void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			rb_update_t update)
{
	bool two = node->left && node->right;
	struct rb_node *gone = two ? rb_next(node) : node;
	struct rb_node *below = gone->left ? gone->left : gone->right;
	struct rb_node *parent = rb_parent(gone);
	bool was_black = !is_red(gone);

	BUG_ON(!rb_parent(node) && root->node != node);
	unhook(gone, root);
	if (two)
		take_place(gone, node, root);
	if (parent == node)
		parent = gone;
	if (update && parent)
		rb_propagate(parent, update);
	/* Its old value belongs to another place: no reason to stop there. */
	if (update && two)
		update_placed(gone, update);
	if (was_black)
		mend_short_path(below, parent, root, update);
}

/* --- walking --- */

static struct rb_node *outermost(struct rb_node *node, enum side side)
{
	while (node && *child(node, side))
		node = *child(node, side);
	return node;
}

static struct rb_node *neighbour(struct rb_node *node, enum side side)
{
	struct rb_node *parent;

	if (*child(node, side))
		return outermost(*child(node, side), other(side));
	while ((parent = rb_parent(node)) && *child(parent, side) == node)
		node = parent;
	return parent;
}

struct rb_node *rb_first(const struct rb_root *root)
{
	return outermost(root->node, LEFT);
}

struct rb_node *rb_last(const struct rb_root *root)
{
	return outermost(root->node, RIGHT);
}

struct rb_node *rb_next(const struct rb_node *node)
{
	return neighbour((struct rb_node *)node, RIGHT);
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	return neighbour((struct rb_node *)node, LEFT);
}

/* --- checking --- */

/* A tree of 2^32 nodes is no deeper; so the stack is safe from broken ones. */
#define MAX_DEPTH 64

static int finding(const struct rb_node *node, const char *what)
{
	pr_err("rbtree: node 0x%lx %s\n", (u64)node, what);
	return 1;
}

/* Findings below node; *blacks: black nodes on the way down, itself too. */
static int check_subtree(const struct rb_node *node,
			 const struct rb_node *parent, u32 depth, u32 *blacks)
{
	u32 left = 0, right = 0;
	int findings = 0;

	*blacks = 0;
	if (!node)
		return 0;
	if (depth > MAX_DEPTH)
		return finding(node, "is deeper than a tree can be");
	if (rb_parent(node) != parent)
		return finding(node, "has another node as its parent");
	if (is_red(node) && is_red(parent))
		findings += finding(node, "is red below a red one");
	findings += check_subtree(node->left, node, depth + 1, &left);
	findings += check_subtree(node->right, node, depth + 1, &right);
	if (!findings && left != right)
		findings += finding(node,
				    "has unequal numbers of black ones below");
	*blacks = left + !is_red(node);
	return findings;
}

int rb_check(const struct rb_root *root)
{
	u32 blacks;

	if (is_red(root->node))
		return finding(root->node, "is the root, and red");
	return check_subtree(root->node, NULL, 1, &blacks);
}
