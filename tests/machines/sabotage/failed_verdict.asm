; SPDX-License-Identifier: MIT
; All cases pass, the kernel says failed (a warning, say).
%include "base.inc"
	print	"KTAP version 1"
	print	"1..1"
	print	"ok 1 first"
	exit	FAILED
