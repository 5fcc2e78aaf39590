/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/rbtree.h - red-black trees, with a value kept for subtrees
 *
 * The user searches and compares by itself and hangs a new node in; the tree
 * only rebalances:
 *
 *	rb_link_node(&new->rb, parent, link);
 *	rb_insert_augmented(&new->rb, &root, my_propagate);
 *
 * An augmented tree keeps in each node a value computed from the node and its
 * children (the largest gap, the largest end). `update` computes it anew and
 * says whether it changed; NULL: the tree has no such values.
 *
 * Units    none
 * Locks    the tree owner's
 * Context  any
 * Errors   erasing a node that isn't in the tree is a bug
 * Owns     struct rb_node inside the user's structure
 * Keeps    rb_check(root) == 0
 *
 * Source: Cormen et al., Introduction to Algorithms, chapter 13.
 */
#pragma once

#include <kernel/types.h>

struct rb_node {
	u64 parent_color; /* address of the parent | 1: black */
	struct rb_node *right, *left;
};

struct rb_root {
	struct rb_node *node;
};

typedef bool (*rb_update_t)(struct rb_node *node);

#define RB_ROOT		  ((struct rb_root){ NULL })
#define rb_entry(p, t, m) container_of(p, t, m)

static inline bool RB_EMPTY_ROOT(const struct rb_root *root)
{
	return !root->node;
}

/* Hang node in below parent (NULL: as the root), red, at *link. */
static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	node->parent_color = (u64)parent;
	node->left = node->right = NULL;
	*link = node;
}

static inline struct rb_node *rb_parent(const struct rb_node *node)
{
	return (struct rb_node *)(node->parent_color & ~1UL);
}

void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			 rb_update_t update);
void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			rb_update_t update);
/* node's own part of the value changed: tell its ancestors. */
void rb_propagate(struct rb_node *node, rb_update_t update);

static inline void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	rb_insert_augmented(node, root, NULL);
}

static inline void rb_erase(struct rb_node *node, struct rb_root *root)
{
	rb_erase_augmented(node, root, NULL);
}

struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

/* Colours, black heights, parents; findings. */
int rb_check(const struct rb_root *root);
