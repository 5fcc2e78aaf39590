; SPDX-License-Identifier: MIT
; A prompt, one echoed byte at a time; Ctrl-D leaves with passed.
%include "base.inc"
	print	"[    0.000000] booting"
	mov	esi, prompt
	mov	ecx, prompt_end - prompt
	call	write
.next:	call	read
	cmp	al, 4
	je	.leave
	mov	dx, COM1
	out	dx, al
	jmp	.next
.leave:
	exit	PASSED
section .data
prompt:	db	"tangram> "
prompt_end:
