/* SPDX-License-Identifier: MIT */
#pragma once

struct arch_thread {
	u64 rsp; /* while another thread runs */
};
