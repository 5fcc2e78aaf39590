// SPDX-License-Identifier: MIT
/*
 * mm/vma_merge.c - moving the borders of VMAs: split, merge, adjust
 *
 * What becomes alike is merged, so that an address space has as few VMAs as
 * its history allows. A range [R] gets the flags of a neighbour; P and N are
 * the VMAs before and after it, X is the one that R lies in. Numbers are those
 * that Linux gives the cases:
 *
 *	R is free			R is all of X
 *	1  PPPP[RR]NNNN -> PPPPPPPPPP	6  PPPP[XX]NNNN -> PPPPPPPPPP
 *	2  PPPP[RR] NNN -> PPPPPP NNN	7  PPPP[XX]MMMM -> PPPPPPMMMM
 *	3  PPP [RR]NNNN -> PPP NNNNNN	8  MMMM[XX]NNNN -> MMMMNNNNNN
 *
 *	R begins X			R ends X
 *	5  PPPP[RR]XXXX -> PPPPPPXXXX	4  XXXX[RR]NNNN -> XXXXNNNNNN
 *
 * (M is a neighbour that is not alike.) A VMA that goes on is never replaced
 * by a new record: merging needs no memory but for chains.
 *
 * Two are alike if they have the same flags, file and policy, if their offsets
 * go on from one to the other, and if their pages can be found through one set
 * of anon_vmas. When only one of them has any, the other gets chains to the
 * same; but not to those of a whole fork tree.
 *
 * Who moves a border must not let a reverse walk miss a page. Every change is
 * one struct step, done under both rmap locks:
 *
 *	may fail:	chains for who takes over pages
 *	cannot:		lock, out of the interval trees, change, back, unlock
 */
#include <kernel/panic.h>
#include <mm/filemap.h>
#include <mm/rmap.h>

#include "vma_internal.h"

struct step {
	struct vm_area_struct *vma; /* becomes [start, end) from pgoff on */
	vaddr_t start, end;
	u64 pgoff;
	struct vm_area_struct *next; /* begins at next_start then; or NULL */
	vaddr_t next_start;
	struct vm_area_struct *insert;	  /* new, fills what vma leaves */
	struct vm_area_struct *remove[2]; /* vma or next took them over */
};

static struct step step_for(struct vm_area_struct *vma)
{
	return (struct step){ .vma = vma,
			      .start = vma->vm_start,
			      .end = vma->vm_end,
			      .pgoff = vma->vm_pgoff };
}

/* --- doing it --- */

static void move_borders(const struct step *s)
{
	struct vm_area_struct *vma = s->vma, *next = s->next;

	vma->vm_start = s->start;
	vma->vm_end = s->end;
	vma->vm_pgoff = s->pgoff;
	if (!next)
		return;
	/* Up or down: it wraps around either way. */
	next->vm_pgoff += PFN_DOWN(s->next_start) - PFN_DOWN(next->vm_start);
	next->vm_start = s->next_start;
}

/* i_mmap is locked: its tree goes by the offsets that change. */
static void step_file(const struct step *s, struct address_space *mapping)
{
	vma_interval_tree_remove(s->vma, &mapping->i_mmap);
	if (s->next)
		vma_interval_tree_remove(s->next, &mapping->i_mmap);
	for (u32 i = 0; i < ARRAY_SIZE(s->remove); i++)
		if (s->remove[i])
			vma_file_remove(s->remove[i], mapping);
	move_borders(s);
	vma_interval_tree_insert(s->vma, &mapping->i_mmap);
	if (s->next)
		vma_interval_tree_insert(s->next, &mapping->i_mmap);
	if (s->insert)
		vma_file_insert(s->insert, mapping);
}

static struct anon_vma *anon_vma_of(const struct step *s)
{
	return s->vma->anon_vma || !s->next ? s->vma->anon_vma :
					      s->next->anon_vma;
}

/*
 * Both have the same root, if they have any. Nobody who has none can get one
 * meanwhile: that needs the mmap lock.
 */
static void step_rmap(const struct step *s)
{
	struct address_space *mapping = vma_mapping(s->vma);
	struct anon_vma *anon_vma = anon_vma_of(s);

	if (mapping)
		down_write(&mapping->i_mmap_rwsem);
	if (anon_vma) {
		anon_vma_lock_write(anon_vma);
		anon_vma_interval_tree_pre_update_vma(s->vma);
		if (s->next)
			anon_vma_interval_tree_pre_update_vma(s->next);
	}
	if (mapping)
		step_file(s, mapping);
	else
		move_borders(s);
	if (anon_vma) {
		anon_vma_interval_tree_post_update_vma(s->vma);
		if (s->next)
			anon_vma_interval_tree_post_update_vma(s->next);
		anon_vma_unlock_write(anon_vma);
	}
	if (mapping)
		up_write(&mapping->i_mmap_rwsem);
}

