/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/x86_64/user_fixture.h - programs of a few instructions
 *
 *	USER_CODE	user_programs.asm		r-x
 *	USER_RODATA					r--
 *	USER_DATA	two pages, then a hole		rw-
 *	USER_LATE	appears when it is touched	rw-
 *	USER_STACKS	a page for each program		rw-
 *
 * They stand in the kernel's own tables, below a lower-half entry that no
 * process uses, so that every CPU and thread sees them.
 */
#pragma once

#include <kernel/test.h>
#include <kernel/thread.h>
#include <kernel/types.h>
#include <arch/user.h>

#define USER_BASE   0x8000000000UL
#define USER_CODE   USER_BASE
#define USER_RODATA (USER_BASE + 2 * PAGE_SIZE)
#define USER_DATA   (USER_BASE + 3 * PAGE_SIZE)
#define USER_DATA_END (USER_BASE + 5 * PAGE_SIZE)
#define USER_HOLE   USER_DATA_END
#define USER_LATE   (USER_BASE + 6 * PAGE_SIZE)
#define USER_STACKS (USER_BASE + 8 * PAGE_SIZE)
#define NR_USER_STACKS 16

/* Numbers of what programs ask for. */
enum user_call { USER_EXIT, USER_ECHO, USER_FORK };

struct user_run {
	/* what is asked for */
	const u8 *program; /* in user_programs.asm */
	u64 arg[3];
	u64 sp; /* 0: a stack */
	u64 fs_base, gs_base;
	u32 stack; /* which */
	u32 cpu;
	bool resume;	/* at .resume_at after an exception */
	u64 resume_at;
	/* what came of it */
	u64 exit_value;
	bool exited;
	u32 nr_syscalls, nr_exceptions, nr_faults, nr_work;
	int signo, code; /* of the last exception */
	vaddr_t addr;
	u64 ip, sp_at, flags_at;
	vaddr_t fault_addr; /* of the last fault that came to the hook */
	u32 fault_flags;
	u64 echo[6];	  /* arguments of the last USER_ECHO */
	u64 kernel_flags; /* AC, DF, NT, TF as any hook found them */
};

/* False: no memory. */
bool user_map(void);
void user_unmap(void);

/* The address at which a program of user_programs.asm is mapped. */
u64 user_address(const u8 *label);
struct thread *user_start(struct user_run *run);
/* Start it on its CPU and wait for its end; false: no memory. */
bool user_run(struct user_run *run);

/* A page of user space, as the kernel sees it. */
u8 *user_page(u64 addr);
u64 kernel_flags_now(void);
