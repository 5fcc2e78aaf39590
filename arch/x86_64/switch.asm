; SPDX-License-Identifier: MIT
;
; arch/x86_64/switch.asm - from one kernel stack to another
;
; void switch_stacks(u64 *save_rsp, u64 load_rsp)
;
; The compiler has saved what a call may destroy; the rest goes onto the stack
; that is left. Interrupts are off before and after. SSE registers are programs'
; and have been exchanged by now, if there was any need (fpu.c).

global switch_stacks

section .text
bits 64

switch_stacks:
	push rbp
	push rbx
	push r12
	push r13
	push r14
	push r15
	mov [rdi], rsp
	mov rsp, rsi
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbx
	pop rbp
	ret