/* Nothing here fails. The tree by address has but the mmap lock. */
static void commit(const struct step *s)
{
	struct mm_struct *mm = s->vma->vm_mm;

	for (u32 i = 0; i < ARRAY_SIZE(s->remove); i++)
		if (s->remove[i])
			vma_tree_erase(mm, s->remove[i]);
	step_rmap(s);
	mm->mmap_cache = NULL;
	vma_tree_moved(s->vma);
	if (s->next)
		vma_tree_moved(s->next);
	if (s->insert)
		vma_tree_insert(mm, s->insert);
	for (u32 i = 0; i < ARRAY_SIZE(s->remove); i++) {
		if (!s->remove[i])
			continue;
		unlink_anon_vmas(s->remove[i]);
		vm_area_free(s->remove[i]);
	}
}

/* dst takes over pages of src (may be NULL): it must lead to them, too. */
static int dup_anon_vma(struct vm_area_struct *dst, struct vm_area_struct *src)
{
	int err;

	if (!src || !src->anon_vma || dst->anon_vma)
		return 0;
	dst->anon_vma = src->anon_vma;
	err = anon_vma_clone(dst, src);
	if (err)
		dst->anon_vma = NULL;
	return err;
}

int vma_adjust(struct vm_area_struct *vma, vaddr_t start, vaddr_t end, u64 pgoff)
{
	struct step s = step_for(vma);

	s.start = start;
	s.end = end;
	s.pgoff = pgoff;
	commit(&s);
	return 0;
}

/* --- splitting --- */

/* The part of vma above or below addr in a record of its own, not linked. */
static struct vm_area_struct *part_of(struct vm_area_struct *vma, vaddr_t addr,
				      bool below)
{
	struct vm_area_struct *new = vm_area_dup(vma);

	if (!new)
		return NULL;
	if (below) {
		new->vm_end = addr;
	} else {
		new->vm_start = addr;
		new->vm_pgoff = linear_page_index(vma, addr);
	}
	if (!anon_vma_clone(new, vma))
		return new;
	new->anon_vma = NULL;
	vm_area_free(new);
	return NULL;
}

/* Where a border may be: huge pages are in an area or not. */
static bool may_split(const struct vm_area_struct *vma, vaddr_t addr)
{
	return !(vma->vm_flags & VM_HUGETLB) || IS_ALIGNED(addr, PMD_SIZE);
}

static int split_at(struct vm_area_struct *vma, vaddr_t addr, bool new_below)
{
	struct step s = step_for(vma);

	if (!may_split(vma, addr))
		return -EINVAL;
	s.insert = part_of(vma, addr, new_below);
	if (!s.insert)
		return -ENOMEM;
	if (new_below) {
		s.start = addr;
		s.pgoff = linear_page_index(vma, addr);
	} else {
		s.end = addr;
	}
	if (vma->vm_ops && vma->vm_ops->open)
		vma->vm_ops->open(s.insert);
	commit(&s);
	return 0;
}

int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, vaddr_t addr,
	      bool new_below)
{
	if (mm->map_count >= MAX_MAP_COUNT)
		return -ENOMEM;
	return split_at(vma, addr, new_below);
}

/* --- merging --- */

/* What the range would be as a VMA. */
struct likeness {
	vaddr_t start, end;
	u64 flags;
	struct anon_vma *anon_vma;
	struct file *file;
	u64 pgoff;
	struct mempolicy *policy;
};

static bool is_mergeable_vma(const struct vm_area_struct *vma,
			     const struct likeness *r)
{
	return vma->vm_flags == r->flags && vma->vm_file == r->file &&
	       !(vma->vm_ops && vma->vm_ops->close) &&
	       mpol_equal(vma->vm_policy, r->policy);
}

/*
 * owner, if one is named, is who has chains if the other has none: it may hand
 * them on when there is but one, so when its pages are of no other process.
 */
static bool is_mergeable_anon_vma(const struct anon_vma *a,
				  const struct anon_vma *b,
				  const struct vm_area_struct *owner)
{
	const struct list_head *chain = &owner->anon_vma_chain;

	if (a && b)
		return a == b;
	return list_empty(chain) || chain->next->next == chain;
}

static bool can_vma_merge_after(const struct vm_area_struct *prev,
				const struct likeness *r)
{
	return prev->vm_end == r->start && is_mergeable_vma(prev, r) &&
	       is_mergeable_anon_vma(r->anon_vma, prev->anon_vma, prev) &&
	       prev->vm_pgoff + vma_pages(prev) == r->pgoff;
}

static bool can_vma_merge_before(const struct vm_area_struct *next,
				 const struct likeness *r)
{
	return next->vm_start == r->end && is_mergeable_vma(next, r) &&
	       is_mergeable_anon_vma(r->anon_vma, next->anon_vma, next) &&
	       r->pgoff + ((r->end - r->start) >> PAGE_SHIFT) == next->vm_pgoff;
}

/* Who is there: P or NULL, N or NULL, X if R lies in one. */
struct around {
	struct vm_area_struct *prev, *next, *in;
};

/* Cases 1 and 6. */
static int merge_both(const struct around *v)
{
	struct vm_area_struct *source = v->next->anon_vma ? v->next : v->in;
	struct step s = step_for(v->prev);

	if (dup_anon_vma(v->prev, source))
		return -ENOMEM;
	s.end = v->next->vm_end;
	s.remove[0] = v->in;
	s.remove[1] = v->next;
	commit(&s);
	return 0;
}

