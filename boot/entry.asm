; SPDX-License-Identifier: MIT
;
; boot/entry.asm - from the loader's 32-bit protected mode to C in the high half
;
; Both loaders enter with paging off and flat segments:
;	Multiboot2	eax = 0x36d76289, ebx = boot information
;	PVH		ebx = hvm_start_info
;
; The boot page tables map the first 4 GiB three times with 2 MiB leaves, all
; writable and executable; mm/init.c replaces them:
;
;	PML4[0]   0                    -> PDPT_low [0..3]  identity, for the jump
;	PML4[256] 0xffff800000000000   -> PDPT_low         the direct map to be
;	PML4[511] 0xffffffff80000000   -> PDPT_high[510]   the image (first GiB)

global entry_multiboot2
global entry_pvh
global boot_pml4
global boot_stack_guard
global boot_stack
global boot_stack_top
extern cpu_check
extern x86_start

KERNEL_BASE	equ 0xffffffff80000000
PVH_MAGIC	equ 0x336ec578

PTE_PRESENT	equ 1 << 0
PTE_WRITE	equ 1 << 1
PTE_LARGE	equ 1 << 7

CR0_PE		equ 1 << 0
CR0_MP		equ 1 << 1
CR0_NE		equ 1 << 5
CR0_WP		equ 1 << 16
CR0_PG		equ 1 << 31
CR4_PAE		equ 1 << 5
MSR_EFER	equ 0xc0000080
EFER_LME	equ 1 << 8
EFER_NXE	equ 1 << 11

section .boot.text progbits alloc exec nowrite align=16
bits 32

entry_pvh:
	mov eax, PVH_MAGIC
entry_multiboot2:
	cli
	cld
	mov esp, boot_stack_low_top
	push dword 2			; no NT, AC, IOPL or TF of the loader's
	popfd
	mov edi, eax			; kept up to the call of x86_start
	mov esi, ebx
	call cpu_check			; does not return from a CPU too old

	call build_page_tables
	mov eax, boot_pml4
	mov cr3, eax
	mov eax, CR4_PAE
	mov cr4, eax
	mov ecx, MSR_EFER
	rdmsr
	or eax, EFER_LME | EFER_NXE
	wrmsr
	mov eax, CR0_PE | CR0_MP | CR0_NE | CR0_WP | CR0_PG
	mov cr0, eax
	lgdt [boot_gdt_pointer]
	jmp 0x08:entry_long

; Four page directories, 512 leaves each, cover [0, 4 GiB).
build_page_tables:
	mov ecx, 0
.leaf:
	mov eax, ecx
	shl eax, 21
	or eax, PTE_PRESENT | PTE_WRITE | PTE_LARGE
	mov [boot_pd + ecx * 8], eax
	mov dword [boot_pd + ecx * 8 + 4], 0
	inc ecx
	cmp ecx, 4 * 512
	jb .leaf

	mov ecx, 0
	mov eax, boot_pd + (PTE_PRESENT | PTE_WRITE)
.directory:
	mov [boot_pdpt_low + ecx * 8], eax
	add eax, 4096
	inc ecx
	cmp ecx, 4
	jb .directory

	mov dword [boot_pdpt_high + 510 * 8], boot_pd + (PTE_PRESENT | PTE_WRITE)
	mov dword [boot_pml4], boot_pdpt_low + (PTE_PRESENT | PTE_WRITE)
	mov dword [boot_pml4 + 256 * 8], boot_pdpt_low + (PTE_PRESENT | PTE_WRITE)
	mov dword [boot_pml4 + 511 * 8], boot_pdpt_high + (PTE_PRESENT | PTE_WRITE)
	ret

bits 64
entry_long:
	mov ax, 0x10
	mov ds, ax
	mov es, ax
	mov ss, ax
	xor eax, eax
	mov fs, ax
	mov gs, ax
	mov rax, entry_high
	jmp rax

section .boot.data progbits alloc noexec write align=8
boot_gdt:
	dq 0
	dq 0x00209a0000000000		; 0x08 64-bit code
	dq 0x0000920000000000		; 0x10 data
boot_gdt_pointer:
	dw boot_gdt_pointer - boot_gdt - 1
	dq boot_gdt

section .boot.bss nobits alloc noexec write align=4096
boot_pml4:	resb 4096
boot_pdpt_low:	resb 4096
boot_pdpt_high:	resb 4096
boot_pd:	resb 4 * 4096
		resb 4096
boot_stack_low_top:

section .text
bits 64
entry_high:
	mov rsp, boot_stack_top
	xor ebp, ebp			; the backtrace ends here
	mov edi, edi			; magic, zero-extended
	mov esi, esi			; physical address of the records
	push rbp
	push rbp
	call x86_start
.never:
	hlt
	jmp .never

section .bss
	alignb 4096
boot_stack_guard:			; paging_begin() leaves it unmapped
	resb 4096
boot_stack:
	resb 32 * 1024
boot_stack_top:
