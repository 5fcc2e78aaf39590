/* SPDX-License-Identifier: MIT */
#pragma once

struct arch_thread {
	u64 rsp;   /* while another thread runs */
	bool user; /* it has been in user mode, or is about to */
	u64 fs_base, gs_base;
};