/* Cases 2, 5 and 7. */
static int merge_prev(const struct around *v, const struct likeness *r)
{
	struct step s = step_for(v->prev);

	if (dup_anon_vma(v->prev, v->in))
		return -ENOMEM;
	s.end = r->end;
	if (v->in && v->in->vm_end == r->end) {
		s.remove[0] = v->in;
	} else {
		s.next = v->in;
		s.next_start = r->end;
	}
	commit(&s);
	return 0;
}

/* Cases 3, 4 and 8. */
static int merge_next(const struct around *v, const struct likeness *r)
{
	struct step s = step_for(v->next);

	if (dup_anon_vma(v->next, v->in))
		return -ENOMEM;
	if (v->in && v->in->vm_start < r->start) {
		s = step_for(v->in);
		s.end = r->start;
		s.next = v->next;
		s.next_start = r->start;
	} else {
		s.start = r->start;
		s.pgoff = r->pgoff;
		s.remove[0] = v->in;
	}
	commit(&s);
	return 0;
}

/* prev is the last VMA that begins below the range. */
static struct around look_around(struct mm_struct *mm,
				 struct vm_area_struct *prev,
				 const struct likeness *r)
{
	struct rb_node *first = rb_first(&mm->mmap);
	struct around v = { prev, NULL, NULL };

	v.next = prev ? vma_next(prev) : first ? rb_vma(first) : NULL;
	if (prev && prev->vm_end > r->start) {
		v.in = prev;
		v.prev = NULL;
	} else if (v.next && v.next->vm_start < r->end) {
		v.in = v.next;
		v.next = vma_next(v.in);
	}
	return v;
}

struct vm_area_struct *vma_merge(struct mm_struct *mm,
				 struct vm_area_struct *prev, vaddr_t start,
				 vaddr_t end, u64 flags,
				 struct anon_vma *anon_vma, struct file *file,
				 u64 pgoff, struct mempolicy *policy)
{
	const struct likeness r = { start, end,	  flags, anon_vma,
				    file,  pgoff, policy };
	struct around v = look_around(mm, prev, &r);
	bool after, before;

	if (flags & VM_SPECIAL)
		return NULL;
	after = v.prev && can_vma_merge_after(v.prev, &r);
	before = v.next && can_vma_merge_before(v.next, &r);
	if (after && before &&
	    (v.prev->anon_vma == v.next->anon_vma || !v.prev->anon_vma ||
	     !v.next->anon_vma))
		return merge_both(&v) ? NULL : v.prev;
	if (after)
		return merge_prev(&v, &r) ? NULL : v.prev;
	if (before)
		return merge_next(&v, &r) ? NULL : v.next;
	return NULL;
}

struct vm_area_struct *vma_merge_back(struct vm_area_struct *vma)
{
	struct vm_area_struct *merged =
		vma_merge(vma->vm_mm, vma_prev(vma), vma->vm_start, vma->vm_end,
			  vma->vm_flags, vma->anon_vma, vma->vm_file,
			  vma->vm_pgoff, vma->vm_policy);

	return merged ? merged : vma;
}

/* --- a part that becomes different --- */

int vma_split_off(struct vm_area_struct **vma, vaddr_t start, vaddr_t end)
{
	int err = 0;

	/* Before anything is done: such areas can't be made one again. */
	if ((start > (*vma)->vm_start && !may_split(*vma, start)) ||
	    (end < (*vma)->vm_end && !may_split(*vma, end)))
		return -EINVAL;
	if (start > (*vma)->vm_start)
		err = split_at(*vma, start, true);
	if (err || end >= (*vma)->vm_end)
		return err;
	err = split_at(*vma, end, false);
	if (err)
		*vma = vma_merge_back(*vma);
	return err;
}

bool vma_split_fits(const struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	return vma->vm_mm->map_count + (start > vma->vm_start) +
		       (end < vma->vm_end) <=
	       MAX_MAP_COUNT;
}

int vma_modify(struct vm_area_struct **vmap, vaddr_t start, vaddr_t end,
	       u64 flags, struct mempolicy *policy)
{
	struct vm_area_struct *vma = *vmap, *merged;
	struct vm_area_struct *prev = start > vma->vm_start ? vma :
							      vma_prev(vma);
	int err;

	merged = vma_merge(vma->vm_mm, prev, start, end, flags, vma->anon_vma,
			   vma->vm_file, linear_page_index(vma, start), policy);
	if (merged) {
		*vmap = merged;
		return 0;
	}
	if (!vma_split_fits(vma, start, end))
		return -ENOMEM;
	err = vma_split_off(vmap, start, end);
	if (err)
		return err;
	if (vma->vm_policy != policy) {
		mpol_put(vma->vm_policy);
		vma->vm_policy = mpol_get(policy);
	}
	/* Who restores entries after a migration goes by both. */
	vma_lock_rmap(vma);
	vma->vm_flags = flags;
	vma_set_page_prot(vma);
	vma_unlock_rmap(vma);
	return 0;
}
