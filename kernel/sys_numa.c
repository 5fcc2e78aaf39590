// SPDX-License-Identifier: MIT
/*
 * kernel/sys_numa.c - system calls about nodes: policies
 *
 * A node mask of a program has a bit for each node and a length in bits, one
 * more than is looked at (a habit of Linux's since its first version).
 *
 * Pages that are moved on request: kernel/sys_migrate.c; mbind() does both.
 */
#include <kernel/bitops.h>
#include <kernel/errno.h>
#include <kernel/main.h>
#include <kernel/thread.h>
#include <mm/fault.h>
#include <mm/mempolicy.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <uapi/mempolicy.h>
#include <uapi/mman.h>
#include <arch/uaccess.h>

#include "syscall.h"

#define MASK_BITS_MAX (PAGE_SIZE * 8)

static u64 online_nodes(void)
{
	u64 nodes = 0;

	for (u32 nid = 0; nid < 64; nid++)
		if (kernel_mm()->nodes[nid].online)
			nodes |= 1UL << nid;
	return nodes;
}

int get_nodes(u64 *nodes, vaddr_t from, u64 bits)
{
	u64 words, word;

	*nodes = 0;
	bits--;
	if (!from || !bits)
		return 0;
	if (bits > MASK_BITS_MAX)
		return -EINVAL;
	words = DIV_ROUND_UP(bits, 64);
	for (u64 i = 0; i < words; i++) {
		if (get_user_u64(&word, from + i * 8))
			return -EFAULT;
		if (i == words - 1 && bits % 64)
			word &= (1UL << bits % 64) - 1;
		if (!i)
			*nodes = word;
		else if (word)
			return -EINVAL;
	}
	return 0;
}

/* All `bits` of it, the rest of them 0. */
static int put_nodes(u64 nodes, vaddr_t to, u64 bits)
{
	u64 words = DIV_ROUND_UP(bits, 64);

	if (bits < 2 || bits > MASK_BITS_MAX)
		return -EINVAL;
	for (u64 i = 0; i < words; i++)
		if (put_user_u64(i ? 0 : nodes, to + i * 8))
			return -EFAULT;
	return 0;
}

static struct mempolicy *get_policy(u64 mode, vaddr_t mask, u64 bits, int *err)
{
	u64 nodes;

	*err = get_nodes(&nodes, mask, bits);
	if (*err)
		return NULL;
	return mpol_new((u16)(mode & ~(u64)MPOL_MODE_FLAGS),
			(u16)(mode & MPOL_MODE_FLAGS), nodes, err);
}

SYSCALL(set_mempolicy)
{
	struct mempolicy *old = current->mempolicy, *pol;
	int err;

	if ((u32)ARG(0) > UINT16_MAX)
		return -EINVAL;
	pol = get_policy((u32)ARG(0), ARG(1), ARG(2), &err);
	if (err)
		return err;
	current->mempolicy = pol;
	mpol_put(old);
	return 0;
}

SYSCALL(mbind)
{
	struct mempolicy *pol;
	int err;

	if ((u32)ARG(2) > UINT16_MAX ||
	    (ARG(5) & ~(u64)(MPOL_MF_STRICT | MPOL_MF_MOVE | MPOL_MF_MOVE_ALL)))
		return -EINVAL;
	pol = get_policy((u32)ARG(2), ARG(3), ARG(4), &err);
	if (err)
		return err;
	err = do_mbind_move(current->mm, ARG(0), ARG(1), pol, (int)ARG(5));
	mpol_put(pol);
	return err;
}

/* --- asking --- */

/* The node of the page at addr, faulted in. */
static int node_at(vaddr_t addr)
{
	struct mm_struct *mm = current->mm;
	struct page *page = NULL;
	s64 nr;
	int nid;

	down_read(&mm->mmap_lock);
	nr = get_user_pages(mm, addr & PAGE_MASK, 1, 0, &page);
	if (nr != -EAGAIN)
		up_read(&mm->mmap_lock);
	if (nr != 1)
		return -EFAULT;
	nid = page_zone(page)->nid;
	put_page(page);
	return nid;
}

/* Of the area at addr, else the thread's; referenced, NULL: none. */
static int policy_at(vaddr_t addr, struct mempolicy **pol)
{
	struct mm_struct *mm = current->mm;
	const struct vm_area_struct *vma;

	down_read(&mm->mmap_lock);
	vma = vma_lookup(mm, addr);
	if (vma)
		*pol = mpol_get(vma->vm_policy ? vma->vm_policy :
						 current->mempolicy);
	up_read(&mm->mmap_lock);
	return vma ? 0 : -EFAULT;
}

static int put_policy(const struct mempolicy *pol, vaddr_t mode, vaddr_t mask,
		      u64 bits)
{
	u32 value = pol ? pol->mode | pol->flags : MPOL_DEFAULT;

	if (mode && put_user_u32(value, mode))
		return -EFAULT;
	return mask ? put_nodes(pol ? pol->nodes : 0, mask, bits) : 0;
}

/* MPOL_F_NODE of the thread: where its next interleaved page will be. */
static int next_interleaved(const struct mempolicy *pol)
{
	u64 nodes, skip;

	if (!pol || pol->mode != MPOL_INTERLEAVE)
		return -EINVAL;
	nodes = pol->nodes;
	skip = READ_ONCE(pol->il_next) %
	       hweight64(nodes);
	for (; skip; skip--)
		nodes &= nodes - 1;
	return __builtin_ctzl(nodes);
}

static int get_node(u64 flags, vaddr_t addr, vaddr_t to)
{
	int nid = flags & MPOL_F_ADDR ? node_at(addr) :
					next_interleaved(current->mempolicy);

	if (nid < 0)
		return nid;
	return to ? put_user_u32((u32)nid, to) : 0;
}

SYSCALL(get_mempolicy)
{
	vaddr_t mode = ARG(0), mask = ARG(1), addr = ARG(3);
	u64 bits = ARG(2), flags = ARG(4);
	struct mempolicy *pol;
	int err = 0;

	if (flags & ~(u64)(MPOL_F_NODE | MPOL_F_ADDR | MPOL_F_MEMS_ALLOWED))
		return -EINVAL;
	if (mask && (bits < 2 || bits > MASK_BITS_MAX))
		return -EINVAL;
	if (flags & MPOL_F_MEMS_ALLOWED)
		return flags == MPOL_F_MEMS_ALLOWED ?
			       put_nodes(online_nodes(), mask, bits) :
			       -EINVAL;
	if (!(flags & MPOL_F_ADDR) && addr)
		return -EINVAL;
	if (flags & MPOL_F_NODE)
		return get_node(flags, addr, mode);
	pol = flags & MPOL_F_ADDR ? NULL : mpol_get(current->mempolicy);
	if (flags & MPOL_F_ADDR)
		err = policy_at(addr, &pol);
	if (!err)
		err = put_policy(pol, mode, mask, bits);
	if (!err || pol)
		mpol_put(pol);
	return err;
}
