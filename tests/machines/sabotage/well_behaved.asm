; SPDX-License-Identifier: MIT
; What a good test kernel prints: every line here is needed.
%include "base.inc"
	print	"[    0.000000] booting"
	print	"KTAP version 1"
	print	"1..1"
	print	"    KTAP version 1"
	print	"    # Subtest: suite"
	print	"    1..2"
	print	"    ok 1 first # 3 us"
	print	"[    0.000100] a log line in between"
	print	"    ok 2 second # SKIP not on this machine"
	print	"ok 1 suite"
	exit	PASSED
