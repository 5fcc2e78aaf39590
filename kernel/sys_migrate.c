// SPDX-License-Identifier: MIT
/*
 * kernel/sys_migrate.c - system calls that move pages: move_pages(),
 * migrate_pages()
 *
 *	addrs	A B C D E F ...		a program's arrays, of any length
 *	nodes	1 1 1 0 0 1 ...
 *		└ chunk ──────┘		copied, moved, statuses copied back
 *		└run┘ └run┘ └run ...	same node: may go on in the next chunk
 *
 * No array is taken as a whole: 512 entries at a time, so that a request of
 * millions needs no more memory than one of ten. What comes before an entry that
 * can't be read, or that names no node with memory, is moved and told.
 *
 * When pages of a run stay where they are, the call ends with that run, as on
 * Linux. Its result is how many did, and how many it did not come to.
 *
 * There is one user, who may move everybody's pages: never -EPERM, nor -EACCES
 * for a node. Neither is there a limit: -E2BIG is of the past on Linux, too.
 */
#include <kernel/errno.h>
#include <kernel/process.h>
#include <mm/lru.h>
#include <mm/migrate.h>
#include <mm/mm_struct.h>
#include <mm/numa.h>
#include <mm/slab.h>
#include <uapi/mempolicy.h>
#include <arch/uaccess.h>

#include "syscall.h"

#define CHUNK 512

struct chunk {
	vaddr_t addrs[CHUNK];
	int nodes[CHUNK];
	int status[CHUNK];
};

struct request {
	struct mm_struct *mm;
	u64 nr, done;
	u64 in_chunk;
	vaddr_t addrs, nodes, status; /* the program's arrays */
	int flags;
	int nid;    /* of the run at hand */
	u64 stayed; /* pages of it */
};

/* A program's address space, as one of its users: 0 is the caller's. */
static struct mm_struct *mm_of(u32 pid, int *err)
{
	struct process *p = process_find(pid ? pid : current_process()->pid);
	struct mm_struct *mm;

	*err = -ESRCH;
	if (!p)
		return NULL;
	mm = process_mm(p);
	process_put(p);
	*err = mm ? 0 : -EINVAL;
	return mm;
}

/* --- arrays --- */

/* How many entries of an array could be read. */
static u64 read_array(void *to, vaddr_t from, u64 nr, u64 size)
{
	return nr - DIV_ROUND_UP(copy_from_user(to, from, nr * size), size);
}

/* false: not even one entry. */
static bool read_chunk(struct request *r, struct chunk *chunk)
{
	u64 nr = min(r->nr - r->done, (u64)CHUNK);

	nr = read_array(chunk->addrs, r->addrs + r->done * sizeof(u64), nr,
			sizeof(u64));
	if (r->nodes)
		nr = read_array(chunk->nodes, r->nodes + r->done * sizeof(u32),
				nr, sizeof(u32));
	r->in_chunk = nr;
	return nr;
}

static int write_statuses(const struct request *r, const int *status, u64 nr)
{
	return copy_to_user(r->status + r->done * sizeof(u32), status,
			    nr * sizeof(u32)) ?
		       -EFAULT :
		       0;
}

/* --- moving --- */

static u64 same_node(const struct request *r, const struct chunk *chunk,
		     u64 first)
{
	u64 i = first;

	while (i < r->in_chunk && chunk->nodes[i] == chunk->nodes[first])
		i++;
	return i - first;
}

/* 0, or -errno. */
static int move_part(struct request *r, struct chunk *chunk, u64 first, u64 nr)
{
	int *status = &chunk->status[first];
	int err, stayed = move_pages_to_node(r->mm, nr, &chunk->addrs[first],
					     r->nid, status, r->flags);

	if (stayed == -ENODEV)
		return stayed;
	err = write_statuses(r, status, nr);
	r->done += nr;
	if (stayed < 0)
		return stayed;
	r->stayed += (u64)stayed;
	return err;
}

/* 0: go on; -errno, or how many pages stayed or were not tried. */
static s64 move_chunk(struct request *r, struct chunk *chunk)
{
	u64 nr;

	for (u64 i = 0; i < r->in_chunk; i += nr) {
		bool next_run = chunk->nodes[i] != r->nid;
		int err;

		nr = same_node(r, chunk, i);
		if (next_run && r->stayed && node_has_memory(chunk->nodes[i]))
			return (s64)(r->stayed + r->nr - r->done);
		r->nid = chunk->nodes[i];
		err = move_part(r, chunk, i, nr);
		if (err)
			return err;
	}
	return 0;
}

static s64 tell_chunk(struct request *r, struct chunk *chunk)
{
	int err;

	do_move_pages(r->mm, r->in_chunk, chunk->addrs, NULL, chunk->status, 0);
	err = write_statuses(r, chunk->status, r->in_chunk);
	r->done += r->in_chunk;
	return err;
}

static s64 all_chunks(struct request *r)
{
	struct chunk *chunk = kmalloc(sizeof(*chunk), GFP_KERNEL);
	s64 ret = chunk ? 0 : -ENOMEM;

	while (!ret && r->done < r->nr) {
		if (signal_pending())
			ret = -EINTR; /* no handler will see it */
		else if (!read_chunk(r, chunk))
			ret = -EFAULT;
		else
			ret = r->nodes ? move_chunk(r, chunk) :
					 tell_chunk(r, chunk);
	}
	kfree(chunk);
	return ret ? ret : (s64)r->stayed;
}

SYSCALL(move_pages)
{
	struct request r = { .nr = ARG(1),
			     .addrs = ARG(2),
			     .nodes = ARG(3),
			     .status = ARG(4),
			     .flags = (int)ARG(5),
			     .nid = -1 };
	int err;
	s64 ret;

	if (r.flags & ~(MPOL_MF_MOVE | MPOL_MF_MOVE_ALL))
		return -EINVAL;
	r.mm = mm_of((u32)ARG(0), &err);
	if (!r.mm)
		return err;
	if (r.nodes)
		lru_cache_disable();
	ret = all_chunks(&r);
	if (r.nodes)
		lru_cache_enable();
	mmput(r.mm);
	return ret;
}

/* --- migrate_pages() --- */

static u64 nodes_with_memory(void)
{
	u64 nodes = 0;

	for (u32 nid = 0; nid < 64; nid++)
		if (node_has_memory((int)nid))
			nodes |= 1UL << nid;
	return nodes;
}

SYSCALL(migrate_pages)
{
	struct nodemask from = {}, to = {};
	struct mm_struct *mm;
	int err;

	err = get_nodes(&from.bits[0], ARG(2), ARG(1));
	if (!err)
		err = get_nodes(&to.bits[0], ARG(3), ARG(1));
	if (err)
		return err;
	mm = mm_of((u32)ARG(0), &err);
	if (!mm)
		return err;
	to.bits[0] &= nodes_with_memory();
	err = to.bits[0] ? do_migrate_pages(mm, &from, &to, MPOL_MF_MOVE_ALL) :
			   -EINVAL;
	mmput(mm);
	return err;
}
