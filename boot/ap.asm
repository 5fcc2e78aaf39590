; SPDX-License-Identifier: MIT
;
; boot/ap.asm - the other CPUs' way from real mode to C in the high half
;
; arch/x86_64/smp.c copies [ap_trampoline, ap_trampoline_end) to a page below
; 64 KiB, fills in ap_data and sends the page's number with the startup IPI.
; The CPU begins there in real mode with cs = page address / 16 and ip = 0:
;
;	16 bit	own GDT, protected mode
;	32 bit	the boot page tables of entry.asm, which still map the first
;		4 GiB at 0 and the image high; long mode
;	64 bit	is it the CPU that is waited for? then the final page tables,
;		its own stack, and x86_start_secondary(cpu)
;
; A CPU that wakes up late, when another one's turn has come, finds that
; ap_data has another APIC id and halts.

global ap_trampoline
global ap_trampoline_end
global ap_data
extern boot_pml4
extern x86_start_secondary

CR0_PE		equ 1 << 0
CR0_MP		equ 1 << 1
CR0_NE		equ 1 << 5
CR0_WP		equ 1 << 16
CR0_PG		equ 1 << 31
CR4_PAE		equ 1 << 5
MSR_EFER	equ 0xc0000080
EFER_LME	equ 1 << 8
EFER_NXE	equ 1 << 11

%define AT(label) (label - ap_trampoline)

section .text
align 16
bits 16
ap_trampoline:
	cli
	cld
	mov ax, cs
	mov ds, ax
	xor ebx, ebx
	mov bx, ax
	shl ebx, 4			; address of the page, kept to the end
	o32 lgdt [AT(ap_data.gdt_pointer)]
	mov eax, CR0_PE | CR0_MP | CR0_NE
	mov cr0, eax
	o32 jmp far [AT(ap_data.to_32)]

bits 32
ap_protected:
	mov ax, 0x10
	mov ds, ax
	mov ss, ax
	mov eax, CR4_PAE
	mov cr4, eax
	mov eax, boot_pml4
	mov cr3, eax
	mov ecx, MSR_EFER
	rdmsr
	or eax, EFER_LME | EFER_NXE
	wrmsr
	mov eax, CR0_PE | CR0_MP | CR0_NE | CR0_WP | CR0_PG
	mov cr0, eax
	jmp far [ebx + AT(ap_data.to_64)]

bits 64
ap_long:
	xor eax, eax
	mov fs, ax
	mov gs, ax
	mov es, ax
	mov rax, ap_high
	jmp rax

; What C fills in: struct ap_data of arch/x86_64/smp.c.
align 8
ap_data:
.gdt:		dq 0
		dq 0x00209a0000000000	; 0x08 64-bit code
		dq 0x00cf92000000ffff	; 0x10 data
		dq 0x00cf9a000000ffff	; 0x18 32-bit code
.gdt_pointer:	dw 4 * 8 - 1
.gdt_base:	dd AT(ap_data)		; plus the page's address, like ...
.to_32:		dd AT(ap_protected)	; ... this
		dw 0x18
.to_64:		dd AT(ap_long)		; ... and this
		dw 0x08
		dw 0
.apic_id:	dd 0
.cpu:		dd 0
.root:		dq 0
.stack:		dq 0
ap_trampoline_end:

; In the image, no longer in the copy.
ap_high:
	mov rsi, rbx
	mov eax, 1
	cpuid
	shr ebx, 24			; the APIC id, or its low byte
	cmp bl, [rsi + AT(ap_data.apic_id)]
	jne .not_me
	mov edi, [rsi + AT(ap_data.cpu)]
	mov rsp, [rsi + AT(ap_data.stack)]
	mov rax, [rsi + AT(ap_data.root)]
	mov cr3, rax
	xor ebp, ebp			; the backtrace ends here
	push rbp
	push rbp
	call x86_start_secondary
.not_me:
	cli
	hlt
	jmp .not_me
