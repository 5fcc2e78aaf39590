/* SPDX-License-Identifier: MIT */
/*
 * tests/programs/lib/nodes.h - nodes, for programs that bind and move pages
 *
 * The numbers are Linux's; musl has no header for them. A mask is one word: node
 * n is bit n.
 */
#pragma once

#include "program.h"

enum { MPOL_DEFAULT, MPOL_PREFERRED, MPOL_BIND, MPOL_INTERLEAVE, MPOL_LOCAL };
#define MPOL_F_NODE	    1
#define MPOL_F_ADDR	    2
#define MPOL_F_MEMS_ALLOWED 4
#define MPOL_MF_STRICT	    1
#define MPOL_MF_MOVE	    2
#define MPOL_MF_MOVE_ALL    4

#define MAX_NODES 64
#define MASK_BITS (MAX_NODES + 1) /* Linux takes one off */

/* Those with memory. */
u64 memory_nodes(void);
int nr_nodes(void);
int first_node(void);
int last_node(void);
/* The one behind, counting around. */
int next_node(int node);
/* false: there is one; the case is skipped. */
bool two_nodes(void);

/* Private and anonymous, never huge; nothing is there yet. */
char *small_pages(size_t nr);

/* As system calls: -1 with errno. Their first arguments are pids, 0: our own. */
long move_pages(int pid, size_t nr, void *const *addrs, const int *nodes,
		int *status, int flags);
long migrate_pages(int pid, u64 from, u64 to);
long bind_pages(void *p, size_t nr, int mode, u64 mask, int flags);
long set_policy(int mode, u64 mask);
/* Where the page at p is; -errno. */
int node_of(void *p);
/* All of nr pages at p to the node, by move_pages(); its result. */
long send_pages(int pid, char *p, size_t nr, int node, int flags);
/* Whether nr pages at p are all there; one that isn't fails the case. */
bool all_on_node(char *p, size_t nr, int node);
