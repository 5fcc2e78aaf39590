; SPDX-License-Identifier: MIT
;
; arch/x86_64/traps.asm - 256 entries that lead to trap_handler(struct pt_regs *)
;
; Some exceptions push an error code; the others get a 0 in its place, so that
; every frame looks alike. The order of pushes is struct pt_regs, backwards.

extern trap_handler
global trap_entries

section .text
bits 64

%macro entry 1
entry_%1:
%if %1 == 8 || (%1 >= 10 && %1 <= 14) || %1 == 17 || %1 == 21 || %1 == 29 || %1 == 30
%else
	push qword 0
%endif
	push qword %1
	jmp trap_common
%endmacro

%assign vector 0
%rep 256
	entry vector
%assign vector vector + 1
%endrep

trap_common:
	cld
	push rax
	push rbx
	push rcx
	push rdx
	push rsi
	push rdi
	push rbp
	push r8
	push r9
	push r10
	push r11
	push r12
	push r13
	push r14
	push r15
	mov rdi, rsp
	mov rbp, rsp
	and rsp, ~15
	xor eax, eax
	push rax			; ends the handler's own backtrace, which
	push rax			; goes on from pt_regs
	mov rbx, rbp
	mov rbp, rsp
	call trap_handler
	mov rsp, rbx
	pop r15
	pop r14
	pop r13
	pop r12
	pop r11
	pop r10
	pop r9
	pop r8
	pop rbp
	pop rdi
	pop rsi
	pop rdx
	pop rcx
	pop rbx
	pop rax
	add rsp, 16			; vector, error code
	iretq

section .rodata
align 8
trap_entries:
%assign vector 0
%rep 256
	dq entry_ %+ vector
%assign vector vector + 1
%endrep
