/* SPDX-License-Identifier: MIT */
/*
 * include/mm/mm_struct.h - an address space and its areas (VMAs)
 *
 *	mm ──mmap tree──► vm_area_struct ──anon_vma_chain──► anon_vma
 *	 │                      └──vm_file──► address_space (i_mmap tree)
 *	 └──pgd──► four levels of tables, one lock for each table of PTEs
 *
 * Units    addresses in bytes, page-aligned; pgoff in pages
 * Locks    (m) mmap_lock, written under down_write; (M) read under down_read
 *          as well; (p) page_table_lock; (a) atomic; (c) constant;
 *          (r) the rmap locks of the VMA (anon_vma root, i_mmap) besides
 *          mmap_lock: both are needed to change it, either to read it
 * Context  may sleep, unless said otherwise
 * Errors   -errno; NULL when memory is short
 * Owns     VMAs, page tables, the counters
 * Keeps    mm_check(mm) == 0: VMAs sorted, apart, page-aligned, non-empty,
 *          total_vm and locked_vm equal a recount; page_table_check(mm) == 0
 */
#pragma once

#include <kernel/list.h>
#include <kernel/mutex.h>
#include <kernel/rbtree.h>
#include <kernel/spinlock.h>
#include <kernel/types.h>
#include <mm/mempolicy.h>
#include <mm/tlb.h>
#include <arch/pgtable.h>

struct anon_vma;
struct file;
struct vm_area_struct;
struct mm_struct;

/* --- flags of a VMA; Linux's numbers --- */

#define VM_NONE		0x0UL
#define VM_READ		0x1UL
#define VM_WRITE	0x2UL
#define VM_EXEC		0x4UL
#define VM_SHARED	0x8UL
#define VM_MAYREAD	0x10UL
#define VM_MAYWRITE	0x20UL
#define VM_MAYEXEC	0x40UL
#define VM_MAYSHARE	0x80UL
#define VM_GROWSDOWN	0x100UL
#define VM_PFNMAP	0x400UL
#define VM_LOCKED	0x2000UL
#define VM_SEQ_READ	0x8000UL
#define VM_RAND_READ	0x10000UL
#define VM_DONTCOPY	0x20000UL
#define VM_DONTEXPAND	0x40000UL
#define VM_LOCKONFAULT	0x80000UL
#define VM_ACCOUNT	0x100000UL
#define VM_NORESERVE	0x200000UL
#define VM_HUGETLB	0x400000UL
#define VM_WIPEONFORK	0x2000000UL
#define VM_DONTDUMP	0x4000000UL
#define VM_HUGEPAGE	0x20000000UL
#define VM_NOHUGEPAGE	0x40000000UL
#define VM_MERGEABLE	0x80000000UL
#define VM_STACK	VM_GROWSDOWN
#define VM_ACCESS_FLAGS (VM_READ | VM_WRITE | VM_EXEC)
/* What protection may never be changed to, and what is never merged. */
#define VM_MAY_FLAGS (VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)
#define VM_SPECIAL   (VM_PFNMAP | VM_DONTEXPAND)

#define MAX_MAP_COUNT	65530 /* VMAs of an address space */
#define MMAP_MIN_ADDR	65536 /* below it nothing is mapped: NULL + offset */
#define RLIM_INFINITY	(~0UL)
#define STACK_GUARD_GAP (256UL << PAGE_SHIFT) /* kept free below a stack */

/* rss: what MM_ counts of a page, by its kind. */
enum mm_counter { MM_ANONPAGES, MM_FILEPAGES, MM_SHMEMPAGES, NR_MM_COUNTERS };

struct vm_fault;

struct vm_operations {
	/*
	 * The page of a file mapping at vmf->pgoff, referenced, locked and
	 * uptodate, into vmf->page: 0, or VM_FAULT_* (include/mm/fault.h).
	 */
	u32 (*fault)(struct vm_area_struct *vma, struct vm_fault *vmf);
	/* A shared page is about to become writable; it is locked. NULL: may. */
	u32 (*page_mkwrite)(struct vm_area_struct *vma, struct vm_fault *vmf);
	/* Fault around: map what is cached of [start, end) pgoff; optional. */
	void (*map_pages)(struct vm_area_struct *vma, struct vm_fault *vmf,
			  u64 start_pgoff, u64 end_pgoff);
	void (*open)(struct vm_area_struct *vma);  /* copied by fork or split */
	void (*close)(struct vm_area_struct *vma); /* about to be freed */
	const char *(*name)(struct vm_area_struct *vma); /* "[vdso]" */
};

struct vm_area_struct {
	vaddr_t vm_start, vm_end; /* (m)(r) [start, end) */
	u64 vm_pgoff;		  /* (m)(r) of vm_start, in file or space */
	struct mm_struct *vm_mm;  /* (c) */
	u64 vm_flags;		  /* (m)(r) VM_* */
	u64 vm_page_prot;	  /* (m)(r) what a new PTE gets, by vm_flags */
	struct rb_node vm_rb;	  /* (m) in mm->mmap */
	u64 gap;    /* (m) free bytes before it, stack guard gap aside */
	u64 rb_gap; /* (m) largest gap of the subtree */
	struct rb_node shared_rb; /* (r) in mapping->i_mmap */
	u64 shared_last;	  /* (r) largest last pgoff of that subtree */
	struct list_head anon_vma_chain; /* (m)(r) the chains, `same_vma` */
	struct anon_vma *anon_vma;	 /* set once under (p) with (M) held */
	const struct vm_operations *vm_ops; /* (c) NULL: anonymous */
	struct file *vm_file;		    /* (c) referenced */
	struct mempolicy *vm_policy;	    /* (m) NULL: the thread's */
};

struct mm_struct {
	struct rb_root mmap;		   /* (m) VMAs by address */
	struct vm_area_struct *mmap_cache; /* (M) the last one found */
	u32 map_count;			   /* (m) */
	pte_t *pgd;			   /* (c) level 4 */
	paddr_t pgd_phys;		   /* (c) */
	struct rwsem mmap_lock;
	struct spinlock page_table_lock; /* class S: links tables */
	u32 mm_users;			 /* (a) threads that run it */
	u32 mm_count;	   /* (a) users together, walkers; no CPU */
	struct mm_tlb tlb; /* who must be told of changes: mm/tlb.h */

	u64 total_vm;			/* (m) pages mapped */
	u64 locked_vm;			/* (m) of these, VM_LOCKED */
	u64 data_vm, exec_vm, stack_vm; /* (m) as /proc/PID/statm wants */
	s64 rss[NR_MM_COUNTERS];	/* (a) pages present */
	s64 pgtables_bytes;		/* (a) */
	s64 pinned_vm;			/* (a) */
	s64 hugetlb_pages;		/* (a) leaves of 2 MiB; not in rss */
	u64 hiwater_rss; /* (a) kept when asked for and at unmap */

	vaddr_t mmap_base; /* (c) areas are placed downwards from here */
	vaddr_t start_code, end_code, start_data, end_data; /* (m) */
	vaddr_t start_brk, brk, start_stack;		    /* (m) */
	vaddr_t arg_start, arg_end, env_start, env_end;	    /* (m) */
	u64 def_flags; /* (m) mlockall(MCL_FUTURE) */
	u64 rlimit_as, rlimit_stack, rlimit_data, rlimit_memlock; /* bytes */
	struct file *exe_file;					  /* (c) */
	u64 nr_faults, nr_major_faults;				  /* (a) */
	struct list_head mmlist; /* all address spaces, for checks and the OOM */
};

extern struct lock_class mmap_lock_class, page_table_lock_class;

/* --- life, mm/mm_life.c --- */

/* Caches of mm_struct and VMAs, at boot after slab_init(); -ENOMEM. */
int mm_life_init(void);

/* An empty one, mm_users 1; NULL. */
struct mm_struct *mm_alloc(void);
/* A copy for fork, with everything mapped COW: mm/fork.c. NULL or ERR. */
struct mm_struct *dup_mm(struct mm_struct *oldmm);
static inline void mmget(struct mm_struct *mm)
{
	__atomic_add_fetch(&mm->mm_users, 1, __ATOMIC_RELAXED);
}
/* The last user: unmap everything, free tables. Sleeps. */
void mmput(struct mm_struct *mm);
static inline void mmgrab(struct mm_struct *mm)
{
	__atomic_add_fetch(&mm->mm_count, 1, __ATOMIC_RELAXED);
}
/* The record itself and its pgd; any context but interrupts. */
void mmdrop(struct mm_struct *mm);
/* false: all its users are gone. */
bool mmget_not_zero(struct mm_struct *mm);
/* All address spaces; holds a reference on each while fn runs. */
void for_each_mm(void (*fn)(struct mm_struct *mm, void *arg), void *arg);

/* --- finding: mmap lock held (read) --- */

/* The first VMA that ends above addr (may begin above it, too); NULL. */
struct vm_area_struct *find_vma(struct mm_struct *mm, vaddr_t addr);
/* The one that covers addr; NULL. */
struct vm_area_struct *vma_lookup(struct mm_struct *mm, vaddr_t addr);
struct vm_area_struct *vma_next(struct vm_area_struct *vma);
struct vm_area_struct *vma_prev(struct vm_area_struct *vma);
#define for_each_vma(mm, vma) \
	for (vma = find_vma(mm, 0); vma; vma = vma_next(vma))

static inline u64 vma_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}

