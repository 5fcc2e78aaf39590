// SPDX-License-Identifier: MIT
/*
 * mm/interval_tree.c - which areas meet a range of page offsets
 *
 *	              [20, 29] last 45			each node also knows the
 *	             /               \			largest `last` of its
 *	   [5, 8] last 40         [33, 45] last 45	subtree, so a search for
 *	        \					offsets from 30 on skips
 *	      [10, 40] last 40				subtrees that end before
 *
 * Two trees of that kind: the VMAs that map a file, and the chains of an
 * anon_vma, whose intervals are those of their VMAs. Ordered by first offset;
 * intervals may overlap and repeat. The algorithms need first and last of a
 * node, and its subtree's, as a table of functions.
 *
 * Source: Cormen et al., Introduction to Algorithms, section 14.3.
 */
#include <mm/rmap.h>

#include "interval_tree.h"

static u64 vma_first(const struct rb_node *node)
{
	return rb_entry(node, struct vm_area_struct, shared_rb)->vm_pgoff;
}

static u64 last_of_vma(const struct vm_area_struct *vma)
{
	return vma->vm_pgoff + vma_pages(vma) - 1;
}

static u64 vma_last(const struct rb_node *node)
{
	return last_of_vma(rb_entry(node, struct vm_area_struct, shared_rb));
}

static u64 *vma_subtree(struct rb_node *node)
{
	return &rb_entry(node, struct vm_area_struct, shared_rb)->shared_last;
}

static struct anon_vma_chain *chain_of(const struct rb_node *node)
{
	return rb_entry(node, struct anon_vma_chain, rb);
}

static u64 chain_first(const struct rb_node *node)
{
	return chain_of(node)->vma->vm_pgoff;
}

static u64 chain_last(const struct rb_node *node)
{
	return last_of_vma(chain_of(node)->vma);
}

static u64 *chain_subtree(struct rb_node *node)
{
	return &chain_of(node)->rb_subtree_last;
}

static bool update_vma(struct rb_node *node)
{
	return interval_update(node, vma_last(node), vma_subtree);
}

static bool update_chain(struct rb_node *node)
{
	return interval_update(node, chain_last(node), chain_subtree);
}

static const struct interval_ops vma_ops = { vma_first, vma_last, vma_subtree,
					     update_vma };
static const struct interval_ops chain_ops = { chain_first, chain_last,
					       chain_subtree, update_chain };

/* --- the tree itself --- */

bool interval_update(struct rb_node *node, u64 last,
		     u64 *(*subtree)(struct rb_node *node))
{
	u64 old = *subtree(node);

	if (node->left)
		last = max(last, *subtree(node->left));
	if (node->right)
		last = max(last, *subtree(node->right));
	*subtree(node) = last;
	return last != old;
}

static void insert(struct rb_node *node, struct rb_root *root,
		   const struct interval_ops *ops)
{
	struct rb_node **link = &root->node, *parent = NULL;
	u64 first = ops->first(node);

	while (*link) {
		parent = *link;
		link = first < ops->first(parent) ? &parent->left :
						    &parent->right;
	}
	*ops->subtree(node) = ops->last(node);
	rb_link_node(node, parent, link);
	rb_propagate(parent, ops->update);
	rb_insert_augmented(node, root, ops->update);
}

/* The leftmost of node's subtree that meets [first, last]. */
static struct rb_node *leftmost(struct rb_node *node, u64 first, u64 last,
				const struct interval_ops *ops)
{
	while (node) {
		if (node->left && *ops->subtree(node->left) >= first) {
			node = node->left;
			continue;
		}
		if (ops->first(node) > last)
			return NULL; /* all to the right begin later still */
		if (ops->last(node) >= first)
			return node;
		node = node->right;
		if (node && *ops->subtree(node) < first)
			return NULL;
	}
	return NULL;
}

static struct rb_node *iter_first(struct rb_root *root, u64 first, u64 last,
				  const struct interval_ops *ops)
{
	if (!root->node || *ops->subtree(root->node) < first)
		return NULL;
	return leftmost(root->node, first, last, ops);
}

static struct rb_node *iter_next(struct rb_node *node, u64 first, u64 last,
				 const struct interval_ops *ops)
{
	for (;;) {
		struct rb_node *right = node->right, *from;

		if (right && *ops->subtree(right) >= first)
			return leftmost(right, first, last, ops);
		do { /* up, until we come from a left child */
			from = node;
			node = rb_parent(node);
			if (!node)
				return NULL;
		} while (from == node->right);
		if (ops->first(node) > last)
			return NULL;
		if (ops->last(node) >= first)
			return node;
	}
}

/* --- VMAs of a file --- */

static struct vm_area_struct *vma_or_null(struct rb_node *node)
{
	return node ? rb_entry(node, struct vm_area_struct, shared_rb) : NULL;
}

void vma_interval_tree_insert(struct vm_area_struct *vma, struct rb_root *root)
{
	insert(&vma->shared_rb, root, &vma_ops);
}

void vma_interval_tree_remove(struct vm_area_struct *vma, struct rb_root *root)
{
	rb_erase_augmented(&vma->shared_rb, root, update_vma);
}

struct vm_area_struct *vma_interval_tree_iter_first(struct rb_root *root,
						    u64 first, u64 last)
{
	return vma_or_null(iter_first(root, first, last, &vma_ops));
}

struct vm_area_struct *vma_interval_tree_iter_next(struct vm_area_struct *vma,
						   u64 first, u64 last)
{
	return vma_or_null(iter_next(&vma->shared_rb, first, last, &vma_ops));
}

/* --- chains of an anon_vma --- */

static struct anon_vma_chain *chain_or_null(struct rb_node *node)
{
	return node ? chain_of(node) : NULL;
}

void anon_vma_interval_tree_insert(struct anon_vma_chain *avc,
				   struct rb_root *root)
{
	insert(&avc->rb, root, &chain_ops);
}

void anon_vma_interval_tree_remove(struct anon_vma_chain *avc,
				   struct rb_root *root)
{
	rb_erase_augmented(&avc->rb, root, update_chain);
}

struct anon_vma_chain *anon_vma_interval_tree_iter_first(struct rb_root *root,
							 u64 first, u64 last)
{
	return chain_or_null(iter_first(root, first, last, &chain_ops));
}

struct anon_vma_chain *
anon_vma_interval_tree_iter_next(struct anon_vma_chain *avc, u64 first, u64 last)
{
	return chain_or_null(iter_next(&avc->rb, first, last, &chain_ops));
}

int interval_tree_check(const struct rb_root *root, bool chains)
{
	const struct interval_ops *ops = chains ? &chain_ops : &vma_ops;
	int findings = rb_check(root);

	for (struct rb_node *node = rb_first(root); node; node = rb_next(node)) {
		struct rb_node *next = rb_next(node);

		findings += next && ops->first(next) < ops->first(node);
		findings += ops->update(node); /* was it wrong? */
	}
	return findings;
}
