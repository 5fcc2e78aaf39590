; SPDX-License-Identifier: MIT
;
; tests/kernel/x86_64/user_programs.asm - what test_user.c runs in ring 3
;
; Copied to USER_CODE as a whole, so addresses are relative to rip. rdi and rsi
; come from the test. A program ends by EXIT, mostly with 0: as it should be.

USER_EXIT	equ 0
USER_ECHO	equ 1
USER_FORK	equ 2
EFLAGS_TF	equ 1 << 8
EFLAGS_DF	equ 1 << 10
EFLAGS_NT	equ 1 << 14
EFLAGS_AC	equ 1 << 18
KERNEL_ADDRESS	equ 0xffffffff80200000
NON_CANONICAL	equ 0x1234567800000000

%macro program 1
global %1
align 16
%1:
%endmacro

%macro EXIT 0
	mov eax, USER_EXIT
	syscall
%endmacro

; An instruction that must fault; what comes behind it ends the program.
%macro faulting 2+
program %1
	%2
	mov edi, 99
	EXIT
%endmacro

section .rodata
bits 64
default rel
align 16
global user_programs
global user_programs_end
user_programs:

program user_arguments
	mov edi, 11
	mov esi, 22
	mov edx, 33
	mov r10d, 44
	mov r8d, 55
	mov r9d, 66
	mov eax, USER_ECHO
	syscall
	mov rdi, rax
	EXIT

program user_unknown_call
	mov eax, 12345
	syscall
	mov rdi, rax
	EXIT

program user_exit_arg
	EXIT

; Every register is its number more than r15 but rax, rcx, r11, rdi, rsp.
%macro SET_REGS 0
	lea rbx, [r15 + 1]
	lea rbp, [r15 + 2]
	lea rdx, [r15 + 3]
	lea rsi, [r15 + 4]
	lea r8, [r15 + 5]
	lea r9, [r15 + 6]
	lea r10, [r15 + 7]
	lea r12, [r15 + 8]
	lea r13, [r15 + 9]
	lea r14, [r15 + 10]
%endmacro

%macro CHECK_REG 2
	lea rax, [r15 + %2]
	cmp rax, %1
	jne %%bad
	jmp %%good
%%bad:	mov edi, %2
	EXIT
%%good:
%endmacro

%macro CHECK_REGS 0
	CHECK_REG rbx, 1
	CHECK_REG rbp, 2
	CHECK_REG rdx, 3
	CHECK_REG rsi, 4
	CHECK_REG r8, 5
	CHECK_REG r9, 6
	CHECK_REG r10, 7
	CHECK_REG r12, 8
	CHECK_REG r13, 9
	CHECK_REG r14, 10
%endmacro

%macro FAIL_UNLESS 2			; condition, number
	j%1 %%good
	mov edi, %2
	EXIT
%%good:
%endmacro

; rcx is the return address, r11 the flags, all else as before.
program user_registers
	mov r15, 0x5aa5123456789abc
	SET_REGS
	mov rdi, r15
	mov [rsp - 8], rsp
	mov eax, USER_ECHO
	stc
	syscall
.after:
	FAIL_UNLESS c, 20
	lea rax, [.after]
	cmp rax, rcx
	FAIL_UNLESS e, 21
	cmp rsp, [rsp - 8]
	FAIL_UNLESS e, 22
	cmp rdi, r15
	FAIL_UNLESS e, 23
	CHECK_REGS
	stc
	pushfq
	pop rbp
	mov eax, USER_ECHO
	syscall
	mov rax, r11
	xor rax, rbp
	and eax, ~0x10000		; RF
	FAIL_UNLESS z, 24
	xor edi, edi
	EXIT