static inline bool vma_is_anonymous(const struct vm_area_struct *vma)
{
	return !vma->vm_ops;
}

/* May pages of it be written by COW? */
static inline bool is_cow_mapping(u64 flags)
{
	return (flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
}

/* The page offset of an address, and back. */
static inline u64 linear_page_index(const struct vm_area_struct *vma,
				    vaddr_t addr)
{
	return ((addr - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
}

/* --- changing: mmap lock held (write); mm/vma.c --- */

/* Zeroed but for vm_mm and the chain; NULL. */
struct vm_area_struct *vm_area_alloc(struct mm_struct *mm);
/*
 * The same in a record of its own, in no tree yet: references on file and
 * policy, an empty chain. open() is for who keeps it, close() likewise.
 */
struct vm_area_struct *vm_area_dup(const struct vm_area_struct *vma);
/* In no tree and no chain any more: file and policy are dropped. */
void vm_area_free(struct vm_area_struct *vma);
/* Into the tree, the file's i_mmap tree and map_count. */
void vma_link(struct mm_struct *mm, struct vm_area_struct *vma);
/* Out of the file's i_mmap tree, if it is in one. */
void unlink_file_vma(struct vm_area_struct *vma);
/* nr pages more (or less) of a VMA of these flags, in mm's sums. */
void vm_stat_account(struct mm_struct *mm, u64 vm_flags, s64 nr);
/* vma becomes the upper part (new_below) or the lower one. -ENOMEM. */
int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, vaddr_t addr,
	      bool new_below);
/*
 * [start, end) gets these flags (or what else differs): merged with neighbours
 * that are alike. NULL: nothing to merge with.
 */
struct vm_area_struct *vma_merge(struct mm_struct *mm,
				 struct vm_area_struct *prev, vaddr_t start,
				 vaddr_t end, u64 flags,
				 struct anon_vma *anon_vma, struct file *file,
				 u64 pgoff, struct mempolicy *policy);
/* Moves its borders into free space or inwards, in all trees; 0. */
int vma_adjust(struct vm_area_struct *vma, vaddr_t start, vaddr_t end,
	       u64 pgoff);
/*
 * What a PTE of such a VMA allows: 0 (not even present) without any right, RW
 * only if writable and shared, so that COW sees the first write. Neither
 * accessed nor dirty.
 */
u64 vm_get_page_prot(u64 vm_flags);
/* Into vma->vm_page_prot; no RW where page_mkwrite() wants to know. */
void vma_set_page_prot(struct vm_area_struct *vma);

/* --- system calls' inner halves; take the mmap lock; mm/mmap.c and others --- */

/* Linux's PROT_, MAP_, MREMAP_, MADV_, MCL_ numbers: include/uapi/mman.h */
s64 do_mmap(struct mm_struct *mm, struct file *file, vaddr_t addr, u64 len,
	    u64 prot, u64 flags, u64 pgoff);
int do_munmap(struct mm_struct *mm, vaddr_t addr, u64 len);
int do_mprotect(struct mm_struct *mm, vaddr_t addr, u64 len, u64 prot);
s64 do_mremap(struct mm_struct *mm, vaddr_t addr, u64 old_len, u64 new_len,
	      u64 flags, vaddr_t new_addr);
s64 do_brk(struct mm_struct *mm, vaddr_t brk); /* the break that holds then */
int do_madvise(struct mm_struct *mm, vaddr_t addr, u64 len, int advice);
int do_mlock(struct mm_struct *mm, vaddr_t addr, u64 len, bool on_fault);
int do_munlock(struct mm_struct *mm, vaddr_t addr, u64 len);
int do_mlockall(struct mm_struct *mm, int flags);
int do_munlockall(struct mm_struct *mm);
/* One byte a page, bit 0: resident. At most PAGE_SIZE pages a call. */
int do_mincore(struct mm_struct *mm, vaddr_t addr, u64 nr, u8 *vec);
/* Mapping with no VMA search, for ELF: anonymous, fixed; mmap lock held. */
int vm_brk_flags(struct mm_struct *mm, vaddr_t addr, u64 len, u64 vm_flags);
/*
 * Where shared anonymous memory comes from: a file of the size in bytes, with
 * one reference, that vanishes with it; NULL and *err. Set once at boot.
 */
void mmap_set_shmem_source(struct file *(*source)(u64 size, int *err));
/* addr lies below a VM_GROWSDOWN area: make it reach there; write lock. */
int expand_stack(struct mm_struct *mm, struct vm_area_struct *vma, vaddr_t addr);
/* Fault in [start, end), as MAP_POPULATE and mlock do; takes the lock. */
int mm_populate(struct mm_struct *mm, vaddr_t start, u64 len);

int mm_check(struct mm_struct *mm);
