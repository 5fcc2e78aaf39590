; SPDX-License-Identifier: MIT
;
; arch/x86_64/traps.asm - 256 entries that lead to trap_handler(struct pt_regs *)
;
; Some exceptions push an error code; the others get a 0 in its place, so that
; every frame looks alike. The order of pushes is struct pt_regs, backwards.
; The CPU aligns the stack to 16 before it pushes, and so is the frame.
;
; GS base is the CPU's per-CPU area in the kernel and the program's own in user
; mode; the other of the two waits in MSR_KERNEL_GS. Who came in from ring 3
; exchanges them. NMI, machine check and double fault can come anywhere, also
; in ring 0 between a swapgs and the way in or out: they don't ask who they
; interrupted, but keep what GS base is and load the CPU's, which stands above
; their stack (gdt.c).

%include "arch/x86_64/entry.inc"

extern trap_handler
extern emergency_handler
extern user_iretq
extern return_to_user
global trap_entries

MSR_GS_BASE	equ 0xc0000101
VECTOR_GP	equ 13

section .text
bits 64

%macro entry 1
entry_%1:
%if %1 == 8 || (%1 >= 10 && %1 <= 14) || %1 == 17 || %1 == 21 || %1 == 29 || %1 == 30
%else
	push qword 0
%endif
	push qword %1
%if %1 == 2 || %1 == 8 || %1 == 18
	jmp trap_emergency
%elif %1 == VECTOR_GP
	jmp trap_gp
%else
	jmp trap_common
%endif
%endmacro

%assign vector 0
%rep 256
	entry vector
%assign vector vector + 1
%endrep

; iretq to an impossible address faults in ring 0, with the program's GS. Its
; frame lies where a trap from user mode begins, so one is made of it.
trap_gp:
	cmp qword [rsp + TRAP_RIP], user_iretq
	jne trap_common
	mov rsp, [rsp + TRAP_RSP]
	push qword 0
	push qword VECTOR_GP

trap_common:
	CLAC
	cld
	test byte [rsp + TRAP_CS], 3
	jz .push
	swapgs
.push:
	PUSH_REGS
	mov rdi, rsp
	xor eax, eax
	push rax			; ends the handler's own backtrace, which
	push rax			; goes on from pt_regs
	mov rbp, rsp
	call trap_handler		; interrupts are off afterwards
	add rsp, 16
	test byte [rsp + REGS_CS], 3
	jnz return_to_user
	POP_REGS
	add rsp, 16			; vector, error code
	iretq

trap_emergency:
	CLAC
	cld
	PUSH_REGS
	mov ecx, MSR_GS_BASE
	rdmsr
	mov ebx, eax			; kept over the call, as is r12
	mov r12d, edx
	mov eax, [rsp + REGS_SIZE]
	mov edx, [rsp + REGS_SIZE + 4]
	wrmsr
	mov rdi, rsp
	xor eax, eax
	push rax
	push rax
	mov rbp, rsp
	call emergency_handler
	add rsp, 16
	mov ecx, MSR_GS_BASE
	mov eax, ebx
	mov edx, r12d
	wrmsr
	POP_REGS
	add rsp, 16
	iretq

section .rodata
align 8
trap_entries:
%assign vector 0
%rep 256
	dq entry_ %+ vector
%assign vector vector + 1
%endrep
