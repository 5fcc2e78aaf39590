; SPDX-License-Identifier: MIT
; Stops in the middle of a case.
%include "base.inc"
	print	"KTAP version 1"
	print	"1..2"
	print	"ok 1 first"
	jmp	$
