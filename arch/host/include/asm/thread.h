/* SPDX-License-Identifier: MIT */
/* A thread is a pthread that waits for the CPU's token: arch/host/thread.c. */
#pragma once

#include <asm/user.h>

struct arch_thread {
	struct host_thread *host;
	struct pt_regs regs;
	u64 fs_base, gs_base;
};
