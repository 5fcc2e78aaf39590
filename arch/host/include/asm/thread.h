/* SPDX-License-Identifier: MIT */
/* A thread is a pthread that waits for the CPU's token: arch/host/thread.c. */
#pragma once

struct arch_thread {
	struct host_thread *host;
};
