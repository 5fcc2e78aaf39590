; SPDX-License-Identifier: MIT
; No IDT: the first exception resets the machine.
%include "base.inc"
	print	"KTAP version 1"
	print	"1..1"
	print	"ok 1 first"
	lidt	[empty_idt]
	ud2
section .data
empty_idt:
	dw	0
	dd	0
