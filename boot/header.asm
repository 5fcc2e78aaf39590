; SPDX-License-Identifier: MIT
;
; boot/header.asm - how boot loaders recognise the kernel
;
; The Multiboot2 header (Multiboot2 spec 3.1) must lie in the first 32 KiB of
; the file, 8-byte aligned. The ELF note (Xen PVH ABI, note type 18) gives the
; 32-bit entry that `qemu -kernel` jumps to.

extern entry_multiboot2
extern entry_pvh

MULTIBOOT2_HEADER	equ 0xe85250d6
XEN_ELFNOTE_PHYS32_ENTRY equ 18

section .boot.header progbits alloc noexec nowrite align=8
header:
	dd MULTIBOOT2_HEADER
	dd 0				; architecture: i386, protected mode
	dd header_end - header
	dd -(MULTIBOOT2_HEADER + 0 + (header_end - header))

	align 8
	dw 3, 0				; entry address: e_entry is the same
	dd 12
	dd entry_multiboot2

	align 8
	dw 5, 1				; a framebuffer is welcome, not needed:
	dd 20				; without this tag GRUB gives none by UEFI
	dd 0, 0, 0			; any width, height, depth

	align 8
	dw 6, 0				; modules on page borders
	dd 8

	align 8
	dw 0, 0				; end
	dd 8
header_end:

section .note.pvh note alloc noexec nowrite align=4
	dd 4				; size of the name
	dd 4				; size of the descriptor
	dd XEN_ELFNOTE_PHYS32_ENTRY
	db "Xen", 0
	dd entry_pvh
