; SPDX-License-Identifier: MIT
; Announces three cases, runs two.
%include "base.inc"
	print	"KTAP version 1"
	print	"1..3"
	print	"ok 1 first"
	print	"ok 2 second"
	exit	PASSED
