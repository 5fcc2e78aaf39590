; SPDX-License-Identifier: MIT
; Runs cases that it never announced.
%include "base.inc"
	print	"KTAP version 1"
	print	"ok 1 first"
	print	"ok 2 second"
	exit	PASSED
