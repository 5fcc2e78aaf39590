/* SPDX-License-Identifier: MIT */
/*
 * mm/interval_tree.h - inside mm/: chains of an anon_vma by page offset
 */
#pragma once

#include <mm/rmap.h>

struct interval_ops {
	u64 (*first)(const struct rb_node *node);
	u64 (*last)(const struct rb_node *node);
	u64 *(*subtree)(struct rb_node *node);
	rb_update_t update;
};

bool interval_update(struct rb_node *node, u64 last,
		     u64 *(*subtree)(struct rb_node *node));

void anon_vma_interval_tree_insert(struct anon_vma_chain *avc,
				   struct rb_root *root);
void anon_vma_interval_tree_remove(struct anon_vma_chain *avc,
				   struct rb_root *root);
struct anon_vma_chain *anon_vma_interval_tree_iter_first(struct rb_root *root,
							 u64 first, u64 last);
struct anon_vma_chain *
anon_vma_interval_tree_iter_next(struct anon_vma_chain *avc, u64 first,
				 u64 last);

/* Order and subtree values; findings. */
int interval_tree_check(const struct rb_root *root, bool chains);