; rdi: a slot { turns, stop, id, FS base's copy of id }, rsi: id. Whatever
; interrupts: registers, stack, FS and GS base stay this thread's.
program user_spin
	mov r15, rsi
	SET_REGS
	mov [rdi + 24], r15
	mov [rsp - 8], rsp
.turn:
	CHECK_REGS
	mov rax, [fs:24]
	cmp rax, r15
	FAIL_UNLESS e, 30
	mov rax, [gs:24]
	cmp rax, r15
	FAIL_UNLESS e, 31
	cmp rsp, [rsp - 8]
	FAIL_UNLESS e, 32
	inc qword [rdi]
	cmp qword [rdi + 8], 0
	je .turn
	xor edi, edi
	EXIT

; The same, by system calls: rdi as above.
program user_call_spin
	mov r15, rsi
	SET_REGS
	mov [rdi + 24], r15
.turn:
	mov eax, USER_ECHO
	syscall
	CHECK_REGS
	inc qword [rdi]
	cmp qword [rdi + 8], 0
	je .turn
	xor edi, edi
	EXIT

; The same with a GS that a selector was loaded into: its base is 0 now.
program user_gs_spin
	mov eax, 0x1b
	mov gs, eax
	mov fs, eax
	jmp user_call_spin

; rdi: flags to be set in rflags around a system call, an interrupt (a spin of
; rsi turns) and a fault of a page that appears (rbx); they must stay.
program user_flags
	mov r12, rdi
	mov r13, rsi
	pushfq
	pop rax
	or rax, r12
	push rax
	popfq
	mov eax, USER_ECHO
	syscall
	pushfq
	pop rbp
	and rbp, r12
	cmp rbp, r12
	FAIL_UNLESS e, 40
	push r12			; cmp has no say in them, but be sure
	or qword [rsp], 2
	popfq
.spin:
	dec r13
	jnz .spin
	mov rbx, 0x8000006000		; USER_LATE
	mov rax, [rbx]
	pushfq
	pop rbp
	and rbp, r12
	cmp rbp, r12
	FAIL_UNLESS e, 41
	push qword 2
	popfq
	xor edi, edi
	EXIT

; rdi: what rsp is during a system call.
program user_bad_stack
	mov rbx, rsp
	mov rsp, rdi
	mov eax, USER_ECHO
	syscall
	cmp rsp, rdi
	mov rsp, rbx
	FAIL_UNLESS e, 50
	xor edi, edi
	EXIT

; A single step: the trap comes behind the nop that follows popfq.
program user_single_step
	pushfq
	or qword [rsp], EFLAGS_TF
	popfq
	nop
global user_single_step_trap
user_single_step_trap:
	mov edi, 60
	EXIT
global user_single_step_resume
user_single_step_resume:
	xor edi, edi
	EXIT

; A system call under TF: not single-stepped in the kernel.
program user_step_call
	mov eax, USER_ECHO
	pushfq
	or qword [rsp], EFLAGS_TF
	popfq
	syscall
global user_step_call_trap
user_step_call_trap:
	nop
	nop
	mov edi, 61
	EXIT

program user_late_page
	mov rbx, 0x8000006008
	mov edi, [rbx]
	add edi, 5
	EXIT

program user_fork
	mov r15, 0x777
	SET_REGS
	mov eax, USER_FORK
	syscall
	mov r11, rax
	CHECK_REGS
	mov rdi, r11
	EXIT

; Instructions of one of rsi system calls, by the time stamp counter.
program user_call_cost
	mov rbx, rsi
	rdtsc
	shl rdx, 32
	lea r12, [rdx + rax]
.turn:
	mov eax, USER_ECHO + 100
	syscall
	dec rbx
	jnz .turn
	rdtsc
	shl rdx, 32
	lea rdi, [rdx + rax]
	sub rdi, r12
	EXIT

; --- faults: rdi is an address ---

faulting user_load, mov rax, [rdi]
faulting user_store, mov [rdi], rax
faulting user_jump, jmp rdi
faulting user_push, push rax
faulting user_divide, div qword [zero]
faulting user_ud2, ud2
faulting user_int3, int3
faulting user_int80, int 0x80
faulting user_int14, int 14
faulting user_icebp, db 0xf1
faulting user_hlt, hlt
faulting user_cli, cli
faulting user_sti, sti
faulting user_in, in al, dx
faulting user_wrmsr, wrmsr
faulting user_cr3, mov cr3, rax
faulting user_swapgs, swapgs
faulting user_sysret, o64 sysret
faulting user_lgdt, lgdt [rdi]
faulting user_wrgsbase, wrgsbase rdi
faulting user_sgdt, sgdt [rdi]
faulting user_clac, clac

faulting user_kernel_cs, jmp far dword [kernel_far]

align 8
zero:	dq 0
kernel_far:
	dd 0
	dw 0x08				; ring 0's code
user_programs_end:
