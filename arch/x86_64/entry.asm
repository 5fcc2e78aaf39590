; SPDX-License-Identifier: MIT
;
; arch/x86_64/entry.asm - system calls, and the ways into user mode
;
;	syscall		rcx = rip, r11 = rflags, interrupts off (FMASK); rsp, GS
;			and all else are still the program's
;	swapgs		GS is the kernel's: per-CPU data
;	rsp		from this CPU's TSS: the thread's kernel stack, empty
;	pt_regs		as a trap would leave it, at the very top
;	do_syscall()	interrupts on
;	work?		need_resched(), the thread's user_work
;	sysret		if the frame still is a system call's, else iretq
;
; The frame of a system call has rcx = rip and r11 = rflags, so popping it
; gives sysret what it wants. It can't do all that iretq can: a rip beyond the
; lower half faults in ring 0 on the program's stack (Intel). Such a frame, and
; those that somebody made anew (user_regs_init()), go the slow way. Under
; single step the trap comes right behind the syscall instruction.
;
; Source: SDM volume 2, SYSCALL, SYSRET, SWAPGS, IRET.

%include "arch/x86_64/entry.inc"

extern do_syscall
extern user_return_work
extern tss
extern user_rsp
extern resched_wanted
extern current_thread
global syscall_entry
global enter_user
global return_to_user
global user_iretq

USER_DS		equ 0x18 | 3
USER_CS		equ 0x20 | 3
VECTOR_SYSCALL	equ 0x100
TSS_RSP0	equ 4

section .text
bits 64

align 16
syscall_entry:
	swapgs
	mov [gs:user_rsp], rsp
	mov rsp, [gs:tss + TSS_RSP0]
	push USER_DS
	push qword [gs:user_rsp]
	push r11
	push USER_CS
	push rcx
	push rax			; the number: rax becomes the result
	push VECTOR_SYSCALL
	PUSH_REGS
	mov rdi, rsp
	xor ebp, ebp			; backtraces end here
	sti
	call do_syscall
	cli
	cmp dword [gs:resched_wanted], 0
	jne .work
	mov rax, [gs:current_thread]
	cmp dword [rax], 0		; user_work
	jne .work
.return:
	cmp dword [rsp + REGS_VECTOR], VECTOR_SYSCALL
	jne return_to_user
	mov rcx, [rsp + REGS_RIP]
	shr rcx, 47
	jnz return_to_user
	POP_REGS
	mov rsp, [rsp + REGS_RSP - REGS_VECTOR]
	swapgs
	o64 sysret
.work:
	mov rdi, rsp
	call user_return_work
	jmp .return

; void enter_user(struct pt_regs *regs): interrupts are off, regs at the top of
; the thread's stack.
enter_user:
	mov rsp, rdi
return_to_user:
	swapgs
	POP_REGS
	add rsp, 16			; vector, error code
user_iretq:
	iretq
