; SPDX-License-Identifier: MIT
; A case fails, the verdict lies.
%include "base.inc"
	print	"KTAP version 1"
	print	"1..2"
	print	"ok 1 first"
	print	"# mm/buddy.c:12: expected a == b"
	print	"#   left  1 (0x1)"
	print	"#   right 2 (0x2)"
	print	"# repeat: tools/vm --append selftest=suite.second"
	print	"not ok 2 second"
	exit	PASSED
