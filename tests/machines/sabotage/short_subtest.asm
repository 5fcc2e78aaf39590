; SPDX-License-Identifier: MIT
; The suite's own plan is not fulfilled; the outer one is.
%include "base.inc"
	print	"KTAP version 1"
	print	"1..1"
	print	"    KTAP version 1"
	print	"    # Subtest: suite"
	print	"    1..2"
	print	"    ok 1 first"
	print	"ok 1 suite"
	exit	PASSED
