; SPDX-License-Identifier: MIT
; All cases pass, then the kernel panics.
%include "base.inc"
	print	"KTAP version 1"
	print	"1..1"
	print	"ok 1 first"
	print	"[    1.000000] Kernel panic - not syncing: too late"
	exit	PASSED
